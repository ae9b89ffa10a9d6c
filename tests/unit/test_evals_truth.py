"""Two oracles that share no line of code, SQL and plain Python, tell the same of the same events."""

from __future__ import annotations

from typing import Any

import pytest

from evals import oracle
from evals.oracle import World, read_world
from evals.sources import Source
from evals.truth.churn import silences
from evals.truth.figures import MONEY, ORDERS, REFUNDS, Slice, average, bought, by_person, count, date_of, extreme, net
from evals.truth.tables import Tables, open_tables, open_workspaces

TABLES = open_workspaces()
WORLDS = {name: read_world(name) for name in TABLES}
BOTH = pytest.mark.parametrize(("tables", "world"), [(TABLES[name], WORLDS[name]) for name in TABLES], ids=[*TABLES])
DAYS = {"shop": "2011-04-30", "software": "2026-01-20"}
SETTINGS = {"time_zone": "Europe/London", "now": "2011-07-31", "churn": {"inactive_days": 10}}


def line(id_: str, at: str, event: str = "Order Completed", who: str = "7", **properties: Any) -> dict[str, Any]:
    return {
        "messageId": id_,
        "type": "track",
        "event": event,
        "userId": who,
        "timestamp": at,
        "properties": {"revenue": 10, "currency": "GBP", **properties},
    }


def tables_of(*lines: dict[str, Any], erased: tuple[str, ...] = ()) -> Tables:
    return open_tables(Source("made-up", "Made up", SETTINGS, lambda: lines, erased))


@BOTH
def test_the_two_oracles_read_the_same_events(tables: Tables, world: World) -> None:
    told = tables.rows(
        "SELECT id, day::VARCHAR, who, title, amount, currency, items, own FROM events ORDER BY moment, id"
    )
    own = {happening.id for happening in oracle.own(world.happenings)}
    assert told == [
        (h.id, world.day(h.at), h.who, h.title, h.amount, h.currency, list(h.items), h.id in own)
        for h in world.happenings
    ]


@BOTH
def test_the_two_oracles_add_up_the_same_for_everybody(tables: Tables, world: World) -> None:
    for who in world.people():
        found = [h for h in world.select(who) if h.amount is not None]
        assert net(tables, Slice(who=who)) == (oracle.net(found), tuple(oracle.ids(found)))


@BOTH
def test_the_two_oracles_count_the_same_in_every_month(tables: Tables, world: World) -> None:
    months = tables.rows("SELECT min(day)::VARCHAR, max(day)::VARCHAR FROM events GROUP BY month")
    for first, last in months:
        for title in sorted({h.title for h in world.happenings}):
            events = world.select(titles=[title], first=first, last=last)
            assert count(tables, Slice((title,), None, first, last))[0] == len(events)


@BOTH
def test_the_two_oracles_rank_the_same(tables: Tables, world: World) -> None:
    currency = "GBP" if tables.workspace == "shop" else "EUR"
    ranked = [who for who, _, _ in by_person(tables, Slice(MONEY), currency)][:5]
    assert ranked == oracle.by_net(world, currency, 5)


@BOTH
def test_the_two_oracles_know_the_same_items(tables: Tables, world: World) -> None:
    for who, found in world.people().items():
        assert bought(tables, who, tables.today) == oracle.bought(found)


@BOTH
@pytest.mark.parametrize("earlier", [False, True], ids=["today", "earlier"])
def test_the_two_oracles_count_the_same_as_churned(tables: Tables, world: World, earlier: bool) -> None:
    until = DAYS[tables.workspace] if earlier else tables.today
    gone = [each.who for each in silences(tables, until) if each.churned]
    assert gone == oracle.churned(world.until(until))


@BOTH
def test_the_two_oracles_see_the_same_last_act(tables: Tables, world: World) -> None:
    people = world.people()
    for each in silences(tables):
        assert oracle.own(people[each.who])[-1].id in each.evidence


def test_a_day_is_the_day_of_the_workspace() -> None:
    tables = tables_of(line("late", "2011-07-01T23:30:00Z"))
    assert date_of(tables, Slice(ORDERS)) == ("2011-07-02", ("late",))


def test_what_comes_after_today_is_not_known_yet() -> None:
    tables = tables_of(line("today", "2011-07-31T22:59:00Z"), line("tomorrow", "2011-07-31T23:00:00Z"))
    assert count(tables, Slice(ORDERS)) == (1, ("today",))


def test_a_visitor_is_who_they_turn_out_to_be() -> None:
    visit = {"messageId": "v", "type": "page", "name": "Home", "anonymousId": "a", "timestamp": "2011-07-01T10:00:00Z"}
    tables = tables_of({**visit, "properties": {}}, {**line("o", "2011-07-02T10:00:00Z"), "anonymousId": "a"})
    assert count(tables, Slice(who="7")) == (2, ("v", "o"))


def test_an_erased_customer_is_in_no_table() -> None:
    tables = tables_of(line("one", "2011-07-01T10:00:00Z"), line("two", "2011-07-02T10:00:00Z", who="8"), erased=("8",))
    assert count(tables, Slice()) == (1, ("one",))


def test_refunds_are_taken_off() -> None:
    tables = tables_of(
        line("order", "2011-07-01T10:00:00Z"), line("back", "2011-07-02T10:00:00Z", "Order Refunded", revenue=2.5)
    )
    assert net(tables, Slice(MONEY)) == ({"GBP": 7.5}, ("order", "back"))
    assert net(tables, Slice(REFUNDS)) == ({"GBP": -2.5}, ("back",))


def test_the_largest_and_the_smallest_order_are_found_with_their_event() -> None:
    tables = tables_of(line("small", "2011-07-01T10:00:00Z", revenue=3), line("large", "2011-07-02T10:00:00Z"))
    assert extreme(tables, Slice(ORDERS)) == ({"GBP": 10.0}, ("large",))
    assert extreme(tables, Slice(ORDERS), largest=False) == ({"GBP": 3.0}, ("small",))


def test_a_mean_between_two_cents_is_refused() -> None:
    tables = tables_of(line("a", "2011-07-01T10:00:00Z", revenue=1.00), line("b", "2011-07-02T10:00:00Z", revenue=1.01))
    with pytest.raises(ValueError, match="between two cents"):
        average(tables, Slice(ORDERS))


def test_too_many_events_are_no_evidence() -> None:
    tables = tables_of(*(line(f"m{n}", "2011-07-01T10:00:00Z") for n in range(201)))
    assert count(tables, Slice(ORDERS)) == (201, ())


def test_silence_is_counted_in_local_days_and_refunds_do_not_break_it() -> None:
    tables = tables_of(
        line("order", "2011-07-20T10:00:00Z"), line("back", "2011-07-30T10:00:00Z", "Order Refunded", revenue=1)
    )
    (found,) = silences(tables)
    assert (found.silent_days, found.churned, found.evidence) == (11, True, ("order",))


def test_a_silence_of_about_the_allowed_days_is_no_clear_case() -> None:
    (found,) = silences(tables_of(line("order", "2011-07-20T10:00:00Z")))
    assert not found.clear


def test_who_cancelled_and_came_back_has_not_churned() -> None:
    (found,) = silences(
        tables_of(
            line("start", "2011-07-20T10:00:00Z", "Subscription Started"),
            line("stop", "2011-07-25T10:00:00Z", "Subscription Cancelled"),
            line("again", "2011-07-28T10:00:00Z", "Subscription Reactivated"),
        )
    )
    assert (found.churned, found.silent_days, found.evidence) == (False, 3, ("again",))
