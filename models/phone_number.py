"""Phone numbers: which text is which number, whatever the way in which it is typed."""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat

# Where customers may live (core contract 12.5).
COUNTRIES = (
    "FR", "BE", "CH", "LU", "CA", "US", "GB", "DE", "ES", "IT",
    "PT", "NL", "IE", "AT", "MA", "DZ", "TN", "SN", "CI", "CM",
)  # fmt: skip
# Numbers of French mobiles and land lines that are always taken (core contract 7.4).
_FRENCH = re.compile(r"0([1-7][0-9]{8})")


def e164(text: str | None, country: str | None) -> str | None:
    """The number of a telephone as E.164 writes it, with its extension, if any; None for a text
    that is no number.

    It is a number of `country` if it can be one, else one of France, else one of another enabled
    country: the same text may be another number for another customer.
    """
    if text is None:
        return None
    own = _in(text, country or "FR")
    if own is not None:
        return own
    french = _FRENCH.fullmatch(text)
    if french is not None:
        return f"+33{french[1]}"
    found = (_in(text, other) for other in COUNTRIES)
    return next((number for number in found if number is not None), None)


def _in(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    extension = f";ext={number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


def spellings(text: str | None, country: str | None) -> str | None:
    """The digits of a number as E.164, as its country and as the customer write it, with blanks
    between them: any part of one of them finds it."""
    if text is None:
        return None
    number = e164(text, country)
    return " ".join(dict.fromkeys([*_formal(number), phonenumbers.normalize_digits_only(text)]))


def _formal(number: str | None) -> tuple[str, ...]:
    if number is None:
        return ()
    number = number.partition(";")[0]
    parsed = phonenumbers.parse(number)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return number, phonenumbers.normalize_digits_only(national)


def searched(text: str) -> str:
    """What to look for in spellings, for a text that somebody types to find a number."""
    digits: str = phonenumbers.normalize_digits_only(text)
    if not digits:
        return text
    # Many countries dial 00 for the plus sign.
    return f"+{digits}" if text.startswith("+") else digits.removeprefix("00") or digits
