"""How a test asks for something without knowing what a shop has."""

from typing import Any

from app.contract import Operation, contract

# Nothing has these.
NOWHERE = "999999999999"
NOWHERE_UUID = "00000000-0000-4000-8000-000000000000"
PICTURE = contract().document["components"]["examples"]["image.body"]["value"]["image"]


def path_to(operation: Operation, item: object = NOWHERE) -> str:
    """The path of an operation on an item; by default on one that does not exist."""
    return operation.path.format(**dict.fromkeys(operation.path_parameters, item))


def sending(operation: Operation, fields: dict[str, Any], **files: str) -> dict[str, Any]:
    """What a client sends fields in: the first form that an operation takes; `files` where it is
    one of files."""
    match next(iter(operation.bodies), None):
        case None:
            return {}
        case "application/json":
            return {"json": fields}
        case "application/x-www-form-urlencoded":
            return {"data": fields}
    texts = {name: (None, str(value)) for name, value in fields.items()}
    return {"files": texts | {name: (name, content) for name, content in files.items()}}


def pages(api, path, **query):
    """The answers of a list, page by page."""
    number = 1
    while True:
        answer = api.get(path, params={**query, "page": number})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        if number >= page.get("meta", page)["last_page"]:
            return
        number += 1


def whole(api, path, **query):
    """All items of a list, in its order."""
    return [item for page in pages(api, path, per_page=1000, **query) for item in page["data"]]
