"""Lists: pages, filters, sorts, and what they cost."""

import pytest

from app.pipeline.pages import numbers
from tests.factories import a_group, a_note, a_pricing, a_product
from tests.statements import watched

KEYS = [
    "current_page", "data", "first_page_url", "from", "last_page", "last_page_url", "links",
    "next_page_url", "path", "per_page", "prev_page_url", "to", "total",
]  # fmt: skip


def names(answer):
    return [item["name"] for item in answer.json()["data"]]


def test_an_empty_list_has_every_key_of_the_envelope_in_order(client):
    page = client.get("/products").json()
    path = f"{str(client.base_url).rstrip('/')}/products"
    assert list(page) == KEYS
    assert page == {
        "current_page": 1,
        "data": [],
        "first_page_url": f"{path}?page=1",
        "from": None,
        "last_page": 1,
        "last_page_url": f"{path}?page=1",
        "links": [
            {"url": None, "label": "&laquo; Previous", "page": None, "active": False},
            {"url": f"{path}?page=1", "label": "1", "page": 1, "active": True},
            {"url": None, "label": "Next &raquo;", "page": None, "active": False},
        ],
        "next_page_url": None,
        "path": path,
        "per_page": 25,
        "prev_page_url": None,
        "to": None,
        "total": 0,
    }


def test_addresses_of_pages_keep_the_query_and_lead_there(client, session):
    group = a_group(session)
    for _ in range(5):
        a_product(session, group=group)
    query = "filter%5Bstatus%5D=active&unknown=a+b&sort=-id&per_page=2&page=2"
    page = client.get(f"/products?{query}").json()
    assert (page["from"], page["to"], page["total"], page["last_page"]) == (3, 4, 5, 3)
    kept = "filter%5Bstatus%5D=active&unknown=a+b&sort=-id&per_page=2"
    assert page["next_page_url"] == f"{page['path']}?{kept}&page=3"
    assert page["prev_page_url"] == f"{page['path']}?{kept}&page=1"
    assert [link["page"] for link in page["links"]] == [1, 1, 2, 3, 3]
    last = client.get(page["next_page_url"]).json()
    assert [item["id"] for item in last["data"]] == [min(item["id"] for item in last["data"])]
    assert last["next_page_url"] is None
    assert [link["page"] for link in last["links"]] == [2, 1, 2, 3, None]


def test_a_gap_between_links_leads_nowhere(client, session):
    group = a_group(session)
    for _ in range(14):
        a_product(session, group=group)
    links = client.get("/products?per_page=1").json()["links"]
    assert [each for each in links if "page" not in each] == [
        {"url": None, "label": "...", "active": False}
    ]


def test_beyond_the_last_page_there_is_nothing_and_no_error(client, session):
    a_product(session)
    page = client.get("/products?page=9007199254740991").json()
    assert page["data"] == []
    assert (page["from"], page["to"], page["total"]) == (None, None, 1)
    assert page["current_page"] == 9007199254740991


@pytest.mark.parametrize(
    ("current", "last", "shown"),
    [
        (1, 13, "1 2 3 4 5 6 7 8 9 10 11 12 13"),
        (7, 14, "1 2 3 4 5 6 7 8 9 10 . 13 14"),
        (8, 14, "1 2 . 5 6 7 8 9 10 11 12 13 14"),
        (8, 20, "1 2 . 5 6 7 8 9 10 11 . 19 20"),
        (13, 20, "1 2 . 10 11 12 13 14 15 16 . 19 20"),
        (14, 20, "1 2 . 11 12 13 14 15 16 17 18 19 20"),
    ],
)
def test_long_rows_of_page_numbers_have_gaps(current, last, shown):
    assert " ".join(str(number or ".") for number in numbers(current, last)) == shown


