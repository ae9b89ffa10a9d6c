"""Which features a workspace has, and which of its event types come by the calendar."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np

from memory.record import Record
from memory.workspace import ChurnDefinition
from tests.builders import at, in_order, record
from tools.prediction.asked import Asked
from tools.prediction.features import Facet
from tools.prediction.specification import calendar_driven, choose_spec
from tools.prediction.table import make_table, seconds
from tools.prediction.training import train

DRAW = np.random.default_rng(11)
People = dict[str, list[Record]]


def _event(title: str, when: datetime, user: str, **said: object) -> Record:
    return record(title, when.strftime("%Y-%m-%dT%H:%M:%SZ"), user, properties=said)


def _visitors(count: int = 30, days: int = 800) -> People:
    """People who signed up some day and then come when they like."""
    people: People = {}
    for number in range(count):
        user = f"c{number:02}"
        first = at("2023-01-01") + timedelta(days=int(DRAW.integers(0, 200)), hours=int(DRAW.integers(0, 24)))
        stays = np.sort(DRAW.choice(np.arange(1, days), 40, replace=False))
        came = [_event("Signed In", first + timedelta(days=int(day)), user) for day in stays]
        people[user] = [_event("Signed Up", first, user), *came]
    return people


def _with(people: People, title: str, dates: dict[str, list[datetime]]) -> People:
    added = {user: [_event(title, when, user) for when in dates.get(user, [])] for user in people}
    return {user: in_order([*events, *added[user]]) for user, events in people.items()}


def _same_day(first: datetime, months: int) -> datetime:
    year, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + year, month=month + 1, day=min(first.day, 28))


def test_people_who_come_when_they_like_are_not_flagged() -> None:
    assert calendar_driven(make_table(_visitors())) == ()


def test_badges_on_anniversaries_are_flagged() -> None:
    people = _visitors()
    dates = {user: [_same_day(events[0].occurred_at, 12 * year) for year in (1, 2)] for user, events in people.items()}
    assert calendar_driven(make_table(_with(people, "Anniversary Reached", dates))) == ("Anniversary Reached",)


def test_invoices_on_the_first_are_flagged() -> None:
    people = _visitors()
    dates = {user: [at("2023-08-01")] + [at(f"2024-0{m}-01") for m in (1, 2, 3)] for user in people}
    assert calendar_driven(make_table(_with(people, "Invoice Prepared", dates))) == ("Invoice Prepared",)


def test_a_fixed_period_is_flagged_whenever_it_began() -> None:
    people = _visitors()
    dates = {
        user: [at("2023-08-01") + timedelta(days=3 * number + 28 * turn) for turn in range(6)]
        for number, user in enumerate(people)
    }
    assert calendar_driven(make_table(_with(people, "Box Shipped", dates))) == ("Box Shipped",)


def test_people_who_buy_about_once_a_month_are_not_flagged() -> None:
    people = _visitors()
    dates = {
        user: [at("2023-08-01") + timedelta(days=float(day)) for day in np.cumsum(DRAW.normal(30.4, 4.0, 14))]
        for user in people
    }
    assert calendar_driven(make_table(_with(people, "Order Completed", dates))) == ()


def test_one_day_for_everybody_is_no_calendar() -> None:
    people = _visitors()
    dates = {user: [at("2024-03-15")] for user in people}
    assert calendar_driven(make_table(_with(people, "Sale Entered", dates))) == ()


def test_of_a_few_cases_nothing_is_said() -> None:
    people = _visitors()
    dates = {user: [at("2024-01-01"), at("2024-02-01"), at("2024-03-01")] for user in list(people)[:5]}
    assert calendar_driven(make_table(_with(people, "Invoice Prepared", dates))) == ()


def test_flagged_event_types_are_no_activity_and_events_from_then_on_flag_nothing() -> None:
    people = _visitors()
    dates = {user: [_same_day(events[0].occurred_at, 12 * year) for year in (1, 2)] for user, events in people.items()}
    table = make_table(_with(people, "Anniversary Reached", dates))
    assert choose_spec(table).calendar == ("Anniversary Reached",)
    assert choose_spec(table, until_s=seconds(at("2024-01-02"))).calendar == ()


def test_a_workspace_of_nothing_but_calendar_events_keeps_its_activity() -> None:
    people: People = {
        f"c{n:02}": [record("Order Completed", f"2024-0{m}-01", f"c{n:02}") for m in range(1, 6)] for n in range(20)
    }
    assert choose_spec(make_table(people)).calendar == ()


def test_the_most_widespread_event_types_have_features_of_their_own() -> None:
    people = {
        f"c{n:02}": [
            _event(f"Type {kind}", at("2024-01-01") + timedelta(days=kind), f"c{n:02}")
            for kind in range(12)
            if n >= kind // 2
        ]
        for n in range(10)
    }
    assert choose_spec(make_table(people)).titles == tuple(f"Type {kind}" for kind in range(8))


def test_properties_that_stay_become_features_and_ids_do_not() -> None:
    people = {
        f"c{n:02}": [
            _event(
                "Signed In",
                at("2024-01-01") + timedelta(days=3 * turn + n % 3),
                f"c{n:02}",
                plan=("Basic", "Pro")[n % 2],
                seats=(n + turn) % 9,
                session_key=f"s{n}x{turn}",
                cohort=f"week {turn}",
            )
            for turn in range(8)
        ]
        for n in range(60)
    }
    labels = choose_spec(make_table(people)).facets
    assert labels == (Facet("Signed In: plan", ("Basic", "Pro")), Facet("Signed In: seats"))


def test_later_events_do_not_change_the_choice() -> None:
    people, until = _visitors(), at("2024-01-01")
    cut = {user: [each for each in events if each.occurred_at < until] for user, events in people.items()}
    late = {user: [*events, _event("New Thing", at("2026-01-01"), user, plan="Pro")] for user, events in people.items()}
    assert choose_spec(make_table(late), until_s=seconds(until)) == choose_spec(make_table(cut))


def test_what_one_customer_says_again_and_again_is_no_property_of_customers() -> None:
    people = {}
    for number in range(25):
        user, times = f"c{number:02}", 60 if number < 15 else 1
        came = [at("2025-01-01") + timedelta(days=2 * n, hours=number) for n in range(times)]
        people[user] = [_event("Signed In", when, user, contact=f"person{number}@firm.com") for when in came]
    assert choose_spec(make_table(people), None, seconds(at("2026-01-01"))).facets == ()


def test_an_event_that_one_customer_alone_has_is_in_no_model() -> None:
    people = _visitors()
    people["c03"] = in_order([*people["c03"], _event("Call With Alice Smith", at("2023-09-01"), "c03")])
    table = make_table(people)
    assert choose_spec(table).titles == ("Signed In", "Signed Up")
    made = train(table, Asked("churn", ChurnDefinition()), at("2025-06-01"))
    assert made.card["activity"] == ["Signed In", "Signed Up"]
    assert "Alice" not in json.dumps(made.to_json())
