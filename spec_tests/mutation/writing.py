"""The text of a mutant: the contract as it was written, but for one place."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from spec_tests.mutation.changes import Mutant
from spec_tests.mutation.places import Place


def writer(source: str) -> Callable[[Mutant], str]:
    """A function from a mutant to its text. All but the changed place keeps its layout."""
    root = yaml.compose(source, Loader=yaml.CSafeLoader)

    def write(mutant: Mutant) -> str:
        start, end = _span(root, mutant.where, source)
        # JSON is YAML in one line, which is right at any depth.
        return source[:start] + json.dumps(mutant.value, ensure_ascii=False) + source[end:]

    return write


def _span(node: Any, place: Place, source: str) -> tuple[int, int]:
    for step in place:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == str(step))
        else:
            node = node.value[step]
    end = node.end_mark.index
    # A block ends where the next one begins.
    while source[end - 1] in " \n" or _is_comment(source, end):
        end = source.rindex("\n", 0, end) if _is_comment(source, end) else end - 1
    return node.start_mark.index, end


def _is_comment(source: str, end: int) -> bool:
    """Whether the line before an end is nothing but a comment."""
    return source[source.rfind("\n", 0, end) + 1 : end].lstrip().startswith("#")
