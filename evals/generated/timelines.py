"""What happened, in the order of time, over a stretch short enough to be told whole."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from evals.generated import periods
from evals.generated.draft import draft, fill, in_turn
from evals.generated.names import called
from evals.sample import Sample
from evals.truth.tables import Tables

_SHOP = (
    "Walk me through what {who} ordered and returned {when}.",
    "Timeline of {who} {when}, please.",
    "List {who}'s orders and refunds {when}, oldest first.",
    "What did {who} do {when}, step by step?",
)
_SOFTWARE = (
    "What happened with {who} {when}, in order?",
    "timeline of {who} {when}?",
    "Give me the history of {who} {when}, oldest first.",
    "Could you walk me through {who}'s story {when}?",
)
#: Enough to have an order, few enough to be told whole.
_LEAST, _MOST = 3, 8
#: What a history of an account must not leave out, and the words that say it.
_SAYS = {
    "Order Completed": "order|bought|purchase",
    "Order Refunded": "refund|return|sent back|gave back",
    "Trial Ended": "trial",
    "Subscription Started": "subscription|subscribed",
    "Subscription Cancelled": "cancel",
    "Subscription Reactivated": "reactivat|came back|returned",
    "Plan Upgraded": "upgrad",
    "Plan Downgraded": "downgrad",
    "Payment Succeeded": "payment|paid",
    "Payment Failed": "payment fail|failed",
    "Support Ticket Opened": "ticket",
    "NPS Submitted": "nps",
}
#: Every stretch of a customer with so many notable events, at most one a day, and little else in between.
_STRETCHES = """
WITH chosen AS (
    SELECT *, list_contains($titles, title) AS notable FROM events WHERE day BETWEEN $first::DATE AND $last::DATE
)
SELECT who,
       list(day::VARCHAR ORDER BY moment, id) FILTER (notable),
       list(title ORDER BY moment, id) FILTER (notable),
       list(id ORDER BY moment, id) FILTER (notable)
FROM chosen GROUP BY who
HAVING count(*) FILTER (notable) BETWEEN $least AND $most AND count(*) <= 2 * $most
    AND count(DISTINCT day) FILTER (notable) = count(*) FILTER (notable)
ORDER BY who
"""


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    return _stretches(tables, rng, _SHOP, 12)


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    return _stretches(tables, rng, _SOFTWARE, 9)


def _stretches(tables: Tables, rng: Random, templates: tuple[str, ...], size: int) -> Iterator[Sample]:
    """Each about another customer as long as there are any."""
    asked: set[tuple[str, ...]] = set()
    times: dict[str, int] = {}
    turns = in_turn(rng, templates)
    while len(asked) < size:
        when = periods.some_period(tables.workspace, rng)
        found = tables.rows(_STRETCHES, titles=list(_SAYS), first=when.first, last=when.last, least=_LEAST, most=_MOST)
        fresh = [row for row in found if tuple(row[3]) not in asked and times.get(row[0], 0) < 2]
        if not fresh:
            continue
        who, days, titles, ids = rng.choice(fresh)
        asked.add(tuple(ids))
        times[who] = times.get(who, 0) + 1
        entries = [{"date": day, "says": _SAYS[title]} for day, title in zip(days, titles, strict=True)]
        words = fill(next(turns), who=called(tables, who, rng), when=when.words)
        yield draft(tables, words, "timeline", entries, ids, who=[who])
