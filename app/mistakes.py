"""Mistakes in the contract, each with its place: the line, and a JSON Pointer (RFC 6901).

Only what would stop the server or the tests with an error about something else is looked for.
Linters know the rest (spec_tests/test_lint.py).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "put", "post", "delete", "patch")
# Members whose values are data and not parts of the document.
_DATA = frozenset({"example", "value", "default", "enum", "x-example"})
_STATUS = re.compile(r"[1-5]\d\d")

Pointer = tuple[str | int, ...]
Mistake = tuple[Pointer, str]


class ContractError(ValueError):
    """A contract that cannot be used. The text lists its mistakes, a line each."""


def check(path: Path, source: str, document: Any) -> None:
    """Raise ContractError if a document, which was read from a source at a path, has mistakes."""
    found = list(_mistakes(document))
    if found:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
        lines = [f"  line {_line(root, where)}, {_written(where)}: {what}" for where, what in found]
        name = path.relative_to(path.parent.parent)
        count = "a mistake" if len(found) == 1 else f"{len(found)} mistakes"
        raise ContractError("\n".join([f"{name} has {count}:", *lines]))


def _mistakes(document: Any) -> Iterator[Mistake]:
    if not isinstance(document, dict):
        yield (), "the document is not an object"
        return
    for name in ("paths", "components", "servers"):
        if not document.get(name):
            yield (), f"`{name}` is missing"
            return
    yield from _dangling(document, document, ())
    yield from _of_permissions(document, document["components"], ("components",))
    seen: dict[str, Pointer] = {}
    for path, item in document["paths"].items():
        where: Pointer = ("paths", path)
        if not isinstance(item, dict):
            yield where, "has no operation"
            continue
        for name, operation in item.items():
            if name == "parameters" or str(name).startswith("x-"):
                continue
            if name not in METHODS:
                yield (*where, name), f"is none of the methods {', '.join(METHODS)}"
            elif not isinstance(operation, dict):
                yield (*where, name), "the operation is empty"
            else:
                yield from _of_operation(document, operation, (*where, name), seen)


def _dangling(document: Any, node: Any, where: Pointer) -> Iterator[Mistake]:
    """References that lead nowhere."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and not _leads_somewhere(document, reference):
            yield (*where, "$ref"), f"`{reference}` leads nowhere"
        for name, item in node.items():
            if name not in _DATA or where[-1:] == ("properties",):
                yield from _dangling(document, item, (*where, name))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _dangling(document, item, (*where, number))


def _of_permissions(document: Any, node: Any, where: Pointer) -> Iterator[Mistake]:
    """Values without an entry in `x-permissions`, and permissions that the scheme does not list.

    A value without an entry would be open to every key.
    """
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _of_permissions(document, item, (*where, number))
    if not isinstance(node, dict):
        return
    place = (*where, "x-permissions")
    written = node.get("x-permissions")
    if isinstance(written, dict):
        for value in node.get("enum", ()):
            if value not in written:
                yield place, f"names no permissions for `{value}`; `[]` is for none"
    lists = written.values() if isinstance(written, dict) else (written or (),)
    for scope in (scope for scopes in lists for scope in scopes):
        if scope not in _known_scopes(document):
            yield place, f"the scheme `bearer` lists no permission `{scope}`"
    for name, item in node.items():
        if name not in _DATA and name != "x-permissions":
            yield from _of_permissions(document, item, (*where, name))


def _known_scopes(document: Any) -> Any:
    """Return the permissions that the scheme `bearer` lists."""
    scheme = document["components"]["securitySchemes"]["bearer"]
    return scheme["flows"]["clientCredentials"]["scopes"]


def _leads_somewhere(document: Any, reference: str) -> bool:
    start, *steps = reference.split("/")
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return start == "#" and bool(steps)


def _of_operation(
    document: Any, operation: dict[str, Any], where: Pointer, seen: dict[str, Pointer]
) -> Iterator[Mistake]:
    """What an operation lacks, or says of others. `seen` are the operationIds before it."""
    name = operation.get("operationId")
    if not isinstance(name, str) or not name:
        yield where, "`operationId` is missing"
    elif name in seen:
        yield (*where, "operationId"), f"`{name}` is the operationId of {_written(seen[name])} too"
    else:
        seen[name] = where
    responses = operation.get("responses")
    if not isinstance(responses, dict) or not responses:
        yield where, "`responses` is missing"
    else:
        for status in responses:
            if not (isinstance(status, str) and _STATUS.fullmatch(status)):
                yield (*where, "responses", status), "is no status in quotation marks"
        if not any(str(status).startswith("2") for status in responses):
            yield (*where, "responses"), "no status is a success"
    security = operation.get("security")
    if not isinstance(security, list):
        yield where, "`security` is missing; `[]` is for operations that need no key"
        return
    known = _known_scopes(document)
    for number, requirement in enumerate(security):
        place = (*where, "security", number)
        if not isinstance(requirement, dict) or [*requirement] != ["bearer"]:
            yield place, "names another scheme than `bearer`"
            continue
        for scope in requirement["bearer"] or ():
            if scope not in known:
                yield place, f"the scheme `bearer` lists no permission `{scope}`"


def _written(where: Pointer) -> str:
    """A place as a JSON Pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in where) or "/"


def _line(node: Any, where: Pointer) -> int:
    """The line of a place, or of the last step to it that there is. Lines count from 1."""
    line: int = node.start_mark.line
    for step in where:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        for key, value in pairs:
            if key.value == str(step):
                node, line = value, key.start_mark.line
                break
    return line + 1
