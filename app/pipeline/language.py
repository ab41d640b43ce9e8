"""The language of an answer: English, or one that is translated in `app/translations/`."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from werkzeug.datastructures import LanguageAccept

from app.pipeline.preferences import preferences
from models.sentence import Sentence, Translate

FOLDER = Path(__file__).parent.parent / "translations"
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.po")))


@lru_cache
def _chosen(accepted: str) -> str:
    for tag, quality in preferences(accepted, LanguageAccept):
        language = tag.partition("-")[0].lower()
        if quality and language in LANGUAGES:
            return language
    return ENGLISH


def language_of(headers: Mapping[bytes, bytes]) -> str:
    """The language that fits a request best (RFC 9110 section 12.5.4)."""
    # Nobody asks for more languages than fit here; what is longer is not worth keeping.
    return _chosen(headers.get(b"accept-language", b"")[:200].decode("latin-1"))


def language_headers(language: str) -> tuple[tuple[bytes, bytes], ...]:
    """What an answer that is worded in a language says of it, and of what it depends on."""
    return (b"content-language", language.encode()), (b"vary", b"Accept, Accept-Language")


@cache
def translations(language: str) -> Translate:
    """The function from an English template to that of a language."""
    if language == ENGLISH:
        return str
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    templates = {str(message.id): str(message.string) for message in catalog if message.string}
    return lambda template: templates.get(template, template)


def worded(value: Any, translate: Translate) -> Any:
    """The value with every Sentence in it put into words."""
    if isinstance(value, Sentence):
        return value.into(translate)
    if isinstance(value, dict):
        return {name: worded(item, translate) for name, item in value.items()}
    return [worded(item, translate) for item in value] if isinstance(value, list) else value
