"""Attacks on operations: right HTTP around parameters and bodies that nobody means."""

import json
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

from app.contract import Operation, contract
from app.jsonschema import inlined
from tools.attack.wire import Response, Target, ask

FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
OPERATIONS = tuple(contract().operations.values())
LONG = 70_000
# How long a value becomes, in bytes: a little more than the server takes.
MOST = 5_000_000

TEXTS = (
    "", " ", "0", "-1", "1,000", "4,99", "1e999", "9" * 30, "1e99999999999999999999", "null",
    "\0", "\ud800", "\ufffe", "\u2028", "\u202e", "\U0001f642" * 50, "İstanbul", "ΟΔΟΣ", "e\u0301",
    "x" * LONG, "ä" * 300, "%", "%00", "' OR 1=1 --", "${7*7}", "{{7*7}}", "../../etc/passwd",
    "\r\nX-Injected: 1", "[" * 300 + "]" * 300, '{"a":' * 70 + "1" + "}" * 70, ",".join("0" * LONG),
    "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01", "::ffff:10.0.0.1/96", "a@b",
    "a@" + "b" * 300,
)  # fmt: skip
NUMBERS = (0, -1, 2**31 - 1, 2**31, 2**53, 2**63, 2**64, 10**30, 0.005, 1e308, -1e-308, 99999999.99)
MARKUP = (
    '<img alt=">" src=x onerror=alert(1)>', "<img src=x\fonerror=alert(1)>",
    "<a href='&#106;avascript:alert(1)'>x</a>", "<iframe\fsrc=//evil>", "<svg><script>1</script>",
    "<p style='x:expression(1)'>", "<math><mtext></p><style><!--</style><img title='--><img src=x "
    "onerror=1>'>", "<b onclick=1>", "<form action=//evil><button>x", "<base href=//evil>",
)  # fmt: skip


