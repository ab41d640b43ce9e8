"""What `include` adds is what the separate reads answer, and its counts are counted."""

import pytest

from app.contract import contract
from spec_tests.asking import path_to, whole
from spec_tests.recording import as_text, examples

OPERATIONS = contract().operations
INCLUDES = {
    f"{operation.id} {name}": (operation, name)
    for operation in OPERATIONS.values()
    for parameter in operation.query
    if parameter.name == "include"
    for name in parameter.schema["items"]["enum"]
    if not name.endswith(("Count", "Exists"))
}
SHOWS = {
    operation.id: operation for operation, _ in INCLUDES.values() if operation.id.endswith(".show")
}
# Notes, invoices and options have no operation of their own: only their counts can be compared.
APART = {"metadata", "invoices", "configoptions"}


@pytest.fixture(scope="module")
def apart(api):
    """A function from a thing, a relation and its owner to what the separate reads answer."""
    lists = {}

    def read(name):
        path = f"/application/{name}"
        if name not in lists:
            lists[name] = whole(api, path)
        return lists[name]

    def services(owner, thing):
        # Those that are hidden are not shown with a customer.
        return [each for each in read("services")
                if each["customer_id"] == owner["id"] and each["status"] != "hidden"]  # fmt: skip

    def pricing(owner, thing):
        kind = thing.removesuffix("s")
        return [each for each in read("pricings")
                if (each["related_type"], each["related_id"]) == (kind, owner["id"])]  # fmt: skip

    def products(owner, thing):
        return [each for each in read("products") if each["group_id"] == owner["id"]]

    def groups(owner, thing):
        return [each for each in read("groups") if each["parent_id"] == owner["id"]]

    def customer(owner, thing):
        answer = api.get(f"/application/customers/{owner['customer_id']}")
        return answer.json() if answer.status_code == 200 else None

    def group(owner, thing):
        answer = api.get(f"/application/groups/{owner['group_id']}")
        return answer.json() if answer.status_code == 200 else None

    known = locals()
    return lambda thing, relation, owner: known[relation](owner, thing)


def items(api, operation, include):
    """Items with what an operation includes: of a list all, else the first few one by one."""
    if operation.id.endswith(".index"):
        return whole(api, operation.path, include=include)
    resource = operation.id.partition(".")[0]
    ids = [item["id"] for item in whole(api, f"/application/{resource}")[:12]]
    answers = [api.get(path_to(operation, each), params={"include": include}) for each in ids]
    return [answer.json() for answer in answers]


@pytest.mark.parametrize(("operation", "name"), INCLUDES.values(), ids=INCLUDES)
def test_an_include_is_what_the_separate_reads_answer(api, apart, operation, name):
    found = items(api, operation, f"{name},{name}Count,{name}Exists")
    assert found
    for item in found:
        included = item[name]
        number = len(included) if isinstance(included, list) else int(included is not None)
        assert item[f"{name}_count"] == number
        assert item[f"{name}_exists"] == (number > 0)
        if name not in APART:
            read = apart(operation.id.partition(".")[0], name, item)
            if name == "group" and read is not None:
                # The products of a group are not repeated in each of them.
                read = {**read, "products": [], "groups": []}
            compare(included, read)


def compare(included, read):
    """Included items may have less around them than separate ones, but nothing else."""
    if isinstance(included, list):
        assert [each["id"] for each in included] == [
            each["id"] for each in sorted_as(included, read)
        ]
        for one, other in zip(included, sorted_as(included, read), strict=True):
            compare(one, other)
    elif included is None or read is None:
        # One that is deleted is not to be read any more, but may still be shown.
        assert read is None
    else:
        for name in included.keys() & read.keys():
            assert included[name] == read[name], name


def sorted_as(included, read):
    places = {item["id"]: place for place, item in enumerate(included)}
    assert places.keys() == {item["id"] for item in read}
    return sorted(read, key=lambda item: places[item["id"]])


@pytest.mark.parametrize("operation", SHOWS.values(), ids=SHOWS)
def test_several_includes_are_what_each_of_them_is(api, operation):
    (example,) = (value for name, value in examples(operation.id)[0].items() if "include" in name)
    together = items(api, operation, as_text(example))
    apart = [items(api, operation, name) for name in example]
    for item, *others in zip(together, *apart, strict=True):
        merged = {}
        for other in others:
            merged |= other
        assert item == merged


@pytest.mark.parametrize(("operation", "name"), INCLUDES.values(), ids=INCLUDES)
def test_counts_come_without_what_they_count(api, operation, name):
    plain, counted = (items(api, operation, include) for include in ("", f"{name}Count"))
    for one, other in zip(plain, counted, strict=True):
        assert other.pop(f"{name}_count") >= 0
        assert one == other


def test_pricing_is_the_prices_of_a_product(api, apart):
    for plain, priced in zip(
        whole(api, "/application/products"),
        whole(api, "/application/products", pricing="1"),
        strict=True,
    ):
        one = api.get(f"/application/products/{plain['id']}", params={"pricing": "1"}).json()
        added = priced.keys() - plain.keys()
        assert added, "nothing was added"
        assert {name: one[name] for name in added} == {name: priced[name] for name in added}
        rows = apart("products", "pricing", plain)
        assert sorted(row["id"] for row in priced["pricing"]) == sorted(row["id"] for row in rows)


def test_statistics_count_what_the_lists_hold(api):
    counts = api.get("/application/statistics").json()["data"]
    services = whole(api, "/application/services")
    told = counts["services"]
    assert told["total"] == len(services)
    for status in told.keys() - {"total"}:
        assert told[status] == len([each for each in services if each["status"] == status]), status


@pytest.mark.parametrize("resource", ["customers", "products", "groups", "pricings", "services"])
def test_an_item_of_a_list_is_what_reading_it_answers(api, resource):
    """Beside what only one of the two shows."""
    for item in whole(api, f"/application/{resource}")[:20]:
        answer = api.get(f"/application/{resource}/{item['id']}")
        assert answer.status_code == 200
        for name in answer.json().keys() & item.keys():
            assert answer.json()[name] == item[name], name
