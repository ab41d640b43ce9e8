"""One thing of each kind, and the requests that every operation of the contract takes for them."""

from sqlalchemy.orm import Session

from app.contract import Operation, contract
from app.jsonschema import inlined
from tests.factories import a_customer, a_group, a_key, a_pricing, a_product, a_service
from tests.keys import number
from tests.test_images import an_image

OPERATIONS = contract().operations
FILES = "multipart/form-data"


def a_shop(session: Session) -> dict[str, int]:
    """The ids of a customer, group, product, price, service and key, by the path parameters."""
    group = a_group(session, name="Shelf", slug="shelf")
    product = a_product(session, group=group, name="VPS", type="proxmox")
    return {
        "customer_id": (customer := a_customer(session, email="shop@example.org")).id,
        "group_id": group.id,
        "product_id": product.id,
        "pricing_id": a_pricing(session, product=product, monthly=5).id,
        "service_id": a_service(session, customer=customer, product_id=product.id).id,
        "api_key_id": number(a_key(session, "health")),
    }


def path_to(operation: Operation, ids) -> str:
    """The path of an operation on things of a shop."""
    return operation.path.format(**{name: ids[name] for name in operation.path_parameters})


def properties(operation: Operation, media_type: str = "application/json") -> dict:
    """The fields of a body of an operation, with their schemas."""
    written = operation.bodies.get(media_type) or next(iter(operation.bodies.values()), {})
    return _properties(inlined(contract().document, written))


def _properties(schema) -> dict:
    found = {}
    for part in schema.get("allOf", ()):
        found |= _properties(inlined(contract().document, part))
    for name, item in schema.get("properties", {}).items():
        found[name] = inlined(contract().document, item)
    return found


def a_body(operation: Operation, ids) -> dict:
    """A body with which an operation works on a shop: its example where something is made."""
    if operation.id == "customers.delete":
        return {"force": True}
    if not operation.id.endswith(".create"):
        return {}
    example = contract().document["components"]["examples"][f"{operation.id}.body"]["value"]
    theirs = {"group_id": ids["group_id"], "parent_id": ids["group_id"], "currency": "USD",
              "related_type": "product", "related_id": ids["product_id"]}  # fmt: skip
    return {**example, **{name: theirs[name] for name in theirs if name in example}}


def files_for(operation: Operation) -> dict:
    """The files without which an operation does nothing."""
    return {"image": ("a.png", an_image())} if operation.bodies.keys() == {FILES} else {}