def value(random: Random, depth: int = 0) -> Any:
    """Return a value of any type that somebody could get through."""
    match random.randrange(9 if depth < 3 else 6):
        case 0 | 1:
            return random.choice(TEXTS)
        case 2:
            return random.choice(NUMBERS)
        case 3:
            return random.choice([None, True, False, [], {}])
        case 4:
            return random.choice(MARKUP)
        case 5:
            return random.randrange(1, 10)
        case 6:
            item = value(random, 3)
            size = len(item) if isinstance(item, str) else 10
            return [item] * min(random.choice([1, 2, 1001, 20_000]), MOST // (size + 10))
        case 7:
            number = random.choice([1, 3, 101, 1001, 9000])
            item = value(random, 3)
            size = len(item) if isinstance(item, str) else 10
            return {f"f{n}": item for n in range(min(number, MOST // (size + 10)))}
        case _:
            nested: Any = value(random, 3)
            for _ in range(random.choice([10, 63, 64, 65, 250])):
                nested = [nested] if random.random() < 0.5 else {"a": nested}
            return nested


def fields(operation: Operation, random: Random) -> dict[str, Any]:
    """Return a body: the example of the contract with some fields replaced, and others more."""
    schema = next(iter(operation.bodies.values()))
    document = contract().document
    properties = inlined(document, schema).get("properties", {})
    found = {}
    for name, each in properties.items():
        written = inlined(document, each)
        if "example" in written and random.random() < 0.8:
            found[name] = written["example"]
    for name in random.sample(
        [*properties, "nothing", "a[b]", "__proto__"], k=1 + random.randrange(2)
    ):
        found[name] = value(random)
    return found


def as_json(body: dict[str, Any], random: Random) -> tuple[str, bytes]:
    return "application/json", json.dumps(body, ensure_ascii=random.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def as_form(body: dict[str, Any], random: Random) -> tuple[str, bytes]:
    flat = [(name, _text(item)) for name, item in body.items()]
    if random.random() < 0.3:
        flat += [(f"{name}{'[a]' * random.choice([1, 3, 70])}", text) for name, text in flat[:2]]
    return FORM, urlencode(flat, errors="surrogatepass").encode()


def as_files(body: dict[str, Any], random: Random) -> tuple[str, bytes]:
    parts = b""
    for name, item in body.items():
        file = random.choice([b"", b"", b'; filename="a.png"', b"; filename*=utf-8''a.svg"])
        content = _text(item).encode("utf-8", "surrogatepass")
        parts += b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (
            name.encode(), file, content,
        )  # fmt: skip
    return FILES, parts + b"--b--\r\n"


def as_xml(body: dict[str, Any], random: Random) -> tuple[str, bytes]:
    def written(name: str, item: Any) -> str:
        if isinstance(item, dict):
            inner = "".join(written(key, each) for key, each in item.items())
        elif isinstance(item, list):
            inner = "".join(written("i", each) for each in item)
        else:
            inner = escape(_text(item))
        if name.isidentifier():
            return f"<{name}>{inner}</{name}>"
        return f"<entry key={quoteattr(name)}>{inner}</entry>"

    text = "".join(written(name, item) for name, item in body.items())
    head = random.choice(["", '<?xml version="1.0"?>', '<!DOCTYPE a [<!ENTITY b "c">]>'])
    return "application/xml", f"{head}<a>{text}</a>".encode("utf-8", "surrogatepass")


def _text(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item)


FORMATS: tuple[Callable[[dict[str, Any], Random], tuple[str, bytes]], ...] = (
    as_json, as_json, as_form, as_files, as_xml,
)  # fmt: skip


def path_of(operation: Operation, target: Target, random: Random) -> str:
    path = operation.path
    for name in operation.path_parameters:
        odd = random.choice(["0", "-1", "a" * 5000, "1%2f2", "9" * 30, "%00", "1;a", "٣"])
        found = target.ids[name] if random.random() < 0.8 else odd
        path = path.replace(f"{{{name}}}", quote(found, safe="%"))
    query = [
        (each.name, _text(value(random, 3))[:3000])
        for each in operation.query
        if random.random() < 0.3
    ]
    if random.random() < 0.1:
        query += [(f"filter[x{n}]", "1") for n in range(random.choice([10, 990]))]
    text = urlencode(query, errors="surrogatepass")
    return f"/api{path}?{text}" if text else f"/api{path}"


def cut(body: bytes, random: Random) -> bytes:
    """Return a body as it is, cut anywhere, or with some bytes changed."""
    if not body or random.random() < 0.7:
        return body
    place = random.randrange(len(body))
    if random.random() < 0.5:
        return body[:place]
    return body[:place] + random.randbytes(random.randrange(4)) + body[place + 1 :]


async def operation(target: Target, random: Random) -> list[Response]:
    """One request of an operation."""
    each = random.choice(OPERATIONS)
    lines = [f"{each.method.upper()} {path_of(each, target, random)} HTTP/1.1", "Host: localhost"]
    if random.random() < 0.9:
        lines.append(
            f"Authorization: Bearer {target.key if random.random() < 0.9 else target.reader}"
        )
    lines.append(f"Accept: {random.choice(['application/json', 'application/xml', '*/*', 'a/b'])}")
    body = b""
    if each.bodies:
        media_type, body = random.choice(FORMATS)(fields(each, random), random)
        body = cut(body, random)
        lines += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass")
    return [await ask(target, head + body)]


async def call(target: Target, random: Random) -> list[Response]:
    """One call by XML-RPC, with the same fields."""
    each = random.choice(OPERATIONS)
    members = fields(each, random) if each.bodies else {}
    members |= {
        name: random.choice([target.ids[name], int(target.ids[name]), "a" * 5000, []])
        for name in each.path_parameters
    }
    members |= {
        name: value(random, 3) for name in (p.name for p in each.query) if random.random() < 0.2
    }

    def written(item: Any) -> str:
        match item:
            case bool():
                return f"<boolean>{item:d}</boolean>"
            case int() | float():
                return f"<double>{item}</double>" if isinstance(item, float) else f"<i8>{item}</i8>"
            case list():
                values = "".join(f"<value>{written(e)}</value>" for e in item)
                return f"<array><data>{values}</data></array>"
            case dict():
                members = "".join(
                    f"<member><name>{escape(name)}</name><value>{written(e)}</value></member>"
                    for name, e in item.items()
                )
                return f"<struct>{members}</struct>"
            case None:
                return "<nil/>"
        return f"<string>{escape(item)}</string>"

    text = (
        f"<methodCall><methodName>{each.id}</methodName><params><param><value>"
        f"{written(members)}</value></param></params></methodCall>"
    )
    body = cut(text.encode("utf-8", "surrogatepass"), random)
    head = (
        "POST /api/xmlrpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        f"Authorization: Bearer {target.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return [await ask(target, head.encode() + body)]


async def _send(target: Target, method: str, path: str, media_type: str, body: bytes) -> Response:
    head = (
        f"{method} /api/application{path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {target.key}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return await ask(target, head.encode() + body)


async def deep(target: Target, random: Random) -> list[Response]:
    """JSON in a field of a form, deeper than anything that is read may be (A5)."""
    depth = random.choice([60, 63, 64, 65, 252, 900])
    text = random.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])
    form = urlencode({"data": text}).encode()
    return [await _send(target, "PATCH", f"/services/{target.ids['service_id']}", FORM, form)]


async def markup(target: Target, random: Random) -> list[Response]:
    """Descriptions of which a browser would run something (A6)."""
    body = json.dumps({"description": f"<p>Fast</p>{random.choice(MARKUP)}"}).encode()
    name = random.choice(["product", "group"])
    path = f"/{name}s/{target.ids[f'{name}_id']}"
    return [await _send(target, "PATCH", path, "application/json", body)]


async def mistakes(target: Target, random: Random) -> list[Response]:
    """As many wrong values as a body may have (A7)."""
    number = random.choice([1000, 19_000, 200_000])
    wrong = random.choice([0, "\0", 1e308, None])
    method, path, body = random.choice(
        [
            ("POST", "/api_keys", {"name": "Reader", "permissions": [wrong] * number}),
            ("PUT", f"/products/{target.ids['product_id']}/config", {"free": [wrong] * number}),
            ("PATCH", f"/services/{target.ids['service_id']}", {"data": [[wrong] * 900] * 20}),
        ]
    )
    return [await _send(target, method, path, "application/json", json.dumps(body).encode())]


PAGES = ("/", "/api/documentation", "/api/openapi.json", "/api/openapi.yaml?media=json", "/livez",
         "/readyz", "/metrics", "/docs/api-docs.json", "/api/problems/conflict", "/storage/a.png",
         "/api/openapi.json?auth=bearer", "/nothing/" + "a" * 3000)  # fmt: skip


async def page(target: Target, random: Random) -> list[Response]:
    """A page without a key, with an odd host or range."""
    host = random.choice(
        ["localhost", "localhost", f"h{random.randrange(10**6)}", "a" * 300, "\xff"]
    )
    lines = [
        f"{random.choice(['GET', 'GET', 'POST'])} {random.choice(PAGES)} HTTP/1.1",
        f"Host: {host}",
    ]
    lines += random.choice(
        [[], ["Range: bytes=0-1,3-4"], ["Accept-Encoding: gzip"], ["Content-Length: 0"]]
    )
    return [await ask(target, "\r\n".join([*lines, "", ""]).encode("latin-1"))]


ATTACKS = (operation, call, deep, markup, mistakes, page)
