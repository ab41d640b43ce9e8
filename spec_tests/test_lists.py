"""Filters filter, sorts sort, and pages are a partition: each list against the whole of itself."""

import re
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest

from app.contract import contract
from app.jsonschema import inlined
from models.phone_number import searched, spellings
from spec_tests.asking import pages, whole
from spec_tests.recording import as_text

DOCUMENT = contract().document
LISTS = {each.id: each for each in contract().operations.values() if each.id.endswith(".index")}
# List parameters of the first generation, and the property that each is about.
OLDER = {
    "customers.index": {"q": "email"},
    "products.index": {"q": "name", "group_id": "group_id", "type": "type"},
    "groups.index": {"q": "name"},
    "pricings.index": {"product": "related_id", "currency": "currency"},
}
each_list = pytest.mark.parametrize("operation", LISTS.values(), ids=LISTS)


def property_of(operation, parameter):
    """The property that a filter is about; None for a parameter that is no filter."""
    if parameter.name.startswith("filter["):
        return parameter.name[7:-1]
    return OLDER.get(operation.id, {}).get(parameter.name)


FILTERS = {
    f"{operation.id} {parameter.name}": (operation, parameter)
    for operation in LISTS.values()
    for parameter in operation.query
    if property_of(operation, parameter)
}
SORTS = {
    f"{operation.id} {name}": (operation, name)
    for operation in LISTS.values()
    for parameter in operation.query
    if parameter.name == "sort"
    for name in parameter.schema["items"]["enum"]
}


@pytest.fixture(scope="module")
def all_of(api):
    """A function from a list to all of its items, read once."""
    found = {}

    def read(operation):
        if operation.id not in found:
            found[operation.id] = whole(api, operation.path)
        return found[operation.id]

    return read


def value_schema(parameter):
    schema = parameter.schema["items"] if parameter.is_list else parameter.schema
    return inlined(DOCUMENT, schema)


def matches(schema, wanted, value):
    """Whether a property has a value that a filter asks for, as the contract says it compares."""
    if value is None:
        return False
    if schema.get("format") == "date":
        return value[:10] == wanted
    if schema["type"] == "string" and "enum" not in schema:
        return wanted.lower() in value.lower()
    return value == wanted


def questions(parameter, values):
    """What to ask a filter for: lists of values, some of them there and one of them nowhere."""
    schema = value_schema(parameter)
    there = list(dict.fromkeys(value for value in values if value is not None))
    if schema.get("format") == "date":
        there = list(dict.fromkeys(value[:10] for value in there))
        nowhere = "1999-12-31"
    elif schema["type"] == "string" and "enum" not in schema:
        # A comma would be an "or".
        texts = [re.split(r"[,\s]", value.strip())[0] for value in there]
        there = [each for text in texts if text for each in (text, text.upper(), text[1:3])]
        there = [text for text in dict.fromkeys(there) if text.strip()]
        nowhere = "no such text"
    elif schema["type"] == "boolean":
        nowhere = None
    else:
        nowhere = next((v for v in schema.get("enum", ()) if v not in there), None)
        nowhere = schema["maximum"] - 1 if nowhere is None and "enum" not in schema else nowhere
    one_by_one = there[:4] + there[-2:] + ([] if nowhere is None else [nowhere])
    yield from ([value] for value in one_by_one)
    if parameter.is_list and len(there) > 1:
        yield [there[0], there[-1]]


def finds(wanted, customer):
    """Whether digits are a part of a phone number in any of its spellings."""
    spelt = spellings(customer["phone"], customer["country"])
    return spelt is not None and searched(wanted) in spelt


@pytest.mark.parametrize(("operation", "parameter"), FILTERS.values(), ids=FILTERS)
def test_a_filter_answers_the_items_that_match_and_no_others(api, all_of, operation, parameter):
    name = property_of(operation, parameter)
    items = all_of(operation)
    if items and name not in items[0]:
        check_hidden_days(api, operation, parameter, items)
        return
    schema = value_schema(parameter)
    asked = list(questions(parameter, [item[name] for item in items]))
    assert asked
    for wanted in asked:
        expected = {
            item["id"]
            for item in items
            if any(matches(schema, value, item[name]) for value in wanted)
            or (
                (name == "phone" and any(finds(value, item) for value in wanted))
                and (parameter.name != "product" or item["related_type"] == "product")
            )
        }
        found = whole(api, operation.path, **{parameter.name: as_text(wanted)})
        assert [*sorted(item["id"] for item in found)] == sorted(expected), wanted


