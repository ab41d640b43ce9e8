"""Problems as pages, for people who have typed a wrong URL into a browser."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from app.jsonschema import Json
from models.sentence import Translate, say

HTML = "text/html; charset=utf-8"
LABELS = {"documentation": say("Documentation of the API"), "start": say("Start page")}


@cache
def _template() -> Template:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True).get_template("error.html")


def error_page(problem: Json, language: str, translate: Translate, prefix: str) -> bytes:
    """Return the page of a problem document, whose links begin with the path `prefix`."""
    labels = {name: label.into(translate) for name, label in LABELS.items()}
    page = _template().render(**problem, **labels, language=language, prefix=prefix)
    return page.encode()
