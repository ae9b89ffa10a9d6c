"""Figures over the events of any schema, each by one SQL query, with the ids of the events that it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from evals.truth.figures import Evidence, bounded
from evals.truth.tables import Row, Tables

#: A mean is said with one decimal or with two.
_ROUNDED = 0.05
_ALWAYS = ("0001-01-01", "9999-12-31")


@dataclass(frozen=True, slots=True)
class Of:
    """Events of one name: of a person, on the local days from first to last, whose properties have these values.

    `but` is any further condition, in SQL over a row of `events`.
    """

    title: str
    who: str | None = None
    first: str = _ALWAYS[0]
    last: str = _ALWAYS[1]
    having: dict[str, str] = field(default_factory=dict)
    but: str = "true"

    def by(self, who: str) -> Of:
        return replace(self, who=who)

    def within(self, first: str, last: str) -> Of:
        return replace(self, first=first, last=last)

    def where(self, **having: str) -> Of:
        return replace(self, having={**self.having, **having})

    def rows(self, tables: Tables, select: str, then: str = "", **given: Any) -> list[Row]:
        """What SELECT finds among these events; `then` follows (GROUP BY, ORDER BY)."""
        equal = "".join(f" AND properties->>'{name}' = ${name}" for name in self.having)
        # Put together from what the modules of the domains say, never from data.
        return tables.rows(
            f"""SELECT {select} FROM events WHERE title = $title AND ($who::VARCHAR IS NULL OR who = $who::VARCHAR)
                AND day BETWEEN $first::DATE AND $last::DATE AND ({self.but}){equal} {then}""",  # noqa: S608
            title=self.title,
            who=self.who,
            first=self.first,
            last=self.last,
            **self.having,
            **given,
        )


def number(name: str) -> str:
    """A property as a number, in SQL."""
    return f"(properties->>'{name}')::DOUBLE"


def word(name: str) -> str:
    """A property as text, in SQL."""
    return f"(properties->>'{name}')"


def count(tables: Tables, of: Of) -> tuple[int, Evidence]:
    """How many events there are."""
    ids = _ids(tables, of)
    return len(ids), bounded(ids)


def people(tables: Tables, of: Of, least: int = 1) -> tuple[list[str], Evidence]:
    """Who has at least so many of the events, by id."""
    rows = of.rows(
        tables, "who, list(id ORDER BY moment, id)", "GROUP BY who HAVING count(*) >= $least ORDER BY who", least=least
    )
    return [who for who, _ in rows], bounded([key for _, ids in rows for key in ids])


def without(tables: Tables, of: Of) -> list[str]:
    """The customers with none of the events."""
    some = set(people(tables, of)[0])
    return [who for who in tables.column("SELECT who FROM people ORDER BY who") if who not in some]


def total(tables: Tables, of: Of, name: str) -> tuple[dict[str, float], Evidence]:
    """The sum of a property, to two decimals."""
    return _measured(tables, of, f"sum({number(name)})", name)


def mean(tables: Tables, of: Of, name: str) -> tuple[dict[str, float], Evidence]:
    """The mean of a property, to two decimals or to one."""
    value, ids = _measured(tables, of, f"avg({number(name)})", name)
    return {**value, "tolerance": _ROUNDED}, ids


def extreme(tables: Tables, of: Of, name: str, largest: bool = True) -> tuple[dict[str, float], Evidence]:
    """The largest (or smallest) value of a property, and the events that have it."""
    found = _extremes(tables, of, name, "id", largest)
    ((value, _),) = {(row[0], None) for row in found}
    return {"value": value}, bounded([key for _, key in found])


def at_extreme(tables: Tables, of: Of, name: str, select: str, largest: bool = True) -> tuple[Any, Evidence]:
    """Of the one event with the largest (or smallest) value of a property: what `select` (SQL) says of it.

    Raises ValueError where several share it.
    """
    ((_, key),) = _extremes(tables, of, name, "id", largest)
    ((_, told),) = _extremes(tables, of, name, select, largest)
    return told, (key,)


def end(tables: Tables, of: Of, select: str, last: bool = True) -> tuple[Any, Evidence]:
    """What `select` (SQL) says of the last (or first) event."""
    way = "DESC" if last else "ASC"
    told, key = of.rows(tables, f"{select}, id", f"ORDER BY moment {way}, id {way} LIMIT 1")[0]
    return told, (key,)


def among(tables: Tables, title: str, name: str, value: str) -> dict[str, list[str]]:
    """Gold of the kind `leads`: of the values of a property the one that is to be stated first."""
    rows = tables.rows(
        "SELECT DISTINCT properties->>$name AS value FROM events WHERE title = $title ORDER BY value",
        name=name,
        title=title,
    )
    return {"first": [value], "of": [each for (each,) in rows if each is not None]}


def stated(tables: Tables, of: Of, name: str, last: bool = True) -> tuple[dict[str, list[str]], Evidence]:
    """What a property of the last (or first) event says, among all that it says of anybody."""
    value, ids = end(tables, of, word(name), last)
    return among(tables, of.title, name, value), ids


def day_of(tables: Tables, of: Of, last: bool = True) -> tuple[str, Evidence]:
    """The local day of the last (or first) event."""
    return end(tables, of, "day::VARCHAR", last)


def ranked(tables: Tables, of: Of, key: str, measure: str = "count(*)") -> list[tuple[str, float, list[str]]]:
    """Customers (`who`) or values (`word(...)`) by a measure in SQL, the highest first, with their events."""
    rows = of.rows(
        tables,
        f"{key} AS key, round({measure}, 2)::DOUBLE AS value, list(id ORDER BY moment, id)",
        "GROUP BY key HAVING key IS NOT NULL ORDER BY value DESC, key",
    )
    return [(key, value, ids) for key, value, ids in rows]


def clear_first(found: list[tuple[str, float, list[str]]], n: int) -> tuple[list[str], Evidence]:
    """The first n of a ranking and their events; raises ValueError where two of the first n + 1 are level."""
    values = [value for _, value, _ in found[: n + 1]]
    if len(found) < n or len(set(values)) < len(values):
        raise ValueError(f"no clear first {n}: {values}")
    return [key for key, _, _ in found[:n]], bounded([id_ for _, _, ids in found[:n] for id_ in ids])


def by_month(tables: Tables, of: Of, measure: str = "count(*)") -> tuple[list[float], Evidence]:
    """A measure for each month that has any of the events, in order."""
    rows = of.rows(
        tables, f"month, round({measure}, 2)::DOUBLE, list(id ORDER BY moment, id)", "GROUP BY month ORDER BY month"
    )
    return [value for _, value, _ in rows], bounded([key for *_, ids in rows for key in ids])


def change(tables: Tables, earlier: Of, later: Of, measure: str = "count(*)") -> tuple[dict[str, Any], Evidence]:
    """A measure of two stretches of time, and the way from one to the other."""
    first, last = (float(of.rows(tables, f"coalesce(round({measure}, 2), 0)::DOUBLE")[0][0]) for of in (earlier, later))
    direction = "flat" if first == last else "up" if last > first else "down"
    value = {"first": first, "last": last, "direction": direction}
    return value, bounded([*_ids(tables, earlier), *_ids(tables, later)])


def against(
    tables: Tables, of: Of, pair: tuple[str, str], measure: str = "count(*)"
) -> tuple[dict[str, Any], Evidence]:
    """A measure of two customers, and who has more (None: level)."""
    values: dict[str, float] = {}
    for who in pair:
        values[who] = float(of.by(who).rows(tables, f"coalesce(round({measure}, 2), 0)::DOUBLE")[0][0])
    level = len(set(values.values())) == 1
    winner = None if level else max(values, key=lambda who: values[who])
    return {"values": values, "winner": winner}, bounded([key for who in pair for key in _ids(tables, of.by(who))])


def trait(tables: Tables, who: str, name: str, until: str = _ALWAYS[1]) -> tuple[dict[str, list[str]], Evidence]:
    """What a customer's last identify says of them at the end of a day, among all that it says of anybody.

    The events are all that say so of them: every identify, and any other with the value under this name.
    """
    value, _ = end(tables, Of("identify", who, last=until), word(name))
    ids = tables.column(
        """SELECT id FROM events WHERE who = $who AND day <= $until::DATE AND properties->>$name = $value
           ORDER BY moment, id""",
        who=who,
        until=until,
        name=name,
        value=value,
    )
    return among(tables, "identify", name, value), bounded(ids)


def with_trait(tables: Tables, name: str, value: str) -> tuple[list[str], Evidence]:
    """The customers of whom their last identify says this, and every identify of theirs that does."""
    rows = tables.rows(
        """SELECT who, list(id ORDER BY moment, id) FILTER (properties->>$name = $value) FROM events
           WHERE title = 'identify' GROUP BY who
           HAVING last(properties->>$name ORDER BY moment, id) = $value ORDER BY who""",
        name=name,
        value=value,
    )
    return [who for who, _ in rows], bounded([key for _, ids in rows for key in ids])


def _ids(tables: Tables, of: Of) -> list[str]:
    return [key for (key,) in of.rows(tables, "id", "ORDER BY moment, id")]


def _measured(tables: Tables, of: Of, measure: str, name: str) -> tuple[dict[str, float], Evidence]:
    told = replace(of, but=f"{of.but} AND {word(name)} IS NOT NULL")
    ((value,),) = told.rows(tables, f"round({measure}, 2)::DOUBLE")
    return {"value": float(value)}, bounded(_ids(tables, told))


def _extremes(tables: Tables, of: Of, name: str, select: str, largest: bool) -> list[Row]:
    way = "DESC" if largest else "ASC"
    return of.rows(
        tables,
        f"{number(name)} AS value, {select}",
        f"QUALIFY rank() OVER (ORDER BY {number(name)} {way}) = 1 ORDER BY id",
    )
