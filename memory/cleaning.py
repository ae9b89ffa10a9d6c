"""Values as they should have been sent: texts, numbers and times, cleaned without guessing, each change recorded."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from memory.money import parse_money

#: Nothing that customers do was recorded before; earlier times are zeroed clocks.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
#: Epoch numbers from here on are in the finer unit: in the coarser one they would lie after the year 5100.
_EPOCH_UNITS = ((1e17, 1e9, "epoch_nanoseconds"), (1e14, 1e6, "epoch_microseconds"), (1e11, 1e3, "epoch_milliseconds"))
#: Fewer digits are a year or a date without separators, not seconds (nine digits of them begin in 1973).
_EPOCH_TEXT = re.compile(r"\d{9,19}(?:\.\d+)?")
#: With the zones that the RFC names: what another abbreviation means depends on who writes it (IST, CST).
_RFC_2822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ?)?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d(?::\d\d)?(?P<zone> ?[+-][01]\d[0-5]\d| (?:GMT|UTC?|Z|[ECMP][SD]T))?(?: \([A-Za-z ]{1,40}\))?",
    re.IGNORECASE,
)
#: Numbers that are dates without separators, or a year: as an epoch they would lie in the seventies.
_DATE_DIGITS = re.compile(
    r"(?:19[7-9]\d|20\d\d|2100)(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?)?"
)

#: Deeper nesting is a mistake or an attack, and every later walk would recurse as deep.
MAX_DEPTH = 32
#: A long letter has 10,000 characters, a property list 100 names, an order 300 items.
MAX_TEXT_CHARS = 32_768
MAX_PROPERTIES = 1_000
MAX_ELEMENTS = 10_000
#: Changes that are listed; past them the last one says how many more there were.
MAX_CHANGES = 20
_WAS_CHARS = 60

_SURROGATES = re.compile("[\ud800-\udfff]")
# C0 and C1 control characters except tab and newline, and zero-width or bidi marks.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class TooDeep(ValueError):
    """A value nested deeper than MAX_DEPTH."""


@dataclass(frozen=True, slots=True)
class Change:
    """What cleaning did: a JSON pointer into the item as it was sent, a stable code, and briefly what was there."""

    field: str
    what: str
    was: str | None = None


def bounded(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The first MAX_CHANGES changes; one more says how many others there were."""
    if len(changes) <= MAX_CHANGES:
        return tuple(changes)
    return (*changes[:MAX_CHANGES], Change("", "more_changes", str(len(changes) - MAX_CHANGES)))


def clean_text(text: str) -> str:
    """NFC, without control and invisible characters, trimmed."""
    return text.strip() if text.isascii() and text.isprintable() else read_text(text)[0]


def read_text(text: str) -> tuple[str, str | None]:
    """The cleaned text, and the code of the first thing that had to be done to it."""
    found: list[str] = []
    for what, step in _TEXT_STEPS:
        cleaned = step(text)
        if cleaned != text:
            found.append(what)
            text = cleaned
    return text, found[0] if found else None


_TEXT_STEPS = (
    ("invalid_unicode", lambda text: _SURROGATES.sub("", text)),
    ("control_characters", lambda text: _CONTROLS.sub("", text)),
    ("invisible_characters", lambda text: _INVISIBLE.sub("", text)),
    ("normalised", lambda text: unicodedata.normalize("NFC", text)),
    ("trimmed", str.strip),
)


def clean_value(value: Any, changes: list[Change] | None = None, field: str = "", depth: int = 0) -> Any:
    """A JSON value that any store and encoder takes; what was changed is added to `changes`.

    Texts are cleaned and cut, NaN becomes None, an integer over 64 bits its digits, objects and lists are cut to
    MAX_PROPERTIES and MAX_ELEMENTS. `field` is the value's own JSON pointer. Raises TooDeep.
    """
    return _clean(value, [] if changes is None else changes, field, depth)


def _clean(value: Any, changes: list[Change], field: str, depth: int) -> Any:
    if isinstance(value, dict):
        return _clean_object(value, changes, field, depth)
    if isinstance(value, list):
        return _clean_list(value, changes, field, depth)
    if _is_clean(value, type(value)):
        return value
    cleaned, what = _mend(value)
    if what:
        changes.append(Change(field, what, shown(value)))
    if isinstance(cleaned, str) and len(cleaned) > MAX_TEXT_CHARS:
        changes.append(Change(field, "cut_text", f"{len(cleaned)} characters"))
        cleaned = cleaned[:MAX_TEXT_CHARS].rstrip()
    return cleaned


def _is_clean(value: Any, kind: type) -> bool:
    """Whether a leaf can stay as it is: nearly all can, and this is asked of each."""
    if kind is str:
        # `strip` gives the same object where there is nothing to strip.
        return value.isascii() and value.isprintable() and value.strip() is value and len(value) <= MAX_TEXT_CHARS
    if kind is float:
        return math.isfinite(value)
    return value is None or kind is bool or (kind is int and -(2**63) < value < 2**63)


