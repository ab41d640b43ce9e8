"""The form of the answers, for peers that write it by hand."""

from typing import Any
from urllib.parse import urlencode

CUSTOMER = tuple(
    "id firstname lastname email avatar_path company_name billing_details locale phone address"
    " address2 city country region zipcode email_verified_at balance last_login is_confirmed"
    " is_deleted deleted_at dark_mode notes created_at gdpr_compliment security_question_id".split()
)
PRODUCT = tuple(
    "id name group_id status description pinned stock type sort_order image created_at updated_at"
    " deleted_at".split()
)
PERIODS = "onetime monthly quarterly semiannually annually biennially triennially".split()
PRICES = ("weekly", "setup_weekly", *PERIODS, *(f"setup_{period}" for period in PERIODS))
PRICING = ("id", "related_id", "related_type", "currency", *PRICES, "deleted_at")
NOTE = tuple("id model_id model_type key value created_at updated_at".split())
SERVICE = tuple(
    "id customer_id uuid name type billing currency server_id product_id invoice_id status"
    " expires_at suspended_at suspend_reason cancelled_at cancelled_reason cancellation_reason_id"
    " is_cancelled notes description delivery_errors delivery_attempts renewals max_renewals"
    " trial_ends_at data created_at updated_at deleted_at".split()
)
PRODUCT_CLASS = "App\\Models\\Store\\Product"
SERVICE_CLASS = "App\\Models\\Provisioning\\Service"


def _numbers(current: int, last: int) -> list[int | None]:
    if last < 14:
        return [*range(1, last + 1)]
    if current <= 7:
        return [*range(1, 11), None, last - 1, last]
    if current > last - 7:
        return [1, 2, None, *range(last - 9, last + 1)]
    return [1, 2, None, *range(current - 3, current + 4), None, last - 1, last]


def flat(
    items: list[Any], total: int, page: int, per_page: int, path: str, query: list[tuple[str, str]]
) -> dict[str, Any]:
    """The envelope of products. `query` holds the pairs of the request, `path` its address."""
    last = max(1, -(-total // per_page))
    kept = urlencode([pair for pair in query if pair[0] != "page"])
    start = f"{path}?{kept}&page=" if kept else f"{path}?page="

    def link(label: str, number: int | None) -> dict[str, Any]:
        url = None if number is None else f"{start}{number}"
        return {"url": url, "label": label, "page": number, "active": False}

    def numbered(number: int | None) -> dict[str, Any]:
        if number is None:
            return {"url": None, "label": "...", "active": False}
        return {**link(str(number), number), "active": number == page}

    before, after = page - 1 if page > 1 else None, page + 1 if page < last else None
    first = (page - 1) * per_page
    return {
        "current_page": page,
        "data": items,
        "first_page_url": f"{start}1",
        "from": first + 1 if items else None,
        "last_page": last,
        "last_page_url": f"{start}{last}",
        "links": [
            link("&laquo; Previous", before),
            *map(numbered, _numbers(page, last)),
            link("Next &raquo;", after),
        ],
        "next_page_url": f"{start}{after}" if after else None,
        "path": path,
        "per_page": per_page,
        "prev_page_url": f"{start}{before}" if before else None,
        "to": first + len(items) if items else None,
        "total": total,
    }


META = ("current_page", "from", "last_page", "links", "path", "per_page", "to", "total")


def nested(
    items: list[Any], total: int, page: int, per_page: int, path: str, query: list[tuple[str, str]]
) -> dict[str, Any]:
    """The envelope of customers and services."""
    all_of_it = flat(items, total, page, per_page, path, query)
    return {
        "data": items,
        "links": {
            "first": all_of_it["first_page_url"],
            "last": all_of_it["last_page_url"],
            "prev": all_of_it["prev_page_url"],
            "next": all_of_it["next_page_url"],
        },
        "meta": {name: all_of_it[name] for name in META},
    }
