"""Places in a list that is read page by page: a time, then a key, as one opaque text."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from memory.quarantine import Place
from server.problems import INVALID_REQUEST, FieldError, Refusal

_WRONG = "not a next_cursor of an earlier page"


def write_cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place.at.isoformat()} {place.key}".encode()).decode()


def read_cursor(cursor: str, field: str = "cursor") -> Place:
    """The place that was written; raises Refusal that names the field."""
    try:
        moment, key = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ", 1)
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None:
            raise ValueError(_WRONG)
    except ValueError:
        wrong = FieldError(field=field, reason="bad_cursor", detail=_WRONG)
        raise Refusal(INVALID_REQUEST, f"{field}: {_WRONG}", [wrong]) from None
    return Place(found, key)


def newest_first(places: Sequence[Place], limit: int, cursor: str | None) -> tuple[list[Place], str | None]:
    """A page of at most `limit` places behind the cursor, and the cursor of the next one, if there is one."""
    after = None if cursor is None else read_cursor(cursor)
    rest = sorted((place for place in places if after is None or place < after), reverse=True)
    page = rest[:limit]
    return page, write_cursor(page[-1]) if len(rest) > limit else None
