"""How an event lies in the store."""

from __future__ import annotations

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from memory.record import NAMESPACE, from_payload, point_id, to_payload
from memory.scope import Scope
from tests.builders import order


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_points_id_is_the_uuid5_of_its_workspace_and_key(first: str, second: str) -> None:
    assert point_id(Scope("shop"), first, second) == str(uuid5(NAMESPACE, "\0".join(("shop", first, second))))


def test_a_record_comes_back_as_it_was_written() -> None:
    record = order("2026-01-02", 12.5, "ada", "Lamp", "Bulb", anonymousId="v1", context={"groupId": "acme"})
    assert from_payload(to_payload(Scope("shop"), record)) == record


def test_an_amount_in_another_currency_than_its_events_counts_as_none() -> None:
    assert order("2026-01-02", "12 €", properties={"currency": "USD"}).amount is None
    assert order("2026-01-02", "12 €", properties={"currency": "EUR"}).amount == 12
