"""Phone numbers in texts: international ones, and national ones where they are written or named as such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumberMatcher,
    is_valid_number,
    parse,
)

#: Whose national numbers are understood; their own metadata decide, so that a number must be one that is in use.
_REGIONS = ("GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "SE", "AU", "NZ", "JP", "ZA", "BR", "IN")
_PLUS = re.compile(r"\+ ?\(?\d")
_BEFORE, _AFTER = r"(?<![\w.,/+-])", r"(?!\w|[-/]\w|[.,]\d)"
_DOUBLE_ZERO = re.compile(rf"{_BEFORE}00[1-9]\d{{0,2}}[ ./-](?:[ ./()-]{{0,2}}\d){{6,12}}{_AFTER}")
_AMERICAN = re.compile(rf"{_BEFORE}(?:1[ .-])?(?:\(\d{{3}}\) ?|\d{{3}}([ .-]))\d{{3}}[ .-]\d{{4}}{_AFTER}")
_DATE = r"\d\d?[./-]\d\d?[./-](?:\d{4}|\d\d(?![./ -]\d))(?!\d)|\d\d[/-]\d{4}(?!\d)"
#: A trunk zero and groups, nine digits at least; neither a date nor a month with its year.
_TRUNK = re.compile(
    rf"{_BEFORE}(?!{_DATE})(?=(?:\D{{0,3}}\d){{9}})"
    rf"(?:\(0[1-9]\d{{0,3}}\)|0[1-9]\d{{0,3}})(?:[ /-]{{1,2}}\d{{2,8}}|\.\d\d(?!\d)){{1,5}}{_AFTER}"
)
_NAMED = re.compile(
    r"(?:(?<![a-z])(?:phones?|mobile|cell|tel|fax|telephone|cellphone|whatsapp|telefon|handy|movil|telefono|call|sms)"
    r"|(?<=[a-z])(?-i:Phone|Mobile))(?:[ _]?(?:numbers?|num|no|nr))?(?: (?:is|me|at|on|us|to)){0,2}[ .:#=]{0,3}"
    r"(?P<phone>[+(]?\d(?:[ ./()-]{0,2}\d){6,14})(?!\w)",
    re.IGNORECASE,
)


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each phone number in the text; they may overlap."""
    if _PLUS.search(text):
        for found in PhoneNumberMatcher(text, None, leniency=Leniency.POSSIBLE):
            yield found.start, found.end
    for match in _DOUBLE_ZERO.finditer(text):
        if _is_number("+" + match[0][2:], None):
            yield match.span()
    for match in _AMERICAN.finditer(text):
        if _is_number(match[0], "US"):
            yield match.span()
    for match in _TRUNK.finditer(text):
        if any(_is_number(match[0], region) for region in _REGIONS):
            yield match.span()
    for match in _NAMED.finditer(text):
        yield match.span("phone")


def _is_number(text: str, region: str | None) -> bool:
    try:
        number = parse(text, region)
    except NumberParseException:
        return False
    return is_valid_number(number)
