"""Sentences for callers, kept apart from their language until somebody is known to read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English template and what fills its `{names}`; a value may be a sentence itself."""

    template: str
    values: Mapping[str, Any]

    def into(self, translate: Translate) -> str:
        """The sentence, with every template in it translated first."""
        values = {
            name: value.into(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return translate(self.template).format(**values)

    def __str__(self) -> str:
        return self.into(str)


def say(template: str, **values: Any) -> Sentence:
    """A sentence to translate. The template is literal, so that tools find it to translate."""
    return Sentence(template, values)


def field(name: str, reason: Sentence) -> Sentence:
    """What is wrong with a field of a body; the reason is the end of a sentence."""
    return say("The {name} field {reason}.", name=name, reason=reason)
