"""Which turns of a thread may be spoken of in which view."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.turn import Turn, is_told


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seen_until", "known_at", "view", "told"),
    [
        (at(5), None, (at(5), None), True),
        (at(5), None, (at(9), None), True),
        (at(5), None, (at(4), None), False),
        (None, None, (at(4), None), True),
        (None, None, (at(2), None), False),
        (at(5), None, (at(5), at(20)), True),
        (at(5), None, (at(5), at(19)), False),
        (at(5), at(7), (at(5), at(7)), True),
        (at(5), at(7), (at(5), at(6)), False),
    ],
)
def test_a_turn_is_told_where_its_events_could_be_seen(
    seen_until: datetime | None, known_at: datetime | None, view: tuple[datetime, datetime | None], told: bool
) -> None:
    turn = Turn(question="Who?", asked_at=at(20), as_of=at(3), seen_until=seen_until, known_at=known_at)
    assert is_told(turn, *view) is told
