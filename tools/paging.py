"""Long lists in pages, each beginning behind the last row of the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tools.tool import ToolError

T = TypeVar("T")


def page_of(
    rows: Sequence[T], key: Callable[[T], str], after: str | None, limit: int
) -> tuple[Sequence[T], str | None]:
    """At most `limit` rows behind the one with the key `after`, and the key to go on behind; None at the end.

    Raises ToolError when no row has that key.
    """
    start = 0
    if after is not None:
        start = next((index for index, row in enumerate(rows, start=1) if key(row) == after), -1)
        if start < 0:
            raise ToolError("nothing on this list has that cursor; begin again without one", "after")
    page = rows[start : start + limit]
    return page, key(page[-1]) if page and start + limit < len(rows) else None
