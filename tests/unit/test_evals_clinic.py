"""The practices' gold, computed again without SQL: nested values, text amounts, yes and no, weeks from Sunday."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from evals.domains.clinic.history import ZONE
from evals.domains.registry import tables_of
from evals.generated.unanswerable import held
from evals.sample import DATA, Sample, read_samples
from evals.scoring.known import know
from evals.scoring.values import KINDS, REFUSALS, value_fault
from evals.sources import SOURCES

SAMPLES = read_samples(DATA / "domain_clinic.jsonl")
FERRY = read_samples(DATA / "domain_ferry.jsonl")
LEAST = 5


def told(event: str) -> list[dict[str, Any]]:
    """The properties of the events of a name, each with its customer, local day, in order."""
    return [
        {
            **line["properties"],
            "who": line["userId"],
            "day": _day(line),
        }
        for line in SOURCES["clinic"].lines()
        if line.get("event") == event
    ]


def gold(question: str) -> Any:
    """The value of the one sample of this question."""
    (found,) = (sample for sample in SAMPLES if sample.question == question)
    return found.gold.value


def test_the_practices_have_enough_questions_of_each_category() -> None:
    assert min(Counter(sample.category for sample in SAMPLES).values()) >= LEAST


def test_no_question_of_the_practices_is_worded_as_one_of_the_ferry_line() -> None:
    assert {sample.question for sample in SAMPLES}.isdisjoint(sample.question for sample in FERRY)


def test_silence_answers_no_question_of_the_practices_that_has_an_answer() -> None:
    for sample in SAMPLES:
        assert sample.gold.kind in KINDS
        if sample.gold.kind not in REFUSALS:
            assert value_fault(sample.gold.kind, sample.gold.value, "", know("clinic")), sample.id


def test_evidence_of_an_earlier_day_was_known_to_the_practices_by_then() -> None:
    days = {line["messageId"]: _day(line) for line in SOURCES["clinic"].lines()}
    for sample in SAMPLES:
        if sample.as_of:
            assert all(days[key] <= sample.as_of for key in sample.gold.evidence), sample.id


def test_the_practices_know_no_stranger() -> None:
    assert held(tables_of("clinic"), ("Grunwald", "ownr_9321", "salary")) == set()


def test_a_week_begins_on_sunday() -> None:
    days = [each["day"] for each in told("Reminder Sent")]
    assert gold("how many reminders did we send last week?") == sum("2026-03-08" <= day <= "2026-03-14" for day in days)
    visits = [each["day"] for each in told("Visit Completed")]
    assert gold("Visits completed this week so far?") == sum(day >= "2026-03-15" for day in visits)
    assert gold("Visits completed this week so far?") != sum(day >= "2026-03-16" for day in visits)


def test_online_bookings_are_those_that_say_so() -> None:
    online = [each for each in told("Appointment Booked") if each["bookedOnline"] and each["day"].startswith("2025")]
    assert gold("Appointments booked online in 2025: number?") == len(online)


def test_amounts_in_text_add_up() -> None:
    february = [float(each["total"]) for each in told("Invoice Settled") if each["day"].startswith("2026-02")]
    assert gold("invoice total for February 2026, all practices")["value"] == round(sum(february), 2)


def test_a_service_is_billed_by_its_lines_alone() -> None:
    lines = [line for each in told("Invoice Settled") for line in each["lines"]]
    amounts = [float(line["amount"]) for line in lines if line["service"] == "Dental cleaning"]
    question = "What have we billed for the service Dental cleaning in total?"
    assert gold(question)["value"] == round(sum(amounts), 2)


def test_an_animal_weighs_what_its_last_visit_says() -> None:
    visits = [each["pet"] for each in told("Visit Completed") if each["pet"]["name"] == "Moose"]
    assert gold("What did Moose weigh at his last visit?")["value"] == visits[-1]["weightLb"]


def test_the_best_payers_are_those_with_the_highest_totals() -> None:
    paid: defaultdict[str, float] = defaultdict(float)
    for each in told("Invoice Settled"):
        paid[each["who"]] += float(each["total"])
    best = sorted(paid, key=lambda who: -paid[who])[:3]
    assert gold("our three best-paying customers by invoice total, biggest first") == best


def test_a_care_plan_of_an_earlier_day_is_the_last_one_joined_by_then() -> None:
    (sample,) = (s for s in SAMPLES if s.question.startswith("Back on December 31, 2025"))
    assert sample.gold.value["first"] == [_joined(sample, "2025-12-31")]
    assert sample.gold.value["first"] != [_joined(sample, "2026-12-31")]


def test_several_parts_are_each_true() -> None:
    given = [each["vaccine"] for each in told("Vaccination Given") if each["day"].startswith("2025")]
    number, most = gold("how many vaccinations did we give in 2025, and which vaccine was given most in 2025?")
    assert number["value"] == len(given)
    assert most["value"]["first"] == [Counter(given).most_common(1)[0][0]]


def test_the_events_are_nested_and_hold_no_products() -> None:
    text = (DATA / "domain_clinic_events.jsonl").read_text()
    assert '"products"' not in text
    assert all(isinstance(each["pet"], dict) for each in told("Visit Completed"))
    assert all(isinstance(each["total"], str) for each in told("Invoice Settled"))
    assert json.loads(text.split("\n")[0])["messageId"]


def _joined(sample: Sample, day: str) -> str:
    plans: list[str] = [
        each["plan"]["name"]
        for each in told("Plan Joined")
        if each["who"] in sample.customer_ids and each["day"] <= day
    ]
    return plans[-1]


def _day(line: dict[str, Any]) -> str:
    return datetime.fromisoformat(line["timestamp"]).astimezone(ZoneInfo(ZONE)).date().isoformat()
