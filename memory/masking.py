"""Personal data in texts and values: e-mail addresses, IBANs, card and phone numbers and national ids, replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from stdnum import iban, luhn

from memory.cleaning import Change, step
from memory.national_ids import find_national_ids
from memory.phones import find_phones

#: Without an @, six digits with at most separators between them or a tax code's letters there is nothing to look for.
_HINT = re.compile(r"@|\d(?:[ \u00a0./()-]{0,3}\d){5}|\d[A-Za-z]\d\d[A-Za-z]\d{3}")

_EMAIL = re.compile(
    r"(?<![\w.%+'-])[\w.%+'-]+@(?:[\w-]+\.)+(?!(?:png|jpe?g|gif|svg|webp)\b)[^\W\d_]{2,}(?![\w-])", re.I
)
_IBAN = re.compile(r"(?<![A-Z\d])[A-Z]{2}\d\d(?:[ -]?[A-Z\d]){11,30}", re.I)
#: Sixteen digits in fours, fifteen as 4-6-5, or all in one.
_CARD = re.compile(
    r"(?<![\w.,/+-])(?:\d{4}([ .-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{14,19})(?!\w|[-.,/]\w)"
)
#: First digits and lengths of the card schemes: Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Maestro, Mir.
_SCHEME = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|6[37]\d{14}|220[0-4]\d{12}"
)


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    if "@" in text:
        yield from (match.span() for match in _EMAIL.finditer(text))


def _find_ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        # A word may follow without any sign that it is no longer the number.
        ends = [end for end in range(match.end(), match.start() + 14, -1) if not text[end : end + 1].isalnum()]
        end = next((end for end in ends if iban.is_valid(text[match.start() : end])), None)
        if end:
            yield match.start(), end


def _find_cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        digits = "".join(char for char in match[0] if char.isdecimal())
        if _SCHEME.fullmatch(digits) and luhn.is_valid(digits):
            yield match.span()


#: In the order they are looked for: what one takes away the next cannot mistake for its own.
_FINDERS: dict[str, Callable[[str], Iterable[tuple[int, int]]]] = {
    "email": _find_emails,
    "iban": _find_ibans,
    "card": _find_cards,
    "national_id": find_national_ids,
    "phone": find_phones,
}
KINDS = frozenset(_FINDERS)


def mask(text: str, kinds: Collection[str] = KINDS) -> str:
    """The text with personal data of these kinds replaced by `[email]`, `[phone]` and the like."""
    return _replace(text, kinds)[0] if _HINT.search(text) else text


def mask_value(value: Any, kinds: Collection[str] = KINDS) -> tuple[Any, list[Change]]:
    """A JSON value with personal data replaced, and a change `masked_<kind>` for each place, without what was there.

    A number counts by its digits, and the name of a property tells what its value is: {"phone": 4930123456}.
    """
    changes: list[Change] = []
    return _mask_value(value, kinds, "", "", changes), changes


def _mask_value(value: Any, kinds: Collection[str], name: str, place: str, changes: list[Change]) -> Any:
    if isinstance(value, dict):
        return {key: _mask_value(item, kinds, key, f"{place}/{step(key)}", changes) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask_value(item, kinds, name, f"{place}/{index}", changes) for index, item in enumerate(value)]
    if isinstance(value, bool) or not isinstance(value, str | int) or not _HINT.search(str(value)):
        return value
    label = name.replace("_", " ") + ": "
    masked, found = _replace(label + str(value), kinds)
    changes.extend(Change(place, f"masked_{kind}") for kind in found)
    return masked.removeprefix(label) if found else value


def _replace(text: str, kinds: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The masked text, and the kinds that were found in it."""
    found: list[str] = []
    for kind, find in _FINDERS.items():
        spans = sorted(find(text)) if kind in kinds else []
        if spans:
            found.append(kind)
            text = _with(f"[{kind.replace('_', ' ')}]", spans, text)
    return text, tuple(found)


def _with(label: str, spans: list[tuple[int, int]], text: str) -> str:
    """The text with the label in place of each span; spans in order, those that overlap count as one."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            pieces += [text[done:start], label]
        done = max(done, end)
    return "".join([*pieces, text[done:]])
