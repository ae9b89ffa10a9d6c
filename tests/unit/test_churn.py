"""The churn signal of one customer: status, probability, band, drivers and their words, and what an operator sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from memory.overrides import Said, Word
from memory.record import Record
from memory.workspace import Bands, ChurnDefinition
from tests.builders import at, customer, in_order, order, prior_model, record, visits
from tools.churn import Signal, open_troubles
from tools.prediction.bands import band_of, thresholds
from tools.prediction.drivers import Driver
from tools.prediction.known import own_gap_days
from tools.prediction.shelf import Awaited
from tools.prediction.trained import NO_MODEL
from tools.survey import Reference

CHURN = ChurnDefinition(inactive_days=90, horizon_days=45)
MODEL = prior_model(CHURN, at("2026-04-01"))


def signal(*records: Record, as_of: str = "2026-04-01", churn: ChurnDefinition = CHURN) -> Signal:
    return customer("c1", records, as_of, churn).signal


def weekly(last: str, *others: Record) -> list[Record]:
    """A buyer with a week between active days, last active on this day."""
    return [order("2025-12-01"), *visits(last, -7, 8), *others]


def driver(found: Signal, name: str) -> Driver:
    return next(each for each in found.drivers if each.name == name)


def test_a_rhythm_is_the_median_gap_between_active_days() -> None:
    assert own_gap_days(in_order(visits("2026-01-01", 7, 4))) == 7
    assert own_gap_days([*visits("2026-01-01", 1, 3), *visits("2026-03-01", 1, 1)]) == 1
    assert own_gap_days(visits("2026-01-01", 0.1, 9)) is None


def test_who_is_as_active_as_ever_has_a_low_signal() -> None:
    found = signal(*weekly("2026-03-30"))
    assert (found.status, found.band, found.horizon_days, found.high_since) == ("prior", "low", 45, None)
    assert driver(found, "silence").direction == "lowers"


def test_the_longer_the_silence_against_their_own_rhythm_the_higher_the_probability() -> None:
    days = ["2026-03-30", "2026-03-20", "2026-03-05", "2026-02-15", "2026-01-15"]
    found = [signal(*weekly(day)).probability or 0.0 for day in days]
    assert found == sorted(set(found))
    assert 0 < found[0] < 0.2 < 0.8 < found[-1] < 1


def test_a_silence_tells_its_days_and_the_rhythm_with_the_events_that_show_it() -> None:
    records = weekly("2026-03-10")
    silence = driver(signal(*records), "silence")
    assert silence.sentence == "22 days without activity; their median gap between active days is 7 days"
    assert silence.values == {"days_silent": (22, "days"), "usual_gap_days": (7, "days")}
    assert silence.behind("days_silent") == tuple(r.message_id for r in in_order(records))[-1:]


def test_the_drivers_and_the_intercept_add_up_to_the_score() -> None:
    found = signal(*weekly("2026-03-10"))
    assert found.forecast
    total = found.forecast.intercept + sum(each.contribution for each in found.drivers)
    assert total == pytest.approx(found.score, abs=1e-9)


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([record("Invoice Sent", "2026-01-01")], "They have done nothing of their own yet."),
        ([record("Signed Up", "2026-01-01")], "They have not bought anything yet: only who has bought can leave."),
    ],
)
def test_too_little_history_gives_no_number_and_says_why(records: list[Record], why: str) -> None:
    found = signal(*records)
    assert (found.status, found.score, found.band, found.drivers) == ("insufficient_data", None, None, ())
    assert found.reason == why


def test_where_nothing_could_be_learnt_and_nothing_is_usual_there_is_no_number() -> None:
    found = customer("c1", weekly("2026-03-30"), churn=CHURN, model=replace(MODEL, form=NO_MODEL)).signal
    assert (found.status, found.probability) == ("insufficient_data", None)
    assert found.reason.startswith("Too few customers")


def test_a_model_that_was_learnt_here_gives_a_score_and_no_prior() -> None:
    learnt = replace(MODEL, form="offset")
    assert customer("c1", weekly("2026-03-30"), churn=CHURN, model=learnt).signal.status == "scored"


def test_while_the_model_is_trained_there_is_no_number() -> None:
    found = customer("c1", weekly("2026-03-30"), churn=CHURN, model=Awaited("v1")).signal
    assert (found.status, found.probability, found.band, found.model) == ("training", None, None, "v1")


def test_who_has_left_keeps_the_probability_of_then() -> None:
    gone = signal(order("2026-01-01"), record("Subscription Cancelled", "2026-03-02", id="bye"))
    then = signal(order("2026-01-01"), as_of="2026-03-02T12:00")
    assert (gone.status, gone.score, gone.band) == ("churned", None, None)
    assert gone.probability == then.probability
    assert gone.drivers[0].sentence == "89 days without activity; counted as churned for 29 days"


def test_the_days_of_silence_of_who_has_left_rest_on_the_last_activity_alone() -> None:
    found = signal(order("2026-01-01", id="o1"), record("Subscription Cancelled", "2026-03-02", id="bye"))
    gone = driver(found, "churned")
    assert (gone.behind("days_silent"), gone.behind("days_churned")) == (("o1",), ("bye",))


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
    records = weekly("2026-02-01")
    found = customer("c1", records, churn=CHURN)
    assert found.stage == "at_risk"
    since = found.stages[-1].since
    assert at("2026-02-01") < since < at("2026-04-01")
    # Judged by the same model: reckoned a day before, they were not.
    bands = [
        customer("c1", records, day.strftime("%Y-%m-%dT%H:%M:%S"), CHURN, MODEL).signal.band
        for day in (since - timedelta(days=1), since)
    ]
    assert bands[1] == "high" != bands[0]


def test_bands_are_told_by_the_usual_odds_or_as_they_are_set() -> None:
    assert thresholds(Bands(), 0.25) == (pytest.approx(1 / 3), pytest.approx(0.5))
    assert thresholds(Bands(medium=0.2, high=0.4), 0.25) == (0.2, 0.4)
    assert [band_of(each, (0.2, 0.4)) for each in (0.19, 0.2, 0.39, 0.4)] == ["low", "medium", "medium", "high"]


def test_a_percentile_is_the_share_of_probabilities_that_are_not_higher() -> None:
    reference = Reference(at("2026-04-01"), {}, MODEL, [0.1, 0.4, 0.4, 0.9])
    assert [reference.percentile(each) for each in (0.1, 0.4, 0.9)] == [25.0, 75.0, 100.0]
    assert Reference(at("2026-04-01"), {}, MODEL).percentile(1.0) is None


# --- What an operator sets ---


def word(band: str | None, made: str, expires: str | None = None, received: str | None = None) -> Word:
    return Word.model_validate({
        "band": band, "author": "Eve", "reason": "They told me", "made_at": at(made),
        "received_at": at(received or made), "expires_at": at(expires) if expires else None,
    })  # fmt: skip


def held(said: Said, *moments: str) -> list[str | None]:
    found = [said.at(at(moment)) for moment in moments]
    return [each.band if each else None for each in found]


def test_an_override_sets_the_band_and_leaves_the_probability() -> None:
    plain = customer("c1", weekly("2026-03-30"), churn=CHURN)
    found = customer("c1", weekly("2026-03-30"), churn=CHURN, overrides={"c1": word("high", "2026-03-31")})
    assert (plain.signal.band, found.signal.band) == ("low", "high")
    assert found.signal.probability == plain.signal.probability
    assert (found.stage, found.stages[-1].since) == ("at_risk", at("2026-03-31"))


def test_a_low_override_takes_somebody_out_of_at_risk() -> None:
    found = customer("c1", weekly("2026-02-01"), churn=CHURN, overrides={"c1": word("low", "2026-03-31")})
    assert (found.signal.band, found.stage == "at_risk") == ("low", False)


def test_an_override_of_who_was_joined_since_counts_for_who_they_are() -> None:
    joined = record("Pricing", "2025-12-02", None, type="page", anonymousId="v1")
    found = customer("c1", weekly("2026-03-30", joined), churn=CHURN, overrides={"v1": word("high", "2026-03-31")})
    assert found.signal.band == "high"


def test_an_override_of_who_has_left_is_shown_and_changes_nothing() -> None:
    records = [order("2026-01-01"), record("Subscription Cancelled", "2026-03-02")]
    found = customer("c1", records, churn=CHURN, overrides={"c1": word("low", "2026-03-31")}).signal
    assert (found.status, found.band, found.override is None) == ("churned", None, False)


def test_an_override_holds_from_when_it_was_made_until_it_expires() -> None:
    said = Said(client_id="c1", words=(word("high", "2026-03-01", "2026-03-10"),))
    moments = ("2026-02-28T23:59", "2026-03-01", "2026-03-09T23:59", "2026-03-10")
    assert held(said, *moments) == [None, "high", "high", None]


def test_a_later_word_takes_its_place_and_the_past_keeps_the_first() -> None:
    words = (
        word("high", "2026-03-01", "2026-04-01"), word("low", "2026-03-05", "2026-03-07"), word(None, "2026-03-20")
    )  # fmt: skip
    said = Said(client_id="c1", words=words)
    moments = ("2026-03-04", "2026-03-05", "2026-03-08", "2026-03-21")
    assert held(said, *moments) == ["high", "low", None, None]


def test_what_was_not_said_yet_is_not_known() -> None:
    said = Said(client_id="c1", words=(word("high", "2026-03-01", "2026-04-01", received="2026-03-02"),))
    assert said.at(at("2026-03-05"), known_at=at("2026-03-02")) is None
    assert said.at(at("2026-03-05"), known_at=at("2026-03-02T00:01")) is not None


def test_what_others_do_to_a_customer_does_not_change_since_when_they_are_high() -> None:
    quiet = weekly("2026-01-28")
    badge = record("Badge Awarded", "2026-03-27")
    since = [signal(*in_order(records)).high_since for records in (quiet, [*quiet, badge])]
    assert since[0]
    assert since[1]
    assert abs(since[1] - since[0]) <= timedelta(days=1)


def test_who_left_where_no_model_could_be_made_has_no_score_to_keep() -> None:
    left = in_order([*weekly("2026-03-10"), record("Subscription Cancelled", "2026-03-20")])
    found = customer("c1", left, churn=CHURN, model=replace(MODEL, form=NO_MODEL)).signal
    assert (found.status, found.probability) == ("churned", None)
    assert found.reason == "They have left; there is no score of when they did."
    assert [each.name for each in found.drivers] == ["churned"]


def test_the_prior_says_why_it_stands_in() -> None:
    reasons = [customer("c1", weekly("2026-03-30"), churn=CHURN, model=replace(MODEL, why=why)).signal.reason
               for why in ("", "Nobody has been followed for a whole horizon yet")]  # fmt: skip
    assert reasons[0].startswith("Too few customers to learn from: ")
    assert reasons[1].startswith("Nobody has been followed for a whole horizon yet: ")


def test_activity_that_nobody_ever_did_is_not_called_doing_nothing() -> None:
    found = signal(*weekly("2026-03-30"), churn=ChurnDefinition(activity=("Never Seen",)))
    assert (found.status, found.reason) == (
        "insufficient_data",
        "What they did so far does not count as activity here.",
    )