def check_hidden_days(api, operation, parameter, items):
    """A day that no answer shows: the items of all days are all items, one after another, in the
    order in which the list sorts them by that day."""
    name = parameter.name[7:-1]
    # Nothing was changed before it was made.
    day = date.fromisoformat(min(item["created_at"] for item in items)[:10])
    found = []
    while day <= date.today() + timedelta(days=1):
        days = [day + timedelta(days=number) for number in range(60)]
        text = ",".join(map(date.isoformat, days))
        found += whole(api, operation.path, sort=name, **{parameter.name: text})
        day = days[-1] + timedelta(days=1)
    in_order = whole(api, operation.path, sort=name)
    assert [item["id"] for item in found] == [item["id"] for item in in_order]


@each_list
def test_two_filters_narrow_each_other(api, all_of, operation):
    filters = [p for p in operation.query if p.name.startswith("filter[") and p.is_list]
    shown = [p for p in filters if p.name[7:-1] in all_of(operation)[0]]
    for first, second in pairwise(shown):
        item = next((each for each in all_of(operation)
                     if each[first.name[7:-1]] and each[second.name[7:-1]]), None)  # fmt: skip
        if item is None:
            continue
        asked = {p.name: some_text(p, item[p.name[7:-1]]) for p in (first, second)}
        alone = [
            {each["id"] for each in whole(api, operation.path, **{name: text})}
            for name, text in asked.items()
        ]
        both = {each["id"] for each in whole(api, operation.path, **asked)}
        assert both == alone[0] & alone[1], asked
        assert item["id"] in both


def some_text(parameter, value):
    schema = value_schema(parameter)
    if schema.get("format") == "date":
        return value[:10]
    is_part = schema["type"] == "string" and "enum" not in schema
    return value.partition(",")[0] if is_part else as_text(value)


@pytest.mark.parametrize(("operation", "sort"), SORTS.values(), ids=SORTS)
def test_a_sort_orders_all_items_and_ties_by_id(api, all_of, operation, sort):
    name = sort.removeprefix("-")
    found = whole(api, operation.path, sort=sort)
    assert {item["id"] for item in found} == {item["id"] for item in all_of(operation)}
    turned = whole(api, operation.path, sort=name if sort != name else f"-{name}")
    assert [item["id"] for item in found] == [item["id"] for item in reversed(turned)]
    if found and name in found[0]:
        assert_in_order([(item[name], item["id"]) for item in found], is_turned=sort != name)


def assert_in_order(rows, *, is_turned):
    rows = rows[::-1] if is_turned else rows
    values = [row for row in rows if row[0] is not None]
    assert values == sorted(values)
    # Those without a value stand together, at one end, by id.
    empty = [row[1] for row in rows if row[0] is None]
    assert empty == sorted(empty)
    assert [row for row in rows if row[0] is not None] in (
        rows[: len(values)],
        rows[len(empty) :],
    )


@each_list
def test_sorts_count_in_the_order_in_which_they_are_named(api, all_of, operation):
    names = next(p for p in operation.query if p.name == "sort").schema["items"]["enum"]
    shown = [name for name in names if name in all_of(operation)[0] and name != "id"]
    for first, second in islice(pairwise(shown), 6):
        found = whole(api, operation.path, sort=f"-{first},{second}")
        for one, other in pairwise(found):
            values = [(item[first], item[second]) for item in (one, other)]
            if None in values[0] + values[1]:
                continue
            assert values[0][0] >= values[1][0], (first, second)
            assert values[0][0] > values[1][0] or values[0][1] <= values[1][1], (first, second)


