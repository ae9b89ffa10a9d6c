"""Features of what events said: the last value under each chosen label, and the mean of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.prediction.columns import MISSING, Columns, Floats, Rows, known, ratio
from tools.prediction.spec import Facet
from tools.prediction.table import SPAN_S, Said, Table

#: Means are of whole thousandths, so that a customer's does not depend on who stands before them in the table.
THOUSANDTHS = 1000
#: A sum of all events has to stay within 64 bits.
LARGEST = 1e9


def facets(columns: Columns, rows: Rows) -> dict[str, Floats]:
    """What events said last under each label: a number, or the code of a text (its place in the facet's texts)."""
    found: dict[str, Floats] = {}
    for facet in columns.spec.facets:
        name, said = f"said: {facet.label}", columns.table.said.get(facet.label)
        nothing = np.full(len(rows), MISSING)
        if facet.texts:
            found[name] = nothing if said is None else _last_text(columns.table, said, facet, rows)
        else:
            last, mean = (nothing, nothing) if said is None else _last_and_mean(columns.table, said, rows)
            found |= {name: last, f"mean_{name}": mean}
    return found


def _last_text(table: Table, said: Said, facet: Facet, rows: Rows) -> Floats:
    spoken = said.text >= 0
    place = _codes(said.texts, facet.texts)[said.text[spoken]]
    start, here = _span(table, said.row[spoken], rows)
    return known(np.append(place, MISSING)[here - 1], here > start)


def _last_and_mean(table: Table, said: Said, rows: Rows) -> tuple[Floats, Floats]:
    counted = ~np.isnan(said.number)
    number = np.clip(said.number[counted], -LARGEST, LARGEST)
    start, here = _span(table, said.row[counted], rows)
    whole = np.round(number * THOUSANDTHS).astype(np.int64)
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(whole)])
    last = known(np.append(number, MISSING)[here - 1], here > start)
    return last, ratio(sums[here] - sums[start], (here - start) * THOUSANDTHS)


def _span(table: Table, row: NDArray[np.int64], rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    key = table.key[row]
    start = np.searchsorted(key, rows.customer * SPAN_S)
    return start, np.searchsorted(key, rows.customer * SPAN_S + rows.second)


def _codes(texts: Sequence[str], wanted: Sequence[str]) -> Floats:
    place = {text: float(number) for number, text in enumerate(wanted)}
    return np.array([place.get(text, MISSING) for text in texts], dtype=np.float64)
