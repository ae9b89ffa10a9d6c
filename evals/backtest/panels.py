"""Data sets of purchases as tables of events, each read from the files of its publisher."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.prediction.table import SPAN_S, Table, kind_of

Ints = NDArray[np.int64]
BOUGHT = "Order Completed"


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


def complete_journey(folders: Sequence[Path]) -> Table:
    """Baskets (`transactions.parquet`): a household's lines with one basket's number."""
    # Only what measures on the raw files needs it.
    import pandas

    lines = pandas.read_parquet(_file(folders, "transactions.parquet"))
    grouped = lines.groupby(["household_id", "basket_id"])
    baskets = grouped.agg(at=("transaction_timestamp", "min"), paid=("sales_value", "sum")).reset_index()
    second = baskets["at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return table_of(_numbers(baskets["household_id"].astype(str).tolist()), second, _cents(baskets["paid"].tolist()))


def cdnow(folders: Sequence[Path]) -> Table:
    """Purchases (`CDNOW_master.txt`): customer, day, discs, dollars."""
    rows = [line.split() for line in _file(folders, "CDNOW_master.txt").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row and row[0].isdigit()]
    second = [seconds_of(f"{row[1][:4]}-{row[1][4:6]}-{row[1][6:]}") for row in rows]
    return table_of(_numbers([row[0] for row in rows]), np.array(second), _cents([float(row[3]) for row in rows]))


def online_retail(folders: Sequence[Path]) -> Table:
    """Orders and refunds (`online-retail-orders.jsonl.gz`)."""
    file = _file(folders, "online-retail-orders.jsonl.gz")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    titles = sorted({event["event"] for event in events})
    return table_of(
        _numbers([event["userId"] for event in events]),
        np.array([int(datetime.fromisoformat(event["timestamp"]).timestamp()) for event in events]),
        _cents([float(event["properties"].get("revenue") or 0) for event in events]),
        titles,
        np.array([titles.index(event["event"]) for event in events]),
    )


PANELS: dict[str, Callable[[Sequence[Path]], Table]] = {
    "complete_journey": complete_journey,
    "cdnow": cdnow,
    "online_retail": online_retail,
}


def seconds_of(day: str) -> int:
    """Seconds since 1970 of the beginning of a day (UTC), as in 2017-09-01."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def _file(folders: Sequence[Path], name: str) -> Path:
    for folder in folders:
        for found in sorted(folder.rglob(name)):
            return found
    raise FileNotFoundError(f"{name} is in none of {', '.join(map(str, folders))}")


def _cents(amounts: Sequence[float]) -> Ints:
    return np.array([round(amount * 100) for amount in amounts], dtype=np.int64)


def _numbers(names: Sequence[str]) -> Ints:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)
