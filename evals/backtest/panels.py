"""Purchases as tables of events: of made-up customers, or of a public data set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.backtest.datasets import BOUGHT, DATA_SETS
from tools.prediction.table import SPAN_S, Table, kind_of

Ints = NDArray[np.int64]


def table_of(
    who: Ints,
    second: Ints,
    cents: Ints | None = None,
    titles: Sequence[str] = (BOUGHT,),
    title: Ints | None = None,
) -> Table:
    """The table of events by customer number (0..) and second; of each what was paid, and the number of its title."""
    nothing = np.zeros(len(who), np.int64)
    title, cents = nothing if title is None else title, nothing if cents is None else cents
    order = np.lexsort((title, second, who))
    count = int(who.max()) + 1 if len(who) else 0
    return Table(
        customers=tuple(f"{number:08d}" for number in range(count)),
        kinds=tuple(kind_of(each) for each in titles),
        start=np.searchsorted(who[order], np.arange(count + 1)),
        key=who[order] * SPAN_S + second[order],
        kind=title[order].astype(np.int32),
        cents=cents[order],
    )


def panel_of(name: str, folders: Sequence[Path]) -> Table:
    """A data set of purchases as a table, customers in the order of their ids; raises DataMissing."""
    events = list(DATA_SETS[name].events(folders))
    titles = sorted({event["event"] for event in events})
    return table_of(
        np.unique([event["userId"] for event in events], return_inverse=True)[1].astype(np.int64),
        np.array([int(datetime.fromisoformat(event["timestamp"]).timestamp()) for event in events]),
        np.array([round(float(event["properties"].get("revenue") or 0) * 100) for event in events], dtype=np.int64),
        titles,
        np.array([titles.index(event["event"]) for event in events]),
    )


def seconds_of(day: str) -> int:
    """Seconds since 1970 of the beginning of a day (UTC), as in 2017-09-01."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
