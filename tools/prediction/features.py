"""What is known of customers at an instant, as numbers: generic over event types, from events before it only."""

from __future__ import annotations

from collections.abc import Callable

from tools.prediction.columns import Columns, Floats, Rows, columns, is_activity
from tools.prediction.facets import facets
from tools.prediction.occurrences import occurrences
from tools.prediction.quiet import quiet
from tools.prediction.rhythm import rhythm
from tools.prediction.spec import Facet, Spec, read_spec
from tools.prediction.spending import spending
from tools.prediction.troubles import troubles
from tools.prediction.windows import WINDOWS, windows

__all__ = [
    "WINDOWS",
    "Columns",
    "Facet",
    "Floats",
    "Rows",
    "Spec",
    "columns",
    "is_activity",
    "make_features",
    "read_spec",
]

#: One idea a file; a new group is one function and one line.
GROUPS: tuple[Callable[[Columns, Rows], dict[str, Floats]], ...] = (
    rhythm,
    quiet,
    windows,
    spending,
    occurrences,
    troubles,
    facets,
)


def make_features(known: Columns, rows: Rows) -> dict[str, Floats]:
    """Every feature by name, one number a row; NaN where nothing is known. Days and amounts are in their units."""
    found: dict[str, Floats] = {}
    for group in GROUPS:
        found.update(group(known, rows))
    return found
