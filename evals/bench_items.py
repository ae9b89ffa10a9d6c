"""Items on large numbers: events through the counts alone, what is known of a day, the list of one customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar
from zoneinfo import ZoneInfo

from evals.bench_answers import quantile
from evals.sources import read_lines
from memory.event import content_hash, parse_event
from memory.record import Record, make_record
from tools.recommending.counts import ItemCounts
from tools.recommending.known import HALF_LIFE_DAYS, make_known
from tools.recommending.ranking import rank_items
from tools.recommending.weighing import weigh

#: Orders of the demo's shop have 17 lines: about a million rows.
EVENTS, LISTS = 60_000, 500
#: Events a second, seconds, milliseconds.
COUNTS_GOAL, KNOWN_GOAL_S, LIST_GOAL_MS = 15_000, 2.0, 10.0
#: Called with the number of steps done.
Tell = Callable[[int], None]
STEPS = 4
_SHOWN = 3
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class ItemSpeeds:
    """Seconds of each part; `rows` are cells of customer, item and day, `list_ms` the lists, quickest first."""

    events: int
    rows: int
    customers: int
    items: int
    count_s: float
    weigh_s: float
    known_s: float
    list_ms: list[float]


def time_items(file: Path, tell: Tell) -> ItemSpeeds:
    """The events of the file, again and again of other customers."""
    records = list(islice(_copies(file), EVENTS))
    everyone: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: each.order):
        everyone.setdefault(record.customer_id, []).append(record)
    day = max(record.occurred_at for record in records).date() + timedelta(days=1)
    as_of, month = datetime(day.year, day.month, day.day, tzinfo=UTC), day.replace(day=1)
    counts = ItemCounts(ZoneInfo("UTC"))
    count_s, _ = _timed(lambda: counts.add(records))
    tell(1)
    weigh_s, weights = _timed(lambda: weigh(counts.cells(month.toordinal()), month, HALF_LIFE_DAYS))
    tell(1)
    ordinal = day.toordinal()
    known_s, known = _timed(
        lambda: make_known(counts.cells(ordinal), everyone, as_of, ordinal, HALF_LIFE_DAYS, weights)
    )
    tell(1)
    clients = list(everyone)[:: max(1, len(everyone) // LISTS)]
    spent = [
        _timed(lambda client=client: rank_items(known, client, everyone[client], as_of, _SHOWN))[0]  # type: ignore[misc]
        for client in clients
    ]
    tell(1)
    rows = len(counts.cells(ordinal).times)
    shown_ms = sorted(1000 * each for each in spent)
    return ItemSpeeds(len(records), rows, len(everyone), len(known.names), count_s, weigh_s, known_s, shown_ms)


def items_rows(speeds: ItemSpeeds) -> list[tuple[str, str, str]]:
    """What was timed, how fast it was, and its goal."""
    p50, p95 = (quantile(speeds.list_ms, share) for share in (0.5, 0.95))
    return [
        ("events through the counts alone, events/s", f"{speeds.events / speeds.count_s:,.0f}", f"{COUNTS_GOAL:,}"),
        (f"what is known of a day, {speeds.rows:,} rows", f"{speeds.known_s:.1f} s", f"{KNOWN_GOAL_S:.0f} s"),
        ("choosing the weights of a month", f"{speeds.weigh_s:.1f} s", ""),
        (f"the list of one customer, p50 / p95 of {len(speeds.list_ms)}", f"{p50:.1f} / {p95:.1f} ms",
         f"{LIST_GOAL_MS:.0f} ms"),
    ]  # fmt: skip


def _copies(file: Path) -> Iterator[Record]:
    now = datetime.now(UTC)
    parsed = [parse_event(line) for line in read_lines(file)]
    records = [make_record(event, content_hash(event), now) for event in parsed]
    for copy in count():
        for record in records:
            own = f"{record.customer_id}/{copy}"
            yield replace(record, customer_id=own, user_id=own, ids=(own,), message_id=f"{record.message_id}/{copy}")


def _timed(make: Callable[[], _Made]) -> tuple[float, _Made]:
    started = perf_counter()
    made = make()
    return perf_counter() - started, made
