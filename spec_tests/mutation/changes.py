"""What a change to the contract is, and the words that the operators describe changes in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.jsonschema import Json
from spec_tests.mutation.places import Place

WRONG = "wrong"

Change = tuple[Place, str, Place, Any]


@dataclass(frozen=True)
class Mutant:
    """The contract with `value` in the place of what stands at `where`."""

    id: str
    operator: str
    where: Place
    value: Any


def changed(document: Any, mutant: Mutant) -> Any:
    """The document that a mutant is. What does not change is shared with the original."""

    def copied(node: Any, way: Place) -> Any:
        if not way:
            return mutant.value
        copy = list(node) if isinstance(node, list) else dict(node)
        copy[way[0]] = copied(node[way[0]], way[1:])
        return copy

    return copied(document, mutant.where)


OPERATORS: dict[str, Callable[[Json], Iterator[Change]]] = {}


def operator(function: Callable[[Json], Iterator[Change]]) -> Callable[[Json], Iterator[Change]]:
    """A kind of change. It yields what is changed, how, and the node to replace by what."""
    OPERATORS[function.__name__] = function
    return function


def without(node: Any, key: Any) -> Any:
    if isinstance(node, list):
        return [item for item in node if item != key]
    return {name: item for name, item in node.items() if name != key}


def renamed(node: Json, key: str, new: str) -> Json:
    return {new if name == key else name: item for name, item in node.items()}


def dropped(place: Place, node: Json, key: Any, how: str = "drop") -> Change:
    return (*place, key), how, place, without(node, key)


def replaced(place: Place, node: Json, key: str, value: Any, how: str = "change") -> Change:
    return (*place, key), how, place, {**node, key: value}
