"""The events of a workspace as tables of DuckDB, from the lines as they are sent. For whoever makes samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from evals.sources import SOURCES, Source

Row = tuple[Any, ...]

#: One row an event. `who` is the person behind it, `day` is local, `amount` is negative where money was given back;
#: `own`: the person did it, and no machine and none of us.
_EVENTS = """
CREATE TABLE events AS
WITH lines AS (
    SELECT unnest(from_json($lines, '["json"]')) AS line
), joined AS (
    SELECT line->>'anonymousId' AS visitor, max(line->>'userId') AS who
    FROM lines WHERE line->>'anonymousId' IS NOT NULL AND line->>'userId' IS NOT NULL
    GROUP BY visitor
), told AS (
    SELECT line->>'messageId' AS id,
           (line->>'timestamp')::TIMESTAMPTZ AS moment,
           coalesce(line->>'userId', joined.who, line->>'anonymousId') AS who,
           coalesce(line->>'event', CASE WHEN line->>'type' = 'page' THEN line->>'name' END, line->>'type') AS title,
           coalesce(line->'properties', line->'traits') AS properties,
           line AS line
    FROM lines LEFT JOIN joined ON joined.visitor = line->>'anonymousId'
)
SELECT id, moment, who, title,
       (moment AT TIME ZONE $zone)::DATE AS day,
       strftime((moment AT TIME ZONE $zone)::DATE, '%Y-%m') AS month,
       CASE WHEN title IN ('Order Completed', 'Payment Succeeded') THEN 1 WHEN title = 'Order Refunded' THEN -1 END
           * abs(coalesce(properties->>'revenue', properties->>'amount')::DECIMAL(12, 2)) AS amount,
       properties->>'currency' AS currency,
       coalesce(from_json(properties->'$.products[*].name', '["varchar"]'), []) AS items,
       title NOT IN (
           'Order Refunded', 'Payment Succeeded', 'Payment Failed', 'Invoice Sent', 'Campaign Email Sent',
           'Campaign Email Opened', 'Trial Ended', 'Support Ticket Resolved', 'Subscription Cancelled', 'identify'
       ) AS own,
       properties, line
FROM told
WHERE (moment AT TIME ZONE $zone)::DATE <= $today::DATE AND NOT list_contains($erased::VARCHAR[], who)
"""
_ITEMS = "CREATE TABLE items AS SELECT id, who, day, month, title, unnest(list_distinct(items)) AS item FROM events"
_PEOPLE = """
CREATE TABLE people AS
SELECT who,
       last(properties->>'name' ORDER BY moment, id) AS name,
       last(properties->>'company' ORDER BY moment, id) AS company,
       last(properties->>'email' ORDER BY moment, id) AS email
FROM events WHERE title = 'identify' GROUP BY who
"""
#: Events with one of these titles (all, where the list is empty), of a person, from one day to another, with an item.
_SLICE = """
CREATE MACRO slice(titles, person, first, last, item) AS TABLE
SELECT * FROM events
WHERE (len(titles::VARCHAR[]) = 0 OR list_contains(titles::VARCHAR[], title))
  AND (person::VARCHAR IS NULL OR who = person::VARCHAR)
  AND day BETWEEN first::DATE AND last::DATE
  AND (item::VARCHAR IS NULL OR list_contains(items, item::VARCHAR))
"""


@dataclass(frozen=True, slots=True)
class Tables:
    """One workspace up to the end of `today`: tables `events`, `items` (one row an item of an event) and `people`,
    and a macro `slice` over events.
    """

    connection: duckdb.DuckDBPyConnection
    workspace: str
    today: str
    inactive_days: int

    def rows(self, sql: str, **given: Any) -> list[Row]:
        """The rows of a query; `given` are its named parameters."""
        return self.connection.execute(sql, given).fetchall()

    def row(self, sql: str, **given: Any) -> Row:
        """The one row of a query."""
        (found,) = self.rows(sql, **given)
        return found

    def column(self, sql: str, **given: Any) -> list[Any]:
        """The first value of every row."""
        return [row[0] for row in self.rows(sql, **given)]


def open_tables(source: Source) -> Tables:
    """A workspace's events in a database in memory."""
    settings = source.settings
    tables = Tables(duckdb.connect(), source.name, settings["now"], settings["churn"]["inactive_days"])
    tables.connection.execute("SET TimeZone = 'UTC'")
    tables.connection.execute(
        _EVENTS,
        {
            "lines": json.dumps(list(source.lines())),
            "zone": settings["time_zone"],
            "today": settings["now"],
            "erased": list(source.erased),
        },
    )
    for made in (_ITEMS, _PEOPLE, _SLICE):
        tables.connection.execute(made)
    return tables


def open_workspaces(names: Sequence[str] = ("shop", "software")) -> dict[str, Tables]:
    """The shipped workspaces by name."""
    return {name: open_tables(SOURCES[name]) for name in names}
