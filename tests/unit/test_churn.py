"""The first churn signal: silence against a rhythm, troubles that are open, and the words for both."""

from __future__ import annotations

import math

import pytest

from memory.record import Record
from memory.workspace import ChurnDefinition
from tests.builders import at, customer, in_order, order, record, visits
from tools.churn import HIGH_FROM, MEDIUM_FROM, Driver, Signal, open_troubles, own_gap_days
from tools.survey import Reference

CHURN = ChurnDefinition(inactive_days=90, horizon_days=45)


def signal(*records: Record, as_of: str = "2026-04-01", usual: float | None = None) -> Signal:
    return customer("c1", records, as_of, usual, CHURN).signal


def weekly(last: str, *others: Record) -> list[Record]:
    """A buyer with a week between active days, last active on this day."""
    return [order("2025-12-01"), *visits(last, -7, 8), *others]


def driver(found: Signal, name: str) -> Driver:
    return next(each for each in found.drivers if each.name == name)


def test_a_rhythm_is_the_median_gap_between_active_days() -> None:
    assert own_gap_days(in_order(visits("2026-01-01", 7, 4))) == 7
    assert own_gap_days([*visits("2026-01-01", 1, 3), *visits("2026-03-01", 1, 1)]) == 1
    assert own_gap_days(visits("2026-01-01", 0.1, 9)) is None
    assert own_gap_days([record("Invoice Sent", f"2026-01-0{day}") for day in range(1, 9)]) is None


def test_who_is_as_active_as_ever_has_a_low_signal() -> None:
    found = signal(*weekly("2026-03-30"))
    assert (found.status, found.band, found.horizon_days, found.high_since) == ("scored", "low", 45, None)
    assert driver(found, "silence").direction == "lowers"


@pytest.mark.parametrize(("last", "band"), [("2026-03-22", "low"), ("2026-03-19", "medium"), ("2026-03-10", "high")])
def test_the_longer_the_silence_against_their_own_rhythm_the_higher_the_band(last: str, band: str) -> None:
    assert signal(*weekly(last)).band == band


def test_a_silence_tells_its_days_and_the_rhythm_with_the_events_that_show_it() -> None:
    records = weekly("2026-03-10")
    silence = driver(signal(*records), "silence")
    assert silence.sentence == "22 days without activity; their median gap between active days is 7 days"
    assert silence.values == {"days_silent": (22, "days"), "usual_gap_days": (7, "days")}
    assert silence.contribution == round(math.log2(22 / 7), 4)
    assert silence.evidence == tuple(r.message_id for r in in_order(records) if r.title == "Signed In")[-6:]


def test_without_a_rhythm_of_their_own_the_usual_one_stands_in_and_is_said_to() -> None:
    found = signal(order("2026-01-01"), usual=10)
    assert found.status == "prior"
    assert driver(found, "silence").sentence == "89 days without activity; the usual gap of customers here is 10 days"


@pytest.mark.parametrize(
    ("records", "usual"),
    [
        ([record("Signed Up", "2026-01-01")], 7.0),
        ([record("Order Refunded", "2026-03-01")], 7.0),
        ([order("2026-03-01")], None),
    ],
)
def test_too_little_history_gives_no_score(records: list[Record], usual: float | None) -> None:
    found = signal(*records, usual=usual)
    assert (found.status, found.score, found.band, found.drivers) == ("insufficient_data", None, None, ())


def test_who_has_left_has_no_score_but_since_when() -> None:
    found = signal(order("2026-01-01"), record("Subscription Cancelled", "2026-03-02", id="bye"))
    assert (found.status, found.score, found.band) == ("churned", None, None)
    (gone,) = found.drivers
    assert gone.sentence == "89 days without activity; counted as churned for 29 days"
    assert gone.evidence[0] == "bye"


def test_the_days_of_silence_of_who_has_left_rest_on_the_last_activity_alone() -> None:
    found = signal(order("2026-01-01", id="o1"), record("Subscription Cancelled", "2026-03-02", id="bye"))
    (gone,) = found.drivers
    assert (gone.behind("days_silent"), gone.behind("days_churned")) == (("o1",), ("bye",))