def _mend(value: Any) -> tuple[Any, str | None]:
    if isinstance(value, str):
        return read_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None, "not_finite"
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value), "long_number"
    return value, None


def _clean_object(value: dict[Any, Any], changes: list[Change], field: str, depth: int) -> dict[str, Any]:
    _check_depth(depth, value)
    cleaned: dict[str, Any] = {}
    for key, item in value.items():
        if len(cleaned) == MAX_PROPERTIES:
            changes.append(Change(field, "too_many_properties", f"{len(value)} properties"))
            break
        name = _known_key(key) if len(key) <= _CACHED_KEY_CHARS else clean_text(key)
        if name != key:
            name = _free(name, value, cleaned)
            changes.append(Change(f"{field}/{step(name)}", read_text(key)[1] or "renamed", shown(key)))
        if not _is_clean(item, type(item)):
            item = _clean(item, changes, f"{field}/{step(name)}", depth + 1)
        cleaned[name] = item
    return cleaned


def _clean_list(value: list[Any], changes: list[Change], field: str, depth: int) -> list[Any]:
    _check_depth(depth, value)
    if len(value) > MAX_ELEMENTS:
        changes.append(Change(field, "too_many_elements", f"{len(value)} elements"))
        value = value[:MAX_ELEMENTS]
    return [_clean(item, changes, f"{field}/{index}", depth + 1) for index, item in enumerate(value)]


def _check_depth(depth: int, held: Sized) -> None:
    if depth > MAX_DEPTH - bool(held):
        raise TooDeep(f"nested deeper than {MAX_DEPTH} levels")


def _free(name: str, *taken: dict[Any, Any]) -> str:
    """The name, or a longer one where another property has it already: neither may be lost."""
    while any(name in names for names in taken):
        name += "_"
    return name


def step(name: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


#: The same few names come with every event; longer ones are no names, and would fill the cache.
_CACHED_KEY_CHARS = 64
_known_key = lru_cache(maxsize=4096)(clean_text)


def parse_time(value: object) -> datetime:
    """An aware UTC time, as `read_time` reads it. Raises ValueError with a sentence that quotes the value."""
    return read_time(value)[0]


def read_time(value: object) -> tuple[datetime, str | None]:
    """An aware UTC time, and a code where more than ISO 8601 with a zone had to be understood.

    Read are ISO 8601 (no zone means UTC), RFC 2822 ("Sun, 01 Mar 2026 09:30:00 GMT") and epochs in seconds,
    milli-, micro- or nanoseconds, as numbers or as texts; neither zero nor a number that reads
    as a date (20260301) is one. Raises ValueError with a sentence that quotes the value.
    """
    try:
        moment, what = _moment(value)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{_quoted(value)} is not a time; send ISO 8601, such as 2026-03-01T09:30:00Z") from None
    if moment < EARLIEST:
        raise ValueError(f"{_quoted(value)} is before 1970")
    return moment, what


def _moment(value: object) -> tuple[datetime, str | None]:
    if isinstance(value, str):
        return _moment_of_text(value.strip())
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _moment_of_epoch(value)
    raise ValueError("neither a text nor a number")


def _moment_of_text(text: str) -> tuple[datetime, str | None]:
    if _EPOCH_TEXT.fullmatch(text):
        return _moment_of_epoch(float(text) if "." in text else int(text))
    mail = _RFC_2822.fullmatch(text)
    if mail:
        return _in_utc(parsedate_to_datetime(text))[0], "rfc_2822" if mail["zone"] else "no_zone"
    return _in_utc(datetime.fromisoformat(text))


def _in_utc(moment: datetime) -> tuple[datetime, str | None]:
    if moment.tzinfo is UTC:
        return moment, None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), "no_zone"
    return moment.astimezone(UTC), None


def _moment_of_epoch(number: float) -> tuple[datetime, str | None]:
    if number == 0 or _DATE_DIGITS.fullmatch(f"{number:.0f}"):
        raise ValueError("a clock that was never set, or a date written as a number")
    for least, parts, what in _EPOCH_UNITS:
        if abs(number) >= least:
            return datetime.fromtimestamp(number / parts, UTC), what
    return datetime.fromtimestamp(number, UTC), "epoch_seconds"


def parse_amount(value: object) -> Decimal | None:
    """An amount of money as an exact decimal, as `parse_money` reads it, or None."""
    money = parse_money(value)
    return money.amount if money else None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds only where there are any: sorts and indexes as text."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown(value: object) -> str:
    """A value as it can be shown and kept: cut, and what cannot be seen escaped."""
    return _quoted(value).strip("\"'") if isinstance(value, str) else _quoted(value)


def _quoted(value: object) -> str:
    text = repr(value[:_WAS_CHARS] if isinstance(value, str) else value)
    return text if len(text) <= _WAS_CHARS else text[: _WAS_CHARS - 3] + "..."
