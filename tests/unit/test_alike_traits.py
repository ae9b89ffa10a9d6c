"""What customers say of themselves that counts as the same kind, and what never does."""

from __future__ import annotations

from typing import Any

import pytest

from memory.record import Record
from tests.builders import record
from tools.likeness.traits import MAX_VALUES, Stated, kinds, stated


def said(when: str = "2026-01-01", user: str = "c1", **traits: Any) -> Record:
    return record("", when, user, type="identify", traits=traits)


def crowd(label: str, *values: object) -> list[Stated]:
    return [stated([said(user=f"c{n}", **{label: value})]) for n, value in enumerate(values)]


def test_the_last_word_counts() -> None:
    first, last = said("2026-01-01", plan="free", city="Oslo"), said("2026-01-02", plan="pro")
    assert stated([first, last]) == {"plan": ("pro", last.message_id), "city": ("Oslo", first.message_id)}


def test_what_events_say_is_no_trait() -> None:
    assert stated([record("Order Completed", "2026-01-01", properties={"plan": "pro"})]) == {}


def test_yes_and_no_are_words_and_numbers_are_none() -> None:
    own = stated([said(beta=True, seats=5, note="x" * 41)])
    assert {label: value for label, (value, _) in own.items()} == {"beta": "yes"}


def test_a_word_that_became_a_number_is_gone() -> None:
    assert stated([said("2026-01-01", tier="gold"), said("2026-01-02", tier=3)]) == {}


def test_a_label_with_few_values_sorts_customers_into_kinds() -> None:
    assert kinds(crowd("plan", "pro", "pro", "free", "free")) == {"plan": {"pro": 2, "free": 2}}


def test_values_that_hardly_anybody_shares_are_no_kinds() -> None:
    assert kinds(crowd("team", "red", "blue", "green", "green")) == {}


def test_more_values_than_kinds_have_are_names() -> None:
    values = [f"v{n}" for n in range(MAX_VALUES + 1)]
    assert kinds(crowd("team", *values, *values, *values)) == {}
    assert set(kinds(crowd("team", *values[1:], *values[1:]))) == {"team"}


@pytest.mark.parametrize("label", [
    "email", "workEmail", "phone", "mobile_number", "name", "firstName", "last_name", "address", "street", "zip",
    "birthday", "id", "customer_id", "ip",
])  # fmt: skip
def test_what_leads_to_a_person_is_never_a_kind(label: str) -> None:
    assert kinds(crowd(label, "same", "same", "same")) == {}


@pytest.mark.parametrize("label", ["plan", "plan_name", "company.plan", "country", "preferred_contact", "sms_opt_in"])
def test_what_many_share_is_one(label: str) -> None:
    assert len(kinds(crowd(label, "same", "same", "same"))) == 1


@pytest.mark.parametrize("value", ["ada@stone.example", "+44 20 7946 0958", "@ada"])
def test_a_value_that_leads_to_a_person_makes_its_label_no_kind(value: str) -> None:
    assert kinds(crowd("contact", value, value, "post", "post")) == {}


def test_the_widest_labels_come_first_and_ties_go_by_name() -> None:
    both = [stated([said(user=f"c{n}", b="x", a="x")]) for n in range(2)]
    assert list(kinds([*both, *crowd("z", "x", "x", "x")])) == ["z", "a", "b"]