def test_an_open_trouble_raises_the_signal_and_names_its_events() -> None:
    failed = record("Payment Failed", "2026-03-28", id="f1")
    found = signal(*weekly("2026-03-30", failed))
    payment = driver(found, "payment")
    assert (payment.direction, payment.evidence, payment.values["payment_events"]) == ("raises", ("f1",), (1, "events"))
    assert payment.sentence == "a failed payment that is not settled, once in the last 90 days"
    assert found.score == round(sum(each.contribution for each in found.drivers), 4)


def test_the_second_trouble_of_a_kind_says_less_than_the_first() -> None:
    tickets = [record("Support Ticket Opened", f"2026-03-2{n}") for n in range(3)]
    one, two, three = (driver(signal(*weekly("2026-03-30", *tickets[:n])), "support").contribution for n in (1, 2, 3))
    assert one < two < three
    assert two - one < one


def test_a_settled_trouble_is_none() -> None:
    settled = [record("Payment Failed", "2026-03-01"), record("Payment Succeeded", "2026-03-02")]
    assert [each.name for each in signal(*weekly("2026-03-30", *settled)).drivers] == ["silence"]


def test_what_names_a_ticket_settles_only_that_one() -> None:
    records = [
        record("Support Ticket Opened", "2026-03-01", properties={"ticket_id": "t1"}, id="t1"),
        record("Support Ticket Opened", "2026-03-02", properties={"ticket_id": "t2"}, id="t2"),
        record("Support Ticket Resolved", "2026-03-03", properties={"ticket_id": "t1"}),
    ]
    assert [r.message_id for r in open_troubles(records, at("2026-04-01"))] == ["t2"]
    nameless = record("Support Ticket Resolved", "2026-03-04")
    assert open_troubles([*records, nameless], at("2026-04-01")) == []


def test_a_trouble_older_than_a_quarter_is_not_counted() -> None:
    ticket = record("Support Ticket Opened", "2026-01-01T00:00:00Z")
    assert open_troubles([ticket], at("2026-04-01")) == [ticket]
    assert open_troubles([ticket], at("2026-04-01T00:01")) == []


def test_a_high_signal_makes_the_stage_at_risk_since_it_became_high() -> None:
    found = customer("c1", weekly("2026-03-01"), "2026-04-01", churn=CHURN)
    assert found.stage == "at_risk"
    assert found.stages[-1].since == at("2026-03-22")
    assert found.stages[-1].evidence


def test_nobody_is_late_within_half_a_week() -> None:
    daily = [order("2026-02-01"), *visits("2026-02-20", 1, 38)]
    found = signal(*daily, as_of="2026-04-01")
    assert found.band == "low"


def test_bands_begin_where_the_score_says() -> None:
    assert 0 < MEDIUM_FROM < HIGH_FROM
    scores = {signal(*weekly(f"2026-03-{day:02}")).band: None for day in range(1, 32)}
    assert list(scores) == ["high", "medium", "low"]


def test_a_percentile_is_the_share_of_scored_customers_that_are_not_higher() -> None:
    people = [
        customer("a", [order("2026-03-01", user="a"), *visits("2026-03-30", -7, 5, "a")], churn=CHURN),
        customer("b", [order("2026-01-01", user="b"), *visits("2026-03-20", -7, 5, "b")], churn=CHURN),
        customer("c", [order("2026-01-01", user="c"), *visits("2026-03-20", -7, 5, "c")], churn=CHURN),
        customer("d", [record("Signed Up", "2026-03-01", "d")], churn=CHURN),
        customer("e", [order("2026-01-01", user="e"), *visits("2026-03-01", -7, 5, "e")], churn=CHURN),
    ]
    scores = sorted(person.signal.score for person in people if person.signal.score is not None)
    reference = Reference(at("2026-04-01"), {}, None, scores)
    found = {p.client_id: reference.percentile(p.signal.score) for p in people if p.signal.score is not None}
    assert found == {"a": 25.0, "b": 75.0, "c": 75.0, "e": 100.0}


def test_where_nobody_has_a_score_there_is_no_percentile() -> None:
    assert Reference(at("2026-04-01"), {}, None, []).percentile(1.0) is None
