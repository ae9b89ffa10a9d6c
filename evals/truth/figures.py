"""The figures that samples ask for, each by one SQL query, with the ids of the events that it rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from evals.truth.tables import Tables

#: A value that rests on more events than this is shown by no single one of them.
MOST_EVIDENCE = 200
#: In thousandths of a currency unit: nearer than this, rounding is a matter of taste.
_HALF_CENT = 0.01
ORDERS, REFUNDS = ("Order Completed",), ("Order Refunded",)
#: Net of what was given back.
MONEY = ("Order Completed", "Order Refunded", "Payment Succeeded")
PAYMENTS, FAILURES, TICKETS = ("Payment Succeeded",), ("Payment Failed",), ("Support Ticket Opened",)
SIGN_INS, FEATURES = ("Signed In",), ("Feature Used",)

Evidence = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """Events with one of these titles (all, where there is none), of a person, on the days from first to last."""

    titles: tuple[str, ...] = ()
    who: str | None = None
    first: str = "0001-01-01"
    last: str = "9999-12-31"
    item: str | None = None

    def within(self, first: str, last: str) -> Slice:
        return replace(self, first=first, last=last)

    def until(self, last: str) -> Slice:
        """As it was at the end of a day."""
        return replace(self, last=min(self.last, last))

    def given(self) -> dict[str, Any]:
        """The parameters of a query over the macro `slice`."""
        return {
            "titles": list(self.titles),
            "who": self.who,
            "first": self.first,
            "last": self.last,
            "item": self.item,
        }


def count(tables: Tables, of: Slice) -> tuple[int, Evidence]:
    """How many events there are."""
    found, ids = tables.row(
        "SELECT count(*), list(id ORDER BY moment, id) FROM slice($titles, $who, $first, $last, $item)", **of.given()
    )
    return int(found), bounded(ids)


def net(tables: Tables, of: Slice) -> tuple[dict[str, float], Evidence]:
    """What came in less what was given back, by currency, to two decimals."""
    rows = tables.rows(
        """SELECT currency, sum(amount)::DOUBLE, list({'id': id, 'moment': moment::VARCHAR})
           FROM slice($titles, $who, $first, $last, $item)
           WHERE amount IS NOT NULL GROUP BY currency ORDER BY currency""",
        **of.given(),
    )
    events = sorted((each["moment"], each["id"]) for _, _, found in rows for each in found)
    return {currency: round(amount, 2) for currency, amount, _ in rows}, bounded([id_ for _, id_ in events])


def net_in(tables: Tables, of: Slice, currency: str) -> tuple[float, Evidence]:
    """The same in one currency; 0 where nothing was paid."""
    amount, ids = tables.row(
        """SELECT coalesce(sum(amount), 0)::DOUBLE, list(id ORDER BY moment, id)
           FROM slice($titles, $who, $first, $last, $item) WHERE currency = $currency AND amount IS NOT NULL""",
        **of.given(),
        currency=currency,
    )
    return round(amount, 2), bounded(ids)


def average(tables: Tables, of: Slice) -> tuple[dict[str, float], Evidence]:
    """The mean amount in the one currency there is; raises ValueError for a mean half-way between two cents."""
    ((currency, mean, ids),) = tables.rows(
        """SELECT currency, sum(amount)::DOUBLE / count(*), list(id ORDER BY moment, id)
           FROM slice($titles, $who, $first, $last, $item) WHERE amount IS NOT NULL GROUP BY currency""",
        **of.given(),
    )
    if abs(mean * 1000 % 10 - 5) < _HALF_CENT:
        raise ValueError("the mean lies between two cents")
    return {currency: round(mean, 2)}, bounded(ids)


def extreme(tables: Tables, of: Slice, largest: bool = True) -> tuple[dict[str, float], Evidence]:
    """The largest (or smallest) amount, and the event or events that have it."""
    currency, amount, ids = tables.row(
        """WITH found AS (FROM slice($titles, $who, $first, $last, $item) WHERE amount IS NOT NULL)
           SELECT currency, amount::DOUBLE, list(id ORDER BY moment, id) FROM found
           WHERE amount = (SELECT if($largest, max(amount), min(amount)) FROM found) GROUP BY ALL""",
        **of.given(),
        largest=largest,
    )
    return {currency: amount}, bounded(ids)


def date_of(tables: Tables, of: Slice, last: bool = True) -> tuple[str, Evidence]:
    """The local date of the last (or first) event, and what happened on it."""
    day, ids = tables.row(
        """WITH found AS (FROM slice($titles, $who, $first, $last, $item))
           SELECT day::VARCHAR, list(id ORDER BY moment, id) FROM found
           WHERE day = (SELECT if($latest, max(day), min(day)) FROM found) GROUP BY day""",
        **of.given(),
        latest=last,
    )
    return day, bounded(ids)


def by_person(tables: Tables, of: Slice, currency: str | None = None) -> list[tuple[str, float, list[str]]]:
    """Everybody in a slice with their net amount in a currency, or their number of events where there is none.

    The highest first, each with the events that the figure rests on.
    """
    return [
        (who, float(value), ids)
        for who, value, ids in tables.rows(
            """SELECT who, if($currency::VARCHAR IS NULL, count(*), sum(amount))::DOUBLE AS value,
                      list(id ORDER BY moment, id)
               FROM slice($titles, $who, $first, $last, $item)
               WHERE $currency::VARCHAR IS NULL OR currency = $currency::VARCHAR
               GROUP BY who ORDER BY value DESC, who""",
            **of.given(),
            currency=currency,
        )
    ]


def bought(tables: Tables, who: str, until: str) -> list[str]:
    """The names of all items in somebody's orders up to the end of a day."""
    return tables.column(
        """SELECT DISTINCT item FROM items WHERE who = $who AND title = 'Order Completed' AND day <= $until::DATE
           ORDER BY item""",
        who=who,
        until=until,
    )


def bounded(ids: list[str] | None) -> Evidence:
    return tuple(ids) if ids and len(ids) <= MOST_EVIDENCE else ()
