"""What methods say of themselves, read from the contract."""

from collections.abc import Iterator

from app.contract import Contract, Operation
from app.jsonschema import Json, inlined

# XML-RPC's names for the types of the contract.
TYPES = {
    "object": "struct", "array": "array", "integer": "int", "number": "double",
    "boolean": "boolean", "string": "string",
}  # fmt: skip

CAPABILITIES = {
    "xmlrpc": {"specUrl": "http://xmlrpc.com/spec.md", "specVersion": 1},
    "nil": {"specUrl": "http://www.ontosys.com/xml-rpc/extensions.php", "specVersion": 20010518},
    "introspection": {
        "specUrl": "http://phpxmlrpc.sourceforge.net/doc-2/ch10.html", "specVersion": 2,
    },
    "system.multicall": {
        "specUrl": "http://www.xmlrpc.com/discuss/msgReader$1208", "specVersion": 1,
    },
}  # fmt: skip

# The methods of the gateway itself: their signatures (the answer first), and what they do.
SYSTEM: dict[str, tuple[list[list[str]], str]] = {
    "system.getCapabilities": (
        [["struct"], ["struct", "struct"]],
        "The specifications that this server follows.",
    ),
    "system.listMethods": (
        [["array"], ["array", "struct"]],
        "The names of all methods.",
    ),
    "system.methodHelp": (
        [["string", "string"], ["string", "string", "struct"]],
        "What a method does, the permission it needs, and the members of its struct.",
    ),
    "system.methodSignature": (
        [["array", "string"], ["array", "string", "struct"]],
        "The signatures of a method: the type of its answer, then those of its arguments.",
    ),
    "system.multicall": (
        [["array", "array"]],
        "Several calls in one request, each a struct of methodName and params.",
    ),
}


def method_names(contract: Contract) -> list[str]:
    """Every operation, and the methods of the gateway itself."""
    return sorted([*contract.operations, *SYSTEM])


def signatures_of(contract: Contract, name: str) -> list[list[str]]:
    """The signatures of a method. A struct that nothing requires may be left out."""
    if name in SYSTEM:
        return SYSTEM[name][0]
    operation = contract.operations[name]
    schema = inlined(contract.document, operation.success.schema or {})
    answer = TYPES[schema.get("type", "object")]
    needs = any(required for _, _, required, _ in _members(contract, operation))
    return [[answer, "struct"]] if needs else [[answer], [answer, "struct"]]


def help_of(contract: Contract, name: str) -> str:
    """A text for people: what the contract says of an operation and of the members it takes."""
    if name in SYSTEM:
        return SYSTEM[name][1]
    operation = contract.operations[name]
    written = contract.document["paths"][operation.path][operation.method]
    lines = [f"{written['summary']}.", written["description"].strip()]
    if operation.successor:
        lines.append(f"Deprecated. Use {contract.at('post', operation.successor).id}.")
    if operation.scopes:
        lines.append(f"Needs the permission {' or '.join(operation.scopes)}.")
    elif operation.needs_key:
        lines.append("Needs a key, whatever its permissions.")
    for member, kind, required, description in _members(contract, operation):
        note = ", required" if required else ""
        lines.append(f"- {member} ({kind}{note})" + (f": {description}" if description else ""))
    return "\n".join(lines)


def _members(contract: Contract, operation: Operation) -> Iterator[tuple[str, str, bool, str]]:
    """Name, type, whether required, and description of the members that an operation takes."""
    document = contract.document
    item = document["paths"][operation.path]
    shared = item.get("parameters", [])
    seen: set[str] = set()
    for reference in [*shared, *item[operation.method].get("parameters", [])]:
        written = inlined(document, reference)
        seen.add(written["name"])
        kind = _type(document, written["schema"])
        yield written["name"], kind, written.get("required", False), written["description"]
    # The first media type is the plainest, the last one may hold files.
    required: set[str] = set()
    properties: Json = {}
    for schema in operation.bodies.values():
        found, needed = _properties(document, schema)
        properties |= found
        required |= needed
    for name, schema in properties.items():
        if name not in seen:
            description = inlined(document, schema).get("description", "")
            yield name, _type(document, schema), name in required, description


def _properties(document: Json, schema: Json) -> tuple[Json, set[str]]:
    schema = inlined(document, schema)
    properties: Json = dict(schema.get("properties", {}))
    required = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        found, needed = _properties(document, part)
        properties |= found
        required |= needed
    return properties, required


def _type(document: Json, schema: Json) -> str:
    schema = inlined(document, schema)
    if schema.get("format") == "binary":
        return "base64"
    return TYPES[schema.get("type", "object")]
