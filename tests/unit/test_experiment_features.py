"""Features of a customer: what is known at the instant, as numbers."""

from __future__ import annotations

import math

from tests.builders import at, customer, order, record
from tools.experiment.features import features_of, hash_of

T = at("2026-04-01")


def test_features_are_numbers_of_what_happened() -> None:
    bought = order("2026-03-01", 100, "ada")
    ticket = record("Support Ticket Opened", "2026-03-22", "ada")
    found = features_of(customer("ada", [bought, ticket]), T)
    assert found["log_value"] == math.log1p(100)
    assert {name: found[name] for name in ("purchases", "active_days", "open_troubles")} == {
        "purchases": 1, "active_days": 2, "open_troubles": 1
    }  # fmt: skip
    assert (found["silent_days"], found["tenure_days"]) == (9.5, 30.5)
    assert 0 < found["churn_probability"] < 1
    assert list(found) == sorted(found)


def test_who_got_more_back_than_they_paid_is_worth_nothing() -> None:
    refund = record("Order Refunded", "2026-03-02", "ada", properties={"revenue": 50, "currency": "EUR"})
    assert features_of(customer("ada", [order("2026-03-01", 10, "ada"), refund]), T)["log_value"] == 0


def test_of_somebody_who_cannot_be_scored_there_is_no_probability() -> None:
    found = features_of(customer("ada", plan="pro"), T)
    assert not {"churn_probability", "silent_days"} & set(found)


def test_a_trait_is_a_number_or_one_of_its_texts() -> None:
    traits = {"seats": 12, "plan": "pro", "trusted": True}
    stated = record("", "2026-03-01", "ada", type="identify", traits=traits)
    found = features_of(
        customer("ada", [stated, order("2026-03-02", user="ada")]), T, ["seats", "plan", "trusted", "age"]
    )
    assert {name: value for name, value in found.items() if name.startswith("traits.")} == {
        "traits.seats": 12.0, "traits.plan=pro": 1.0, "traits.trusted": 1.0
    }  # fmt: skip


def test_a_hash_is_of_names_and_values_not_of_their_order() -> None:
    assert hash_of({"a": 1.0, "b": 2.0}) == hash_of({"b": 2.0, "a": 1.0})
    assert len({hash_of({"a": 1.0}), hash_of({"a": 1.5}), hash_of({"b": 1.0}), hash_of({})}) == 4
