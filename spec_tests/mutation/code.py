"""Change the code of the pipeline, of permissions and of the life of services in one place at a
time, and see whether the tests notice. The changes are those of Cosmic Ray."""

import ast
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from spec_tests.mutation import runner, session
from spec_tests.mutation.report import Verdict
from spec_tests.mutation.stages import Stage

RESULTS = runner.ROOT / "build" / "mutation-code.jsonl"
# One of each kind: where `==` may be `!=` unnoticed, it may be `<` as well.
OPERATORS = (
    "AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub",
    "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer",
    "RemoveDecorator", "ZeroIterationForLoop",
    *(f"ReplaceComparisonOperator_{pair}" for pair in (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mod_Mul", "Pow_Mul")),
)  # fmt: skip
# What keeps answers ready for those who ask again.
CACHES = {"lru_cache", "cache"}


def _tests(*names: str) -> tuple[str, ...]:
    """The files of tests; a leading `*` means those of the contract."""
    return tuple(f"{'spec_tests' if name[0] == '*' else 'tests'}/test_{name.lstrip('*')}.py"
                 for name in names)  # fmt: skip


# The tests that are about each module, those that are quick and telling first.
ABOUT = {
    "app/pipeline/bodies.py": _tests("bad_input", "media_types", "xml_bodies", "images", "size"),
    "app/pipeline/browsers.py": _tests("headers", "security", "documentation"),
    "app/pipeline/call.py": _tests(
        "security", "status", "bad_input", "answers", "headers", "key_limits"
    ),
    "app/pipeline/compression.py": _tests("compression"),
    "app/pipeline/cursors.py": _tests("pages", "cursors"),
    "app/pipeline/execution.py": _tests("reads", "status", "customers", "answers"),
    "app/pipeline/idempotency.py": _tests("idempotency"),
    "app/pipeline/keys.py": _tests(
        "security", "remembered_keys", "key_rotation", "api_keys", "reads", "commands"
    ),
    "app/pipeline/language.py": _tests("languages"),
    "app/pipeline/media.py": _tests("media_types", "xml_bodies", "answers"),
    "app/pipeline/negotiation.py": _tests("media_types"),
    "app/pipeline/observation.py": _tests("logs", "operations", "traces"),
    "app/pipeline/origins.py": _tests("headers"),
    "app/pipeline/overload.py": _tests("overload"),
    "app/pipeline/pages.py": _tests("pages", "cursors"),
    "app/pipeline/probes.py": _tests("operations"),
    "app/pipeline/problems.py": _tests("bad_input", "languages", "*faults", "answers", "limits"),
    "app/pipeline/ratelimit.py": _tests("rate_limit", "key_limits", "*faults"),
    "app/pipeline/reading.py": _tests("bad_input", "pages", "xml_bodies", "products"),
    "app/pipeline/reasons.py": _tests("bad_input", "languages"),
    "app/pipeline/request.py": _tests("bad_input", "pages", "cursors", "xml_bodies", "products"),
    "app/pipeline/routing.py": _tests("security", "bad_input", "*document", "answers"),
    "app/pipeline/security.py": _tests("security", "key_limits", "api_keys", "*scopes"),
    "app/pipeline/shared_windows.py": _tests("shared_limits"),
    "app/pipeline/windows.py": _tests("rate_limit", "limits"),
    "app/usecases/api_keys.py": _tests("api_keys", "key_rotation", "commands", "*journeys"),
    "app/usecases/rights.py": _tests("api_keys", "key_limits", "security"),
    "app/usecases/permissions.py": _tests("security", "*scopes", "commands"),
    "app/usecases/services.py": _tests("services", "*journeys", "*service_life"),
    "models/service.py": _tests(
        "*transitions", "services", "customers", "*agreement", "*service_life", "migrations"
    ),
}
# Who is not stopped by these has to pass the rest too.
REST = Stage("rest", _tests(
    "pages", "customers", "*refusals", "*journeys", "*examples", "xmlrpc"))  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """The `occurrence`-th place of a file at which an operator can do something."""

    id: str
    path: str
    operator: str
    occurrence: int


def mutants() -> Iterator[Mutant]:
    for path in ABOUT:
        code = (runner.ROOT / path).read_text()
        tree, essence = get_ast(code), _essence(code)
        for name in OPERATORS:
            operator = get_operator(f"core/{name}")()
            places = [node for node in ast_nodes(tree) for _ in operator.mutation_positions(node)]
            seen = Counter[str]()
            for occurrence, node in enumerate(places):
                where = ASTQuery(node).get_definition_name() or "module"
                if _essence(mutate_code(code, operator, occurrence)) in (None, essence):
                    continue
                seen[where] += 1
                yield Mutant(f"{path}:{where}:{name}:{seen[where]}", path, name, occurrence)


class Essence(ast.NodeTransformer):
    """Leaves out what no test can notice: whether something is kept ready or takes less memory, and
    the stars between arguments, which to Cosmic Ray are operators like all others.
    """

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        names = {each: ast.unparse(each).partition("(")[0] for each in node.decorator_list}
        node.decorator_list = [each for each in names if names[each] not in CACHES]
        self.generic_visit(node)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        node.defaults += filter(None, node.kw_defaults)
        node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
        self.generic_visit(node)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        self.generic_visit(node)
        return None if node.arg == "slots" else node


def _essence(code: str | None) -> str | None:
    """What is left of code, None if Python cannot read it: there is nothing to be noticed."""
    try:
        return ast.dump(Essence().visit(ast.parse(code or "(")))
    except SyntaxError:
        return None


def judge(mutant: Mutant) -> Verdict:
    start = time.monotonic()
    code = (runner.ROOT / mutant.path).read_text()
    operator = get_operator(f"core/{mutant.operator}")()
    changed = mutate_code(code, operator, mutant.occurrence)
    assert changed is not None
    stages = [Stage("about", ABOUT[mutant.path]), REST]
    outcome = runner.run(mutant.path, changed, stages)
    return Verdict(mutant.id, Path(mutant.path).stem, outcome.killer, False,
                   time.monotonic() - start)  # fmt: skip


def unchanged() -> runner.Outcome:
    path = next(iter(ABOUT))
    files = dict.fromkeys(file for files in ABOUT.values() for file in files)
    return runner.run(path, (runner.ROOT / path).read_text(), [Stage("all", tuple(files)), REST])


def main() -> int:
    options = session.options("python -m spec_tests.mutation.code", __doc__)
    return session.run(options, list(mutants()), judge, unchanged, RESULTS, 0.9)


if __name__ == "__main__":
    sys.exit(main())
