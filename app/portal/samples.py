"""Request bodies that documentation pages fill in: the examples of the contract, in XML too."""

from typing import Any

from app.jsonschema import Json, inlined
from app.pipeline.media import JSON, XML, shapes
from app.xml.encoding import encoder


def with_samples(document: Json) -> Json:
    """Return a served document in which each JSON and XML body has one `example`.

    Changes the document. The contract writes `examples`, and of JSON bodies alone. Swagger UI
    4.15 ignores `examples` while it is ready to send, and fills in random values; the XML that it
    makes of a schema leaves out the types of free-form values.
    """
    for body in document["components"]["requestBodies"].values():
        content = body["content"]
        if JSON in content:
            sample = _first_example(document, content[JSON])
            content[JSON]["example"] = sample
            if XML in content:
                content[XML]["example"] = _as_xml(content[XML]["schema"], sample)
    return document


def _first_example(document: Json, media_type: Json) -> Any:
    """Take the `examples` out of a media type; OpenAPI allows either them or one `example`."""
    examples = media_type.pop("examples")
    return inlined(document, next(iter(examples.values())))["value"]


def _as_xml(schema: Json, value: Any) -> str:
    return encoder(shapes().root(schema))(value).decode()
