"""Routes, operations and handlers are the same set."""

import importlib
import inspect
import pkgutil

import pytest

import app.handlers
from app.contract import contract
from app.jsonschema import inlined
from app.xmlrpc.introspection import SYSTEM, method_names
from app.xmlrpc.requests import KEY_MEMBER

pytestmark = pytest.mark.own
OPERATIONS = contract().operations


def handlers():
    """Every public function of every handler module, by the name an operationId would have."""
    for module in pkgutil.iter_modules(app.handlers.__path__):
        found = importlib.import_module(f"app.handlers.{module.name}")
        for name, function in vars(found).items():
            public = inspect.isfunction(function) and not name.startswith("_")
            if public and function.__module__ == found.__name__:
                yield f"{module.name}.{name}", function


def test_every_operation_has_a_handler_and_every_handler_an_operation():
    assert set(dict(handlers())) == set(OPERATIONS)


def test_every_operation_is_named_after_its_resource():
    for operation in OPERATIONS.values():
        path = operation.successor or operation.path
        resource = path.removeprefix("/application/").strip("/").split("/")[0]
        assert operation.id.partition(".")[0] == resource


def test_a_deprecated_operation_asks_for_what_its_successor_asks_for():
    old = [operation for operation in OPERATIONS.values() if operation.successor]
    assert len(old) == 3
    for operation in old:
        successor = contract().at("post", operation.successor)
        written = contract().document["paths"][operation.path][operation.method]
        assert written["deprecated"] is True
        assert operation.scopes == successor.scopes
        assert operation.success == successor.success
        assert operation.bodies in (successor.bodies, {})


WITHOUT_LIST = ("health", "license", "statistics", "me")


def test_a_read_accepts_two_permissions_and_everything_else_exactly_one():
    for operation in OPERATIONS.values():
        resource, _, verb = operation.id.partition(".")
        if verb in ("show", "show_config") and resource not in WITHOUT_LIST:
            assert operation.scopes == (f"{resource}:index", f"{resource}:show")
        elif operation.id not in ("oauth.token", "me.show"):
            assert len(operation.scopes) == 1
        assert operation.needs_key == (operation.id != "oauth.token")


def test_every_permission_in_use_is_described():
    known = contract().permissions
    assert all(known.values())
    for operation in OPERATIONS.values():
        assert set(operation.scopes) <= known.keys()
    resources = ("customers", "products", "groups", "pricings", "services", "api_keys")
    published = {f"{each}:{verb}" for each in resources for verb in
                 ("index", "create", "update", "delete")}  # fmt: skip
    published |= {"*", "health", "statitics", "license"}
    published |= {f"services:{verb}" for verb in ("expire", "suspend", "unsuspend")}
    published |= {"api_keys:rotate"}
    assert published <= known.keys()


def test_every_possible_status_is_declared():
    for operation in OPERATIONS.values():
        declared = set(operation.responses)
        # 400: any query may be malformed, any Host header wrong; 406: so may any Accept.
        expected = {400, 406, 500, 503}
        expected |= {401, 403} if operation.needs_key else set()
        expected |= {429} if operation.needs_key or 401 in declared else set()
        expected |= {404} if operation.path_parameters else set()
        expected |= {408, 413, 415, 422} if operation.bodies else set()
        assert expected <= declared, operation.id


def test_a_handler_asks_for_nothing_that_its_operation_has_not():
    known = {
        "reader",
        "session",
        "now",
        "site",
        "admin_id",
        "principal",
        "storage",
        "headers",
        "address",
        "admit",
        "query",
        "password_hash",
        "any_password_hash",
    }
    for operation in OPERATIONS.values():
        there = known | {*operation.path_parameters} | {each.name for each in operation.query}
        there |= {"body"} if operation.bodies else set()
        handler = dict(handlers())[operation.id]
        assert set(inspect.signature(handler).parameters) <= there, operation.id


def body_fields(operation):
    """The names of all fields that an operation takes in some body."""

    def fields(schema):
        schema = inlined(contract().document, schema)
        inherited = (fields(part) for part in schema.get("allOf", ()))
        return set(schema.get("properties", ())).union(*inherited)

    return set().union(*(fields(schema) for schema in operation.bodies.values()))


def test_the_methods_of_xmlrpc_are_the_operations():
    assert set(method_names(contract())) - set(SYSTEM) == set(OPERATIONS)
    assert not {name for name in OPERATIONS if name.startswith("system.")}


def test_one_struct_can_hold_all_that_an_operation_takes():
    """In XML-RPC a member goes to the first place that knows it: path, query, body."""
    for operation in OPERATIONS.values():
        path, query = {*operation.path_parameters}, {each.name for each in operation.query}
        body = body_fields(operation)
        assert not path & (query | body), operation.id
        assert KEY_MEMBER not in path | query | body
        # Deleting with force may be asked for in either way, which means the same.
        assert query & body <= {"force"}, operation.id


def test_no_id_can_make_one_path_look_like_another():
    """XML-RPC puts ids into paths: each has to lead to the operation that was named."""
    for one in OPERATIONS.values():
        for other in OPERATIONS.values():
            first, second = one.path.split("/"), other.path.split("/")
            if one.path != other.path and len(first) == len(second):
                pairs = zip(first, second, strict=True)
                assert any(a != b and "{" not in a + b for a, b in pairs), (one.id, other.id)
