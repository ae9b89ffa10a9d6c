"""What people call a customer: by id in a shop, by name, company or address where there are names."""

from __future__ import annotations

from random import Random

from evals.truth.tables import Tables


def called(tables: Tables, who: str, rng: Random) -> str:
    """One of the ways to name a customer that fits nobody else."""
    return rng.choice(ways(tables, who))


def both(tables: Tables, one: str, other: str, rng: Random) -> tuple[str, str]:
    """Two customers named in one question: both in the same way."""
    first, second = ways(tables, one), ways(tables, other)
    at = rng.randrange(min(len(first), len(second)))
    return first[at], second[at]


def ways(tables: Tables, who: str) -> list[str]:
    """All of them; what is said most often stands there most often."""
    rows = tables.rows("SELECT name, company, email FROM people WHERE who = $who", who=who)
    if not rows:
        return [f"customer {who}", f"customer {who}", f"client {who}", who]
    ((name, company, email),) = rows
    first = name.split()[0]
    (sharing,) = tables.row("SELECT count(*) FROM people WHERE starts_with(name, $first)", first=f"{first} ")
    return [name, name, name, company, email, *([first] if sharing == 1 else [])]