@pytest.mark.parametrize(
    "query",
    [
        *("per_page=0", "per_page=1001", "per_page=x"),
        *("page=0", "page=-1", "page=%2B1", "page=1_0", "page=\u0661", "page=1.0"),
        *("sort=color", "include=owner", "filter[color]=red", "filter[id]=x"),
        *("filter[status]=gone", "filter[pinned]=maybe", "group_id=x"),
    ],
)
def test_parameters_that_mean_nothing_are_refused_by_name(client, query):
    answer = client.get(f"/products?{query}")
    assert answer.status_code == 400
    (name,) = answer.json()["errors"]
    assert name.partition(".")[0] == query.partition("=")[0]


def test_all_wrong_parameters_are_named_at_once(client):
    answer = client.get("/products?page=0&sort=color&filter[color]=red")
    assert {name.partition(".")[0] for name in answer.json()["errors"]} == {
        "page", "sort", "filter[color]"
    }  # fmt: skip


def test_text_filters_match_parts_in_any_case_and_wildcards_mean_themselves(client, session):
    for name in ("Élite 100%", "elite 1000", "a_b", "aXb"):
        a_product(session, name=name)
    assert names(client.get("/products", params={"filter[name]": "éLITE"})) == ["Élite 100%"]
    assert names(client.get("/products", params={"filter[name]": "100%"})) == ["Élite 100%"]
    assert names(client.get("/products", params={"filter[name]": "A_B"})) == ["a_b"]
    assert names(client.get("/products", params={"q": "elite 1"})) == ["elite 1000"]


def test_ids_match_exactly_and_a_comma_means_or(client, session):
    products = [a_product(session) for _ in range(12)]
    one, other = products[0].id, products[11].id
    for query in (
        {"filter[id]": f"{one},{other}"},
        {"filter[id][]": [one, other]},
        {"filter[id][0]": one, "filter[id][1]": other},
    ):
        found = client.get("/products", params=query).json()["data"]
        assert [item["id"] for item in found] == [one, other], query


def test_an_empty_parameter_is_one_that_was_not_sent(client, session):
    a_product(session)
    answer = client.get("/products?per_page=&page=&sort=&filter[group_id]=")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["per_page"], answer.json()["total"]) == (25, 1)


def test_empty_filters_do_not_restrict(client, session):
    a_product(session)
    assert client.get("/products?filter[name]=&filter[id]=,&sort=&q=").json()["total"] == 1


@pytest.mark.parametrize(("spelling", "pinned"), [("true", True), ("1", True), ("false", False),
                                                  ("0", False)])  # fmt: skip
def test_booleans_filter_in_every_spelling(client, session, spelling, pinned):
    a_product(session, pinned=True)
    a_product(session, pinned=False)
    found = client.get("/products", params={"filter[pinned]": spelling}).json()["data"]
    assert [item["pinned"] for item in found] == [pinned]


def test_dates_filter_by_day(client, session):
    group = a_group(session)
    day = group.created_at.date().isoformat()
    assert client.get("/groups", params={"filter[created_at]": day}).json()["total"] == 1
    assert client.get("/groups", params={"filter[created_at]": "1999-12-31"}).json()["total"] == 0
    assert client.get("/groups", params={"filter[created_at]": "9999-12-31"}).status_code == 200


def test_several_sorts_apply_in_order_in_every_spelling(client, session):
    group = a_group(session)
    for name, stock in (("a", 1), ("b", 2), ("c", 1)):
        a_product(session, group=group, name=name, stock=stock)
    for query in ({"sort": "stock,-name"}, {"sort[]": ["stock", "-name"]}):
        assert names(client.get("/products", params=query)) == ["c", "a", "b"]


@pytest.mark.parametrize("path", [
    "/products?include=metadata,pricing,group,pricingCount,groupExists&per_page=1000",
    "/products?pricing=1",
    "/groups?include=metadata,productsCount",
    "/pricings",
])  # fmt: skip
def test_a_page_costs_the_same_number_of_statements_however_long(client, session, path):

    def shop(size):
        for _ in range(size):
            group = a_group(session, parent_id=a_group(session).id)
            product = a_product(session, group=group)
            a_pricing(session, product=product, monthly=5)
            a_note(session, product, "color", "blue")

    def cost():
        with watched() as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    shop(1)
    few = cost()
    assert few > 0
    shop(10)
    assert cost() == few
