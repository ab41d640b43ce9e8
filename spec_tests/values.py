"""Values that have the shape of a schema of the contract, of the kinds that are hard to write down.

Generators of JSON Schema keep to every pattern and so give tame texts. What a text may be is
not the concern here: these have blanks at their ends, control characters, markup and escapes.
"""

from hypothesis import strategies as st

from app.contract import contract
from app.jsonschema import inlined, is_nullable

DOCUMENT = contract().document
# The halves of surrogate pairs are in no answer, and in a body they are refused.
CHARACTERS = st.characters(exclude_categories=("Cs",))
ODD = st.sampled_from(
    ["", " ", "\n", "\r", "\r\n", "\t", "&", "<", ">", "]]>", "<![CDATA[", "&amp;", "&#13;", '"',
     "'", "\x00", "\x01", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\uffff",
     "\U0001f600", "_x0041_", "_x005F_", "_x0001\x02", "_x005f_x0041_", "_", "_x", "x0041_",
     "null", "true", "1e5", "\\u0001"]
)  # fmt: skip
TEXTS = st.text(CHARACTERS, max_size=8) | st.lists(ODD | CHARACTERS, max_size=6).map("".join)
# JSON has no infinities; its encoder writes null.
INTEGERS = st.integers(-(2**63), 2**64 - 1)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS
KEYS = TEXTS | st.sampled_from(
    ["entry", "item", "key", "type", "a", "a b", "filter[id]", "1", "xsi:nil"]
)
FREE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def values(schema, depth=2):
    """A strategy for values of the shape of a schema, with at most `depth` things in each other."""
    schema = inlined(DOCUMENT, schema)
    found = _values(schema, depth)
    return st.none() | found if is_nullable(schema) else found


def _values(schema, depth):
    kind = schema.get("type")
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
    if kind == "string":
        return TEXTS
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if kind == "number":
        cents = st.integers(round(schema["minimum"] * 100), round(schema["maximum"] * 100))
        return cents.map(lambda number: number / 100) | cents.map(lambda number: int(number / 100))
    if kind == "array":
        items = values(schema["items"], depth - 1) if depth > 0 else st.nothing()
        return st.lists(items, max_size=min(schema["maxItems"], 3) if depth > 0 else 0)
    if kind == "object" or "allOf" in schema:
        return _objects(schema, depth)
    return FREE


def _objects(schema, depth):
    required, optional = {}, {}
    others = schema.get("additionalProperties", True)
    for part in [schema, *(inlined(DOCUMENT, each) for each in schema.get("allOf", ()))]:
        for name, item in part.get("properties", {}).items():
            if name in part.get("required", ()):
                required[name] = values(item, depth - 1)
            elif depth > 0:
                optional[name] = st.deferred(lambda item=item: values(item, depth - 1))
    known = st.fixed_dictionaries(required, optional=optional)
    if others is False:
        return known
    inner = FREE if others is True else values(others, depth - 1)
    names = {*required, *optional}
    free = st.dictionaries(KEYS.filter(lambda key: key not in names), inner, max_size=3)
    return st.builds(lambda more, own: {**more, **own}, free, known)
