"""How much each part of a score counts is chosen on the workspace's own past, and on nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from memory.record import Record
from tests.builders import order
from tools.recommending.counts import ItemCounts
from tools.recommending.weighing import weigh
from tools.recommending.weights import Weights

NEW_YEAR = date(2026, 1, 1)
PEOPLE = [f"c{number:03d}" for number in range(120)]


def chosen(records: Sequence[Record], month: date = NEW_YEAR) -> Weights:
    counts = ItemCounts(ZoneInfo("UTC"))
    counts.add(records)
    return weigh(counts.cells(month.toordinal()), month, 7.0)


def winter(people: Sequence[str]) -> list[Record]:
    """Who bought ice often and coal once, then coal in December; others began with coal the week before."""
    autumn = [order(f"2025-10-{day:02d}", 1, who, "Ice", "Cups") for who in people for day in (2, 9, 16)]
    once = [order("2025-10-20", 1, who, "Coal") for who in people]
    lately = [order(f"2025-11-{24 + n % 6}", 1, f"new-{n}", "Coal") for n in range(60)]
    return [*autumn, *once, *lately, *(order("2025-12-05", 1, who, "Coal") for who in people)]


def test_where_habits_follow_the_season_they_are_weighed_by_the_trend() -> None:
    assert chosen(winter(PEOPLE)).season > Weights().season


def test_few_baskets_choose_nothing() -> None:
    assert chosen(winter(PEOPLE[:20])) == Weights()


def test_an_empty_past_chooses_nothing() -> None:
    assert chosen([]) == Weights()


def test_what_comes_later_in_the_month_changes_nothing() -> None:
    later = [order(f"2026-01-{1 + n % 28:02d}", 1, who, "Ice") for n, who in enumerate(PEOPLE)]
    assert chosen([*winter(PEOPLE), *later]) == chosen(winter(PEOPLE))
