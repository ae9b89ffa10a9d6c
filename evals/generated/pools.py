"""Whom to ask about: customers with enough of a history, by workspace."""

from __future__ import annotations

from random import Random

from evals.truth.figures import Slice
from evals.truth.tables import Tables


def with_events(tables: Tables, of: Slice, least: int, most: int = 10_000) -> list[str]:
    """Customers with so many events of a slice, by id."""
    return tables.column(
        """SELECT who FROM slice($titles, $who, $first, $last, $item)
           GROUP BY who HAVING count(*) BETWEEN $least AND $most ORDER BY who""",
        **of.given(),
        least=least,
        most=most,
    )


def draw(rng: Random, pool: list[str], size: int) -> list[str]:
    """So many of them, each once."""
    return rng.sample(pool, size)
