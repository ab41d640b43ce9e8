"""Requests that the contract allows or forbids, made by schemathesis: the same for a seed."""

import tomllib
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode

from app.contract import contract
from app.markup import has_active_content
from spec_tests import hooks  # noqa: F401 - it tells the generator what is far away

CONFIGURATION = Path(__file__).parent.parent / "schemathesis.toml"


@cache
def operations() -> dict[str, Any]:
    """The operations as schemathesis knows them, by their ids."""
    document = contract().served("http://127.0.0.1/api")
    # Whose key is sent is not for the generator to say.
    del document["components"]["securitySchemes"]
    for operation in (each for path in document["paths"].values() for each in path.values()):
        if "security" in operation:
            del operation["security"]
    configuration = tomllib.loads(CONFIGURATION.read_text())
    # Loaded by import, so that their checks can be named.
    del configuration["hooks"]
    config = schemathesis.Config.from_dict(configuration)
    schema = schemathesis.openapi.from_dict(document, config=config)
    found = (each.ok() for each in schema.get_all_operations())
    return {each.definition.raw["operationId"]: each for each in found}


def cases(seed: str, examples: int) -> list[Case]:
    """So many right and so many wrong requests for each operation, in any order."""
    found = [
        case
        for operation in operations().values()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for case in cases_of(operation, mode, f"{seed} {operation.label} {mode.name}", examples)
    ]
    Random(seed).shuffle(found)
    return found


def _is_active(body: Any) -> bool:
    """Whether a text is refused as `safe-html`, a format that generators do not know."""
    texts = body.values() if isinstance(body, dict) else ()
    return any(isinstance(text, str) and has_active_content(text) for text in texts)


def cases_of(operation: Any, mode: GenerationMode, seed: str, examples: int) -> list[Case]:
    """So many requests for one operation."""
    found: list[Case] = []

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def take(case: Case) -> None:
        if mode.is_negative or not _is_active(case.body):
            found.append(case)

    # Where nothing is asked, nothing can be wrong.
    with suppress(Unsatisfiable):
        take()
    return found
