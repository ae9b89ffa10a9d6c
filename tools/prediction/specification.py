"""Chooses the features of a workspace from what its events were before the training time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tools.prediction.columns import Floats
from tools.prediction.recurring import calendar_driven
from tools.prediction.spec import Facet, Spec
from tools.prediction.table import Bools, Ints, Said, Table

__all__ = ["calendar_driven", "choose_spec"]

#: More would make training slow and reasons many.
MOST_TITLES = 8
MOST_FACETS = 8
#: A property with more texts than this names things, such as orders, rather than kinds of customers.
MOST_TEXTS = 20
#: What fewer customers say decides nothing.
LEAST_CUSTOMERS = 20
#: The name of an event that one customer alone has may be about them: no model shows it.
FEWEST_TOGETHER = 2
#: Of the values in the later half, how many the earlier half knew: others tell the time rather than the customer.
STEADY = 0.9


def choose_spec(table: Table, activity: Sequence[str] | None = None, until_s: int | None = None) -> Spec:
    """The features for this table, from its events before `until_s` only.

    `activity`: the titles that the operator counts as the customer's doing; None for what the vocabulary says, without
    event types that come by the calendar, unless nothing else is left.
    """
    known = np.ones(len(table.key), np.bool_) if until_s is None else table.second < until_s
    calendar = calendar_driven(_cut(table, known))
    happened = np.unique(table.kind[known])
    if all(table.kinds[number].title in calendar for number in happened if table.kinds[number].active):
        calendar = ()
    return Spec(
        activity=None if activity is None else tuple(sorted(set(activity))),
        calendar=calendar,
        titles=_titles(table, known),
        facets=_facets(table, known),
    )


def _titles(table: Table, known: Bools) -> tuple[str, ...]:
    """The most widespread event types; none where there is but one, which activity tells all of."""
    reach = {kind.title: _reach(table, np.flatnonzero(known & (table.kind == n))) for n, kind in enumerate(table.kinds)}
    ranked = sorted(
        (title for title, customers in reach.items() if customers >= FEWEST_TOGETHER),
        key=lambda title: (-reach[title], title),
    )
    return tuple(ranked[:MOST_TITLES]) if len(ranked) > 1 else ()


def _facets(table: Table, known: Bools) -> tuple[Facet, ...]:
    found: list[tuple[int, Facet]] = []
    for label, said in table.said.items():
        heard = known[said.row]
        customers = _reach(table, said.row[heard])
        facet = _facet(table, label, said, heard) if customers >= LEAST_CUSTOMERS else None
        if facet is not None:
            found.append((customers, facet))
    ranked = sorted(found, key=lambda pair: (-pair[0], pair[1].label))
    return tuple(facet for _, facet in ranked[:MOST_FACETS])


def _facet(table: Table, label: str, said: Said, heard: Bools) -> Facet | None:
    """The label as a number if all its values are, as texts if they are few; None if neither, or if they pass."""
    second = table.second[said.row]
    late = second >= np.median(second[heard])
    early, late = heard & ~late, heard & late
    if not np.isnan(said.number[heard]).any():
        return Facet(label) if _same_range(said.number[early], said.number[late]) else None
    told = early & (said.text >= 0)
    # By customers, not by events: a text that one of them says again and again may be their name.
    pairs = np.unique(np.stack([said.text[told], table.owner[said.row[told]]]), axis=1)
    codes, customers = np.unique(pairs[0], return_counts=True)
    codes = codes[customers >= LEAST_CUSTOMERS]
    if not 2 <= len(codes) <= MOST_TEXTS or np.isin(said.text[late], codes).mean() < STEADY:
        return None
    return Facet(label, tuple(sorted(said.texts[code] for code in codes)))


def _same_range(early: Floats, late: Floats) -> bool:
    if not len(early) or early.min() == early.max():
        return False
    low, high = np.quantile(early, [0.005, 0.995])
    return bool(((late >= low) & (late <= high)).mean() >= STEADY)


def _reach(table: Table, row: Ints) -> int:
    return len(np.unique(table.owner[row]))


def _cut(table: Table, known: Bools) -> Table:
    """The events that are known; what they say left out."""
    key = table.key[known]
    count = np.concatenate([np.zeros(1, np.int64), np.cumsum(known)])
    return replace(table, start=count[table.start], key=key, kind=table.kind[known], cents=table.cents[known], said={})
