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

from memory.effort import Effort

#: Whose national numbers are understood; their own metadata decide, so that a number must be one that is in use.
_REGIONS = ("GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "SE", "AU", "NZ", "JP", "ZA", "BR", "IN")
_PLUS = re.compile(r"[(\[]?\+ ?\(?\d")
#: The longest number has 15 digits; as many marks may stand between them.
_PLUS_CHARS = 40
_LOOKS_INTERNATIONAL = re.compile(r"[(\[]?\+ ?\(?\d(?:[ \u00a0./()-]{0,3}\d){5,14}")
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


def find_phones(text: str, effort: Effort) -> Iterator[tuple[int, int]]:
    """Start and end of each phone number in the text; they may overlap.

    Where the effort is spent, whatever looks like a number counts as one.
    """
    yield from _international(text, effort)
    for match in _DOUBLE_ZERO.finditer(text):
        if not effort.spend_check() or _is_number("+" + match[0][2:], None):
            yield match.span()
    for match in _AMERICAN.finditer(text):
        if not effort.spend_check() or _is_number(match[0], "US"):
            yield match.span()
    for match in _TRUNK.finditer(text):
        if not effort.spend_check() or any(_is_number(match[0], region) for region in _REGIONS):
            yield match.span()
    for match in _NAMED.finditer(text):
        yield match.span("phone")


def _international(text: str, effort: Effort) -> Iterator[tuple[int, int]]:
    """Numbers with a plus: the matcher reads only what follows one, as it would try every digit in the text."""
    done = 0
    for plus in _PLUS.finditer(text):
        start = plus.start()
        if start < done:
            continue
        if effort.spend_check():
            near = PhoneNumberMatcher(text[start : start + _PLUS_CHARS], None, leniency=Leniency.POSSIBLE)
            span = next(((start + found.start, start + found.end) for found in near), None)
        else:
            match = _LOOKS_INTERNATIONAL.match(text, start)
            span = match.span() if match else None
        if span:
            done = span[1]
            yield span


def _is_number(text: str, region: str | None) -> bool:
    try:
        number = parse(text, region)
    except NumberParseException:
        return False
    return is_valid_number(number)
