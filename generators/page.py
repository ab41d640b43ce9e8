"""The page of clients: a table of what is tried, and how a client is made and used."""

import re
from pathlib import Path

from generators.declared import DOCUMENT, GENERATORS, IMPORTERS, Generator

PATH = Path(__file__).parent.parent / "docs" / "clients.md"
EXCERPT = re.compile(
    r"^[ \t]*(?://|#) excerpt \{\n(.*?)^[ \t]*(?://|#) excerpt \}", re.MULTILINE | re.DOTALL
)
LANGUAGES = {
    ".py": "python", ".ts": "typescript", ".php": "php", ".go": "go", ".java": "java"
}  # fmt: skip
BEGINNING = f"""\
# Clients for your language

Programs make a client of the API out of its document: functions for all operations, and types for
all that is sent and returned. The server has a view of the document for them, with JSON alone and
the key as a plain bearer token:

<!-- not run: what follows needs generators -->
```sh
curl -o openapi.json 'http://127.0.0.1:8000/api{DOCUMENT}'
```

The commands below then make a client called `clientxcms`, and check it together with a program
`journey` that uses it. `make clients` runs them against a demo shop:

- **Takes the document**: the generator validates it and generates, with nothing left out.
- **Compiles**: the strict checker of the language accepts the client, as it was generated, and the
  program.
- **Makes the journey**: the program lists services with a filter and their customers, creates and
  updates a product, uploads its image, suspends a service, reads the typed problems of a 409 and a
  422, and walks through all pages.

| Generator | Client | Takes the document | Compiles | Makes the journey |
| --- | --- | --- | --- | --- |
"""
IMPORTED = """
Postman and Bruno import the document for people who send requests by hand. The collection has a
request of each operation.

| Program | Takes the document |
| --- | --- |
"""
END = """
The whole programs are in [`generators/journeys`](../generators/journeys). The versions are in
[`requirements-clients.txt`](../requirements-clients.txt) and
[`generators/node/package.json`](../generators/node/package.json).
`.tox/clients/bin/python -m generators` writes this page.
"""


def page() -> str:
    """Return the page. Its table says yes because a test of each cell passes."""
    rows = "".join(f"| [{each.name}](#{anchor(each)}) | {each.language} | yes | yes | yes |\n"
                   for each in GENERATORS)  # fmt: skip
    imported = "".join(f"| {each.name} | yes |\n" for each in IMPORTERS)
    sections = "".join(map(section, GENERATORS))
    return f"{BEGINNING}{rows}{IMPORTED}{imported}{sections}{END}"


def anchor(generator: Generator) -> str:
    """Return the id that a heading gets in Markdown."""
    return re.sub(r"[^\w -]", "", generator.name.lower()).replace(" ", "-")


def section(generator: Generator) -> str:
    """Return what a reader needs to make and use a client."""
    hint = f"{generator.hint}\n\n" if generator.hint else ""
    note = "<!-- not run: generators/test_clients.py does -->"
    language = LANGUAGES[Path(generator.program).suffix]
    return f"""
## {generator.name}

{generator.language}. {hint.strip()}

{note}
```sh
{generator.install}
{generator.generate}
{generator.check}
```

{note}
```{language}
{excerpt(generator.source)}```
"""


def excerpt(source: str) -> str:
    """Return the lines between the two comments of a program, moved to the left."""
    found = EXCERPT.search(source)
    assert found is not None
    lines = found[1].splitlines(keepends=True)
    depth = len(lines[0]) - len(lines[0].lstrip())
    return "".join(line[depth:] if line.strip() else line for line in lines)
