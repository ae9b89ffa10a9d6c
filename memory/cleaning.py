"""Values as they should have been sent: times, texts and amounts, cleaned without guessing."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

#: Nothing that customers do was recorded before; earlier times are zeroed clocks.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
#: Epoch numbers from here on are milliseconds: as seconds they would lie after the year 5100.
_MILLISECONDS_FROM = 1e11
#: Deeper nesting is a mistake or an attack, and every later walk would recurse as deep.
MAX_DEPTH = 32

# C0 and C1 control characters except tab and newline, lone surrogates, and zero-width or bidi marks.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class TooDeep(ValueError):
    """A value nested deeper than MAX_DEPTH."""


def clean_text(text: str) -> str:
    """NFC, without control and invisible characters, trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text)).strip()


def clean_value(value: Any, depth: int = 0) -> Any:
    """A JSON value that any store and encoder takes: texts cleaned, no NaN, no integer over 64 bits; raises TooDeep."""
    if depth > MAX_DEPTH:
        raise TooDeep(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {_clean_key(str(key)): clean_value(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_value(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    return value


#: The same few names come with every event; longer ones are no names, and would fill the cache.
_CACHED_KEY_CHARS = 64
_known_key = lru_cache(maxsize=4096)(clean_text)


def _clean_key(key: str) -> str:
    return _known_key(key) if len(key) <= _CACHED_KEY_CHARS else clean_text(key)


def parse_time(value: object) -> datetime:
    """An aware UTC time from ISO 8601 (no zone means UTC) or an epoch in seconds or milliseconds.

    Raises ValueError with a sentence that quotes the value.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime):
        raise ValueError(f"{_short(value)} is not a time; send ISO 8601, such as 2026-03-01T09:30:00Z")
    try:
        moment = _moment(value)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{_short(value)} is not a time; send ISO 8601, such as 2026-03-01T09:30:00Z") from None
    if moment < EARLIEST:
        raise ValueError(f"{_short(value)} is before 1970")
    return moment


def _moment(value: str | int | float | datetime) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
    return datetime.fromtimestamp(seconds, UTC)


def parse_amount(value: object) -> Decimal | None:
    """An amount of money as an exact decimal, or None when it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # Beyond this no currency has a meaning, and exponents would make sums explode.
    return amount if amount.is_finite() and abs(amount) < Decimal("1e15") else None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds only where there are any: sorts and indexes as text."""
    text = moment.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
