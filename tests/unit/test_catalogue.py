"""The vocabulary of events: names, labels and values."""

from __future__ import annotations

from typing import Any

from memory.record import Record
from tests.builders import record
from tools.catalogue import MAX_VALUES, Label, make_catalogue


def trip(day: int, **properties: Any) -> Record:
    return record("Trip Booked", f"2026-01-{day:02}", properties=properties)


async def test_names_labels_and_values_are_counted() -> None:
    found = await make_catalogue([[trip(1, cabin="first"), trip(2, cabin="first")], [trip(3, cabin="second")]])
    assert found.titles == {"Trip Booked": 3}
    assert found.label("Cabin") == Label(
        "cabin", frozenset({"text"}), frozenset({"Trip Booked"}), {"first": 2, "second": 1}, 3
    )


async def test_spellings_of_one_label_are_one_label() -> None:
    found = await make_catalogue([[trip(1, cabin_class="a"), trip(2, cabinClass="a"), trip(3, **{"Cabin-Class": "b"})]])
    label = found.label("CABIN_CLASS")
    assert label is not None
    assert (label.name, label.count, label.values) == ("cabin class", 3, {"a": 2, "b": 1})
    assert len(found.labels) == 1


async def test_kinds_tell_numbers_flags_dates_and_texts_apart() -> None:
    found = await make_catalogue([[trip(1, nights=2, paid=True, leaves="2026-03-01", seat="12", note="far away")]])
    assert {name: set(label.kinds) for name, label in found.labels.items()} == {
        "nights": {"number"}, "paid": {"flag"}, "leaves": {"date"}, "seat": {"text", "number"}, "note": {"text"},
    }  # fmt: skip
    assert found.labels["paid"].values == {"true": 1}


async def test_a_label_with_very_many_or_very_long_values_is_open() -> None:
    many = [record("Trip Booked", "2026-01-01", id=f"m{n}", properties={"pnr": f"x{n}"}) for n in range(MAX_VALUES + 1)]
    found = await make_catalogue([many, [trip(2, letter="x" * 61)]])
    assert [(found.labels[name].open, found.labels[name].values) for name in ("pnr", "letter")] == [(True, {})] * 2
    assert found.labels["pnr"].count == MAX_VALUES + 1
    at_most = await make_catalogue([many[:MAX_VALUES]])
    assert not at_most.labels["pnr"].open
