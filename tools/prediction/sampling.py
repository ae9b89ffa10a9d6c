"""Rows to learn from: customers at rolling cut-offs, each with what happened next, all before the training time."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tools.prediction.columns import Columns, Rows
from tools.prediction.outcome import Outcome, eligible, happened
from tools.prediction.table import DAY_S, Bools

Hashes = NDArray[np.uint64]

#: Two years of half months: what was before has changed, and every cut-off asks for all customers.
MOST_CUT_OFFS = 48


class TooLittleError(Exception):
    """There is nothing to learn from; its text says what is missing, and `why` does without figures."""

    def __init__(self, told: str, why: str) -> None:
        super().__init__(told)
        self.why = why


@dataclass(frozen=True, slots=True)
class Training:
    """Rows by cut-off, then customer; `labels[i]` tells whether the outcome came to pass for row i."""

    rows: Rows
    labels: Bools
    cut_offs: tuple[int, ...]

    @property
    def rate(self) -> float:
        """The share of rows whose outcome came to pass."""
        return float(self.labels.mean())


def cut_offs(first_s: int, last_s: int, horizon_days: int, every_days: int) -> list[int]:
    """Instants after `first_s` whose whole horizon ends at `last_s` or before, ascending, the newest on the edge."""
    newest = last_s - horizon_days * DAY_S
    count = max(0, -(-(newest - first_s) // (every_days * DAY_S)))
    return [newest - number * every_days * DAY_S for number in reversed(range(min(count, MOST_CUT_OFFS)))]


def training_set(
    columns: Columns, outcome: Outcome, until_s: int, every_days: int = 15, most_rows: int = 80_000
) -> Training:
    """The eligible customers at each cut-off, labelled by what they did before `until_s`; `most_rows` of them.

    Which rows are kept where there are more is told by a hash of customer and cut-off: the same in every process.
    Raises TooLittleError without history, or where the outcome came to pass for nobody or for everybody.
    """
    moments = cut_offs(_first_second(columns), until_s, outcome.horizon_days, every_days)
    hashes = np.array([_hash(customer) for customer in columns.table.customers], dtype=np.uint64)
    rows, order = _nobody(), np.zeros(0, np.uint64)
    for moment in moments:
        new = _eligible_at(columns, outcome, moment)
        rows = Rows(np.append(rows.customer, new.customer), np.append(rows.second, new.second))
        order = np.append(order, _mixed(hashes[new.customer], moment))
        if len(rows) > most_rows:
            kept = np.sort(np.argsort(order, kind="stable")[:most_rows])
            rows, order = Rows(rows.customer[kept], rows.second[kept]), order[kept]
    return _labelled(columns, outcome, rows, moments)


def _labelled(columns: Columns, outcome: Outcome, rows: Rows, moments: list[int]) -> Training:
    if not len(rows):
        raise TooLittleError(
            f"No customer was there {outcome.horizon_days} days before the training time, so nothing can be learnt.",
            "Nobody has been followed for a whole horizon yet",
        )
    labels = happened(columns, outcome, rows)
    if labels.all() or not labels.any():
        which = "all" if labels.all() else "none"
        raise TooLittleError(
            f"The outcome came to pass for {which} of {len(rows)} past cases: two classes are needed.",
            f"So far it has come to pass for {which} of the past cases, and both kinds are needed to learn from",
        )
    return Training(rows, labels, tuple(moments))


def _first_second(columns: Columns) -> int:
    first = columns.activity.second(columns.activity.start[:-1])[np.diff(columns.activity.start) > 0]
    return int(first.min(initial=np.iinfo(np.int64).max))


def _eligible_at(columns: Columns, outcome: Outcome, moment: int) -> Rows:
    everyone = np.arange(len(columns.table.customers), dtype=np.int64)
    rows = Rows(everyone, np.full(len(everyone), moment, dtype=np.int64))
    kept = eligible(columns, outcome, rows)
    return Rows(rows.customer[kept], rows.second[kept])


def _nobody() -> Rows:
    return Rows(np.zeros(0, np.int64), np.zeros(0, np.int64))


def _hash(customer: str) -> int:
    return int.from_bytes(blake2b(customer.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _mixed(hashes: Hashes, moment: int) -> Hashes:
    """A number as good as random of each hash and the moment: the finaliser of SplitMix64 (Steele et al., 2014)."""
    mixed = hashes ^ np.uint64((moment * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