@each_list
@pytest.mark.parametrize("per_page", [1, 7, 1000])
def test_pages_hold_each_item_once(api, all_of, operation, per_page):
    expected = [item["id"] for item in all_of(operation)]
    # The whole of a long list by pages of one would take too long.
    found = list(islice(pages(api, operation.path, per_page=per_page), 60))
    for number, page in enumerate(found, 1):
        told = page.get("meta", page)
        start = (number - 1) * per_page
        ids = [item["id"] for item in page["data"]]
        assert ids == expected[start : start + per_page]
        assert told["per_page"] == per_page
        assert told["current_page"] == number
        assert told["total"] == len(expected)
        assert told["last_page"] == max(1, -(-len(expected) // per_page))
        assert told["from"] == (start + 1 if ids else None)
        assert told["to"] == (start + len(ids) if ids else None)
    beyond = api.get(operation.path, params={"per_page": per_page, "page": 2**53 - 1}).json()
    assert beyond["data"] == []


def walk(api, operation, relation="next", after=lambda number: None, **query):
    """The items that the `Link` header leads to, page by page."""
    answer = api.get(operation.path, params=query)
    number = 0
    while True:
        assert answer.status_code == 200, answer.text
        yield [item["id"] for item in answer.json()["data"]]
        if relation not in answer.links:
            return
        number += 1
        after(number)
        answer = api.get(
            "/application" + answer.links[relation]["url"].partition("/application")[2]
        )


@each_list
def test_cursors_lead_through_the_whole_list_and_back(api, all_of, operation):
    for sort in ("", "-id" if operation.id != "groups.index" else "-name"):
        expected = [item["id"] for item in whole(api, operation.path, **{"sort": sort})]
        size = max(9, len(expected) // 40)
        there = list(walk(api, operation, sort=sort, per_page=size))
        assert [number for page in there for number in page] == expected
        last = -(-len(expected) // size)
        back = list(walk(api, operation, "prev", sort=sort, per_page=size, page=last))
        assert [number for page in reversed(back) for number in page] == expected


@pytest.mark.writes
def test_cursors_lose_and_repeat_nothing_while_items_are_added(api):
    operation = LISTS["groups.index"]
    before = [item["id"] for item in whole(api, operation.path, sort="-name")]
    made = []

    def add(number):
        # Now at the beginning of the order, now at its end.
        name = f"{'zA'[number % 2]} contract {number}"
        body = {"name": name, "slug": f"contract-{number}-{id(made)}", "status": "hidden",
                "description": "Added while a list is read.", "sort_order": 0}  # fmt: skip
        answer = api.post("/application/groups", json=body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])

    try:
        walked = [number for page in walk(api, operation, after=add, sort="-name", per_page=2)
                  for number in page]  # fmt: skip
    finally:
        for number in made:
            assert api.delete(f"/application/groups/{number}").status_code == 200
    assert len(made) > 1
    assert len(set(walked)) == len(walked)
    assert [number for number in walked if number not in made] == before


@each_list
def test_every_parameter_of_a_list_has_an_effect(api, operation):
    plain = api.get(operation.path, params={"per_page": 2})
    for parameter in operation.query:
        answers = [
            api.get(operation.path, params={"per_page": 2, parameter.name: text})
            for text in differing(operation, parameter, plain)
        ]
        assert all(answer.status_code == 200 for answer in answers), parameter.name
        is_other = [answer.json()["data"] != plain.json()["data"] for answer in answers]
        assert any(is_other), parameter.name


def differing(operation, parameter, plain):
    """Values of a parameter of which at least one has to make a difference."""
    known = {"page": ["2"], "per_page": ["1"], "pricing": ["1"], "q": ["no such text"]}
    schema = value_schema(parameter)
    if parameter.name == "cursor":
        return [plain.links["next"]["url"].partition("cursor=")[2]]
    if parameter.name in known:
        return known[parameter.name]
    if schema["type"] == "boolean":
        return ["true", "false"]
    if "enum" in schema:
        return schema["enum"]
    if schema.get("format") == "date":
        return ["1999-12-31"]
    return [as_text(schema["maximum"])] if "maximum" in schema else ["no such text"]
