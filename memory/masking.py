"""Personal data in texts and values: e-mail addresses, IBANs, card and phone numbers and national ids, replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from stdnum import iban, luhn

from memory.cleaning import Change, step
from memory.effort import Effort
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
#: Six digits or more with what may stand between them, and words of five digits or more.
_LOOKS_PERSONAL = re.compile(
    r"[+(]?\d(?:[ \u00a0./()-]{0,3}\d){5,}[A-Za-z]?|(?<![A-Za-z\d])(?=(?:[A-Za-z]*\d){5})[A-Za-z\d]+"
)
_NUMBER_CHARS = "0123456789 \u00a0./()+-"


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
}
KINDS = frozenset({*_FINDERS, "phone"})


def mask(text: str, kinds: Collection[str] = KINDS) -> str:
    """The text with personal data of these kinds replaced by `[email]`, `[phone]` and the like."""
    return _replace(text, kinds, Effort())[0]


def mask_all(texts: Iterable[str], kinds: Collection[str], effort: Effort) -> list[str]:
    """Each text as `mask` has it; what the effort does not reach is masked by its looks alone."""
    return [_replace(text, kinds, effort)[0] for text in texts]


def mask_value(value: Any, kinds: Collection[str] = KINDS, effort: Effort | None = None) -> tuple[Any, list[Change]]:
    """A JSON value with personal data replaced, and a change `masked_<kind>` for each place, without what was there.

    A number counts by its digits, and the name of a property tells what its value is: {"phone": 4930123456}.
    Names are masked too; one that another property has already is numbered.
    """
    changes: list[Change] = []
    return _mask_value(value, kinds, effort or Effort(), "", "", changes), changes


def _mask_value(
    value: Any, kinds: Collection[str], effort: Effort, name: str, place: str, changes: list[Change]
) -> Any:
    if isinstance(value, dict):
        return _mask_object(value, kinds, effort, place, changes)
    if isinstance(value, list):
        return [_mask_value(item, kinds, effort, name, f"{place}/{index}", changes) for index, item in enumerate(value)]
    if isinstance(value, bool) or not isinstance(value, str | int) or not _HINT.search(str(value)):
        return value
    label = name.replace("_", " ") + ": "
    masked, found = _replace(label + str(value), kinds, effort)
    changes.extend(Change(place, f"masked_{kind}") for kind in found)
    if not found:
        return value
    return masked.removeprefix(label) if masked.startswith(label) else _label(found[-1])


def _mask_object(
    value: dict[str, Any], kinds: Collection[str], effort: Effort, place: str, changes: list[Change]
) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for key, item in value.items():
        name, found = _replace(key, kinds, effort)
        if found:
            name = _numbered(name, value, masked)
        within = f"{place}/{step(name)}"
        changes.extend(Change(within, f"masked_{kind}") for kind in found)
        masked[name] = _mask_value(item, kinds, effort, name, within, changes)
    return masked


def _numbered(name: str, value: dict[str, Any], masked: dict[str, Any]) -> str:
    if name not in value and name not in masked:
        return name
    numbers = range(len(masked) + 1, len(masked) + len(value) + 2)
    return next(each for each in (f"{name} {number}" for number in numbers) if each not in value and each not in masked)


def _replace(text: str, kinds: Collection[str], effort: Effort) -> tuple[str, tuple[str, ...]]:
    """The masked text, and the kinds that were found in it."""
    if not _HINT.search(text):
        return text, ()
    near = text if len(text) <= effort.chars else _cut(text, effort.chars)
    effort.chars -= len(near)
    masked, found = _replace_found(near, kinds, effort)
    if len(near) == len(text):
        return masked, found
    rest, looks = _replace_looks(text[len(near) :], kinds)
    return masked + rest, tuple(dict.fromkeys((*found, *looks)))


def _cut(text: str, limit: int) -> str:
    """The text's beginning, which ends neither in a word nor in a number."""
    return text[: text.rfind(" ", 0, max(0, limit)) + 1].rstrip(_NUMBER_CHARS)


def _replace_found(text: str, kinds: Collection[str], effort: Effort) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []
    for kind in (*_FINDERS, "phone"):
        if kind not in kinds:
            continue
        spans = sorted(find_phones(text, effort) if kind == "phone" else _FINDERS[kind](text))
        if spans:
            found.append(kind)
            text = _with(_label(kind), spans, text)
    return text, tuple(found)


def _replace_looks(text: str, kinds: Collection[str]) -> tuple[str, list[str]]:
    """All that may be a number of these kinds, replaced under the name of one of them."""
    looks = {"email": list(_find_emails(text))} if "email" in kinds else {}
    if looks:
        text = _with(_label("email"), looks["email"], text)
    kind = next((each for each in ("phone", *_FINDERS) if each in kinds and each != "email"), None)
    if kind:
        looks[kind] = [match.span() for match in _LOOKS_PERSONAL.finditer(text)]
        text = _with(_label(kind), looks[kind], text)
    return text, [kind for kind, spans in looks.items() if spans]


def _label(kind: str) -> str:
    return f"[{kind.replace('_', ' ')}]"


def _with(label: str, spans: list[tuple[int, int]], text: str) -> str:
    """The text with the label in place of each span; spans in order, those that overlap count as one."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            pieces += [text[done:start], label]
        done = max(done, end)
    return "".join([*pieces, text[done:]])
