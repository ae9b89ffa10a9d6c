"""What a feature says of a customer: its sentence, its numbers, and events that show them."""

from __future__ import annotations

import numpy as np
import pytest

from memory.record import Record
from memory.workspace import ChurnDefinition
from tests.builders import at, in_order, order, record, visits
from tools.prediction.columns import columns
from tools.prediction.drivers import family_of
from tools.prediction.features import Spec, make_features
from tools.prediction.known import Known
from tools.prediction.reasons import reason_of
from tools.prediction.scoring import rows_at
from tools.prediction.table import make_table

AS_OF = "2026-04-01"


def history() -> list[Record]:
    """A weekly visitor who bought twice, was sent an invoice and has a ticket open."""
    return in_order([
        *visits("2026-01-05", 7, 11),
        order("2026-01-20", revenue=40),
        order("2026-03-15", revenue=25.5),
        record("Invoice Sent", "2026-03-16"),
        record("Support Ticket Opened", "2026-03-20"),
    ])  # fmt: skip


def known(records: list[Record], **definition: object) -> Known:
    return Known(records, at(AS_OF), ChurnDefinition.model_validate(definition))


def features(records: list[Record]) -> dict[str, float]:
    """The numbers a model sees of the same customer."""
    spec = Spec(titles=tuple(sorted({r.title for r in records})))
    table = columns(make_table({"c1": records}), spec)
    return {name: float(values[0]) for name, values in make_features(table, rows_at([0], [at(AS_OF)])).items()}


@pytest.mark.parametrize(
    ("feature", "number"),
    [
        ("active_days_30", "active_days"),
        ("active_days_90", "active_days"),
        ("active_days", "active_days"),
        ("events_30", "events"),
        ("events_180", "events"),
        ("purchases", "purchases"),
        ("other_events_30", "other_events"),
        ("count: Signed In", "title_events"),
        ("count_30: Signed In", "title_events"),
        ("open_support", "support_events"),
    ],
)
def test_the_number_told_is_the_feature_that_the_model_saw(feature: str, number: str) -> None:
    told = reason_of(feature, known(history()))
    assert told is not None
    assert told.values[number][0] == features(history())[feature]


@pytest.mark.parametrize(("feature", "number"), [("value_30", 25.5), ("value_90", 65.5), ("value_total", 65.5)])
def test_money_told_is_the_money_that_the_model_saw(feature: str, number: float) -> None:
    told = reason_of(feature, known(history()))
    assert told is not None
    assert told.values["paid"][0] == number == features(history())[feature]


def test_every_feature_of_a_lively_customer_can_be_told_and_shown() -> None:
    seen = known(history())
    for feature, value in features(history()).items():
        told = reason_of(feature, seen)
        if not np.isnan(value) and not (feature.startswith("open_") and value == 0):
            assert told, feature
            assert told.shown, feature


def test_the_cited_events_alone_give_the_same_sentence() -> None:
    records = history()
    for feature in features(records):
        told = reason_of(feature, known(records))
        if told:
            assert reason_of(feature, known(in_order(dict.fromkeys(told.shown)))) == told, feature


def test_where_nothing_happened_in_a_window_the_last_such_event_shows_since_when() -> None:
    told = reason_of("events_7", known(visits("2026-01-05", 7, 3)))
    assert told is not None
    assert told.sentence == "did 0 things of their own in the last 7 days"
    assert [r.occurred_at.date().isoformat() for r in told.shown] == ["2026-01-19"]


def test_a_silence_tells_its_days_and_the_rhythm_with_the_events_that_show_it() -> None:
    told = reason_of("recency_days", known(visits("2026-01-05", 7, 10)))
    assert told is not None
    assert told.sentence == "23 days without activity; their median gap between active days is 7 days"
    assert told.values == {"days_silent": (23, "days"), "usual_gap_days": (7, "days")}
    assert told.rests_on["days_silent"] == [told.shown[-1]]


def test_only_the_activity_that_the_operator_chose_breaks_a_silence() -> None:
    told = reason_of("recency_days", known(history(), activity=["Order Completed"]))
    assert told is not None
    assert told.values["days_silent"] == (16, "days")


def test_amounts_of_several_currencies_are_not_added_up() -> None:
    dollars = order("2026-03-02", properties={"currency": "USD"})
    told = reason_of("value_90", known([order("2026-03-01", revenue=5), dollars]))
    assert told is not None
    assert told.sentence == "bought 2 times in the last 90 days"


def test_of_an_unknown_feature_nothing_is_told() -> None:
    assert reason_of("shoe_size", known(history())) is None


def test_the_first_of_a_kind_is_told_as_the_first() -> None:
    told = reason_of("days_since_first: Order Completed", known(history()))
    assert told is not None
    assert told.sentence == "70 days since their first Order Completed"
    assert [each.occurred_at.date().isoformat() for each in told.shown] == ["2026-01-20"]
    assert told.values["days_since"][0] == int(features(history())["days_since_first: Order Completed"])


@pytest.mark.parametrize("title", ["Order {x}", "{0.__class__}", "A: b", "two\nlines", "<b>"])
@pytest.mark.parametrize("feature", ["count: {}", "count_30: {}", "days_since: {}", "days_since_first: {}"])
def test_a_title_is_told_as_it_is_whatever_it_holds(title: str, feature: str) -> None:
    name = f"{feature[:-2]}{title}"
    told = reason_of(name, known([record(title, "2026-03-20")]))
    assert told is not None
    assert title in told.sentence
    assert family_of(name) == "event_types"


def test_personal_numbers_are_masked_in_a_reason() -> None:
    records = [record("Signed In", "2026-03-20", properties={"card": 4111111111111111, "seats": 7})]
    told, plain = (
        reason_of("said: Signed In: card", known(records)),
        reason_of("said: Signed In: seats", known(records)),
    )
    assert told is not None
    assert plain is not None
    assert "4111111111111111" not in told.sentence
    assert told.values == {}
    assert plain.values == {"last_said": (7, "")}
