"""Gold that the practices need beside the figures of every domain: histories, invoice lines, plans at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evals.domains.asking import Asking, Truth
from evals.domains.clinic.asked import JOINED, PLAN
from evals.domains.figures import Of, among, clear_first, end, ranked, word
from evals.truth.figures import Evidence, bounded
from evals.truth.tables import Tables


def said(tables: Tables, of: Of, name: str, last: bool = True) -> tuple[list[str], Evidence]:
    """The words of a property of the last (or first) event."""
    value, ids = end(tables, of, word(name), last)
    return [value], ids


def values_first(tables: Tables, of: Of, name: str, n: int = 1, measure: str = "count(*)") -> tuple[Any, Evidence]:
    """The first n values of a property, with their numbers, and all that could be named before them.

    Raises ValueError where they are level.
    """
    found = ranked(tables, of, word(name), measure)
    first, ids = clear_first(found, n)
    return {"first": first, "of": [each for each, *_ in found], "values": [value for _, value, _ in found[:n]]}, ids


def is_clear(tables: Tables, of: Of, name: str) -> bool:
    """Whether one value of a property is more frequent than every other, of which there are some."""
    numbers = [number for _, number, _ in ranked(tables, of, word(name))]
    return len(numbers) > 1 and numbers[0] > numbers[1]


def billed(tables: Tables, of: Of, service: str) -> Truth:
    """What the lines of invoices for one service come to, to two decimals."""
    ids = bounded([key for (key,) in of.rows(tables, "id", "ORDER BY moment, id")])
    lines = of.rows(tables, """unnest(from_json(properties->'$.lines', '["json"]')) AS line""")
    amounts = [float(line["amount"]) for line in (json.loads(row[0]) for row in lines) if line["service"] == service]
    return {"value": round(sum(amounts), 2)}, ids


def plan_of(tables: Tables, who: str, until: str = "9999-12-31") -> Truth:
    """The plan that an owner joined last by the end of a day; every event that names it of them shows it."""
    joined = JOINED.by(who).within("0001-01-01", until)
    value, _ = end(tables, joined, word(PLAN))
    ids = tables.column(
        """SELECT id FROM events WHERE who = $who AND day <= $until::DATE
           AND (properties->>'$.plan.name' = $value OR properties->>'carePlan' = $value) ORDER BY moment, id""",
        who=who,
        until=until,
        value=value,
    )
    return among(tables, JOINED.title, PLAN, value), bounded(ids)


def entries(tables: Tables, wanted: Sequence[tuple[Of, str]]) -> tuple[list[dict[str, str]], Evidence]:
    """What happened in order of time: each event's local day, and the words that say it."""
    found = sorted(
        (moment, key, day, says)
        for of, says in wanted
        for moment, key, day in of.rows(tables, "moment::VARCHAR, id, day::VARCHAR")
    )
    return [{"date": day, "says": says} for _, _, day, says in found], bounded([key for _, key, *_ in found])


def tellable(tables: Tables, wanted: Sequence[tuple[Of, str]], least: int = 2) -> bool:
    """Whether a history is short enough to be told whole, and has no two events of a day."""
    found = entries(tables, wanted)[0]
    return least <= len(found) <= 8 and len({entry["date"] for entry in found}) == len(found)


def size(truth: Truth) -> Truth:
    """How many there are, of a truth that lists them."""
    return len(truth[0]), truth[1]


def owner_of(ask: Asking, pet: str) -> str:
    """The one owner of an animal of this name; raises ValueError where there are several."""
    (who,) = ask.tables.column(
        "SELECT who FROM events WHERE title = 'Pet Registered' AND properties->>'$.pet.name' = $pet", pet=pet
    )
    return str(who)
