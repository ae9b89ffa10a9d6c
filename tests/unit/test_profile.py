"""Profiles: sums, counts and names, each with the events it rests on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from memory.profile import MAX_EVIDENCE, TOP_ITEMS, Profile, fold_profile
from memory.record import Record
from tests.builders import at, in_order, order, record


def profile(*records: Record) -> Profile:
    return fold_profile("c1", in_order(records))


def refund(when: str, total: object) -> Record:
    return record("Order Refunded", when, properties={"total": total, "currency": "EUR"})


def test_nobody_has_a_profile_without_events() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        fold_profile("c1", [])


def test_value_is_net_of_refunds_whatever_their_sign() -> None:
    found = profile(order("2026-01-01", 50), refund("2026-01-02", 20), refund("2026-01-03", -5))
    assert found.value == {"EUR": Decimal(25)}
    assert (found.purchases, found.refunds) == (1, 2)


def test_money_is_summed_exactly() -> None:
    assert profile(order("2026-01-01", 0.1), order("2026-01-02", 0.2)).value == {"EUR": Decimal("0.3")}


def test_currencies_are_never_added_up() -> None:
    pounds = order("2026-01-02", 7, properties={"currency": "gbp"})
    nameless = order("2026-01-03", 3, properties={"currency": None})
    found = profile(order("2026-01-01", 5), pounds, nameless)
    assert found.value == {"EUR": Decimal(5), "GBP": Decimal(7), "unknown": Decimal(3)}


@pytest.mark.parametrize("revenue", ["nan", "Infinity", "a lot", None, True, "1e40"])
def test_what_is_no_amount_counts_as_a_purchase_without_value(revenue: object) -> None:
    found = profile(order("2026-01-01", revenue))  # type: ignore[arg-type]
    assert (found.purchases, found.value) == (1, {})


def test_amounts_sent_as_text_count() -> None:
    assert profile(order("2026-01-01", "9.90")).value == {"EUR": Decimal("9.90")}


def test_an_amount_in_an_event_that_moves_no_money_is_not_counted() -> None:
    assert profile(record("Cart Viewed", "2026-01-01", properties={"value": 99, "currency": "EUR"})).value == {}


def test_the_latest_name_email_and_company_stand() -> None:
    early = record(
        "",
        "2026-01-01",
        type="identify",
        id="i1",
        traits={"name": "Ada King", "email": "ada@old.example", "company": "A"},
    )
    late = record("", "2026-02-01", type="identify", id="i2", traits={"firstName": "Ada", "lastName": "Lovelace"})
    found = profile(late, early)
    assert (found.name, found.email, found.company) == ("Ada Lovelace", "ada@old.example", "A")
    assert (found.evidence["name"], found.evidence["email"]) == (["i2"], ["i1"])


def test_a_company_may_be_an_object_with_a_name() -> None:
    assert profile(record("", "2026-01-01", type="identify", traits={"company": {"name": "Acme"}})).company == "Acme"


def test_items_are_counted_once_an_event_and_ties_go_by_name() -> None:
    found = profile(
        order("2026-01-01", 1, "c1", "Lamp", "Lamp", "Bulb"),
        order("2026-01-02", 1, "c1", "Lamp", "Axe"),
        record("Order Refunded", "2026-01-03", properties={"products": [{"name": "Axe"}]}),
    )
    assert found.top_items == [("Lamp", 2), ("Axe", 1), ("Bulb", 1)]


def test_only_the_top_items_are_listed() -> None:
    assert len(profile(order("2026-01-01", 1, "c1", *"abcdefgh")).top_items) == TOP_ITEMS


def test_days_of_activity_leave_out_what_others_did() -> None:
    found = profile(
        order("2026-01-01T08:00:00Z"),
        order("2026-01-01T18:00:00Z"),
        record("Signed In", "2026-01-03", id="last-active"),
        record("Invoice Sent", "2026-01-09", id="newest"),
    )
    assert found.active_days == 2
    assert (found.last_active, found.last_seen) == (at("2026-01-03T12:00"), at("2026-01-09T12:00"))
    assert (found.evidence["last_active"], found.evidence["last_seen"]) == (["last-active"], ["newest"])


def test_who_never_did_anything_was_never_active() -> None:
    found = profile(record("Invoice Sent", "2026-01-09"))
    assert found.last_active is None
    assert "last_active" not in found.evidence


def test_the_anonymous_life_is_part_of_it() -> None:
    before = record("Home", "2026-01-01", None, type="page", anonymousId="a1")
    found = profile(before, record("Signed Up", "2026-01-02", anonymousId="a1"))
    assert (found.joined_ids, found.events, found.first_seen) == (("a1",), 2, at("2026-01-01T12:00"))


def test_evidence_is_the_newest_and_bounded_while_counts_are_whole() -> None:
    many = [order(f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z", 1, id=f"o{n:03}") for n in range(MAX_EVIDENCE + 20)]
    found = profile(*many)
    assert (found.purchases, found.value) == (len(many), {"EUR": Decimal(len(many))})
    assert found.evidence["purchases"] == [r.message_id for r in many][-MAX_EVIDENCE:]
