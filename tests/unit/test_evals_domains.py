"""The domains that the product was not built for: what is kept is what is made, and its gold is true of its events."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evals.domains.registry import DOMAINS, samples_of, tables_of
from evals.domains.workspaces import WORKSPACES, lines_of
from evals.generated.unanswerable import held
from evals.oracle import read_world
from evals.sample import DATA, Sample, as_line, read_samples
from evals.scoring.known import Known, know
from evals.scoring.values import KINDS, REFUSALS, value_fault
from evals.sources import SOURCES
from evals.suites import unseen

NAMES = sorted(DOMAINS)
FERRY = {sample.id: sample for sample in read_samples(DATA / "domain_ferry.jsonl")}
LEAST = 9


def ferry(event: str, who: str | None = None) -> list[dict[str, Any]]:
    """The properties of the ferry line's events of a name, each with its local day, in order."""
    return [
        {**line["properties"], "who": line["userId"], "day": local_day("ferry", line)}
        for line in SOURCES["ferry"].lines()
        if line.get("event") == event and who in (None, line["userId"])
    ]


def local_day(name: str, line: dict[str, Any]) -> str:
    zone = ZoneInfo(WORKSPACES[name][1]["time_zone"])
    return datetime.fromisoformat(line["timestamp"]).astimezone(zone).date().isoformat()


def asked(question: str) -> Sample:
    """The one sample of this question."""
    (found,) = (sample for sample in FERRY.values() if sample.question == question)
    return found


@pytest.fixture(scope="module")
def known() -> Known:
    return know("ferry")


@pytest.mark.parametrize("name", NAMES)
def test_the_kept_events_are_those_that_are_made(name: str) -> None:
    made = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines_of(name))
    assert (DATA / f"domain_{name}_events.jsonl").read_text() == made


@pytest.mark.parametrize("name", NAMES)
def test_the_kept_samples_are_those_that_are_made(name: str) -> None:
    made = "".join(f"{as_line(sample)}\n" for sample in samples_of(name))
    assert (DATA / f"domain_{name}.jsonl").read_text() == made


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_makes_other_histories(name: str) -> None:
    assert lines_of(name, seed=8) != lines_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_no_event_is_later_than_the_clock_of_its_domain(name: str) -> None:
    assert max(local_day(name, line) for line in SOURCES[name].lines()) <= WORKSPACES[name][1]["now"]


@pytest.mark.parametrize("name", NAMES)
def test_every_category_of_a_domain_has_questions(name: str) -> None:
    found = {sample.category for sample in unseen.samples() if sample.workspace == name}
    assert found == {category for category, _ in DOMAINS[name]}


def test_the_ferry_line_has_enough_questions_of_each_category() -> None:
    assert min(Counter(sample.category for sample in FERRY.values()).values()) >= LEAST


def test_no_question_of_a_domain_is_asked_twice_of_the_same_day() -> None:
    times = Counter((s.workspace, s.before, s.question, s.as_of) for s in unseen.samples())
    assert [key for key, number in times.items() if number > 1] == []


def test_no_domain_has_the_events_of_the_shipped_workspaces() -> None:
    shipped = {line["event"] for name in ("shop", "software") for line in SOURCES[name].lines() if "event" in line}
    for name in NAMES:
        assert shipped.isdisjoint(line.get("event") for line in SOURCES[name].lines())


def test_evidence_exists_and_is_of_whom_a_question_is_about() -> None:
    for sample in unseen.samples():
        owners = {happening.id: happening.who for happening in read_world(sample.workspace).happenings}
        found = {owners.get(key) for key in sample.gold.evidence}
        assert None not in found, sample.id
        assert not sample.customer_ids or found <= set(sample.customer_ids), sample.id


def test_evidence_of_an_earlier_day_was_known_by_then() -> None:
    days = {line["messageId"]: local_day("ferry", line) for line in SOURCES["ferry"].lines()}
    for sample in FERRY.values():
        if sample.as_of:
            assert all(days[key] <= sample.as_of for key in sample.gold.evidence), sample.id


def test_silence_answers_no_question_that_has_an_answer(known: Known) -> None:
    for sample in FERRY.values():
        assert sample.gold.kind in KINDS
        if sample.gold.kind not in REFUSALS:
            assert value_fault(sample.gold.kind, sample.gold.value, "", known), sample.id


def test_strangers_are_in_no_event() -> None:
    tables = tables_of("ferry")
    assert held(tables, ("Rautio", "Olafsen", "NB:9999:X", "lifeboat")) == set()


def test_a_shared_name_asks_for_all_who_have_it() -> None:
    assert asked("Average survey score of Lindqvist?").gold.value == ["NB:0519:M", "NB:0604:T", "NB:7020:C"]


# What follows is computed again without SQL.


def test_a_month_of_reservations_is_counted_by_local_days() -> None:
    march = [each for each in ferry("Cabin Reserved") if each["day"].startswith("2026-03")]
    assert asked("How many cabins were reserved in March 2026?").gold.value == len(march)


def test_last_month_is_the_one_before_the_clocks() -> None:
    april = [each for each in ferry("Complaint Filed") if each["day"].startswith("2026-04")]
    assert asked("How many complaints did we receive last month?").gold.value == len(april)


def test_the_sum_of_the_suites_is_that_of_their_fares() -> None:
    fares = [each["fare"] for each in ferry("Cabin Reserved") if each["cabin"] == "Suite"]
    assert asked("What do the fares of all Suite reservations come to?").gold.value["value"] == round(sum(fares), 2)


def test_the_average_of_a_quarter_is_that_of_its_surveys() -> None:
    scores = [each["score"] for each in ferry("Survey Answered") if each["day"] >= "2026-04-01"]
    assert asked("average survey score this quarter?").gold.value["value"] == round(sum(scores) / len(scores), 2)


def test_the_top_customers_are_those_with_the_highest_fares() -> None:
    fares: Counter[str] = Counter()
    for each in ferry("Cabin Reserved"):
        if each["day"].startswith("2025"):
            fares[each["who"]] += each["fare"]
    best = [who for who, _ in fares.most_common(3)]
    assert asked("top 3 customers by fare in 2025").gold.value == best


def test_who_never_boarded_is_everybody_else() -> None:
    everybody = {line["userId"] for line in SOURCES["ferry"].lines()}
    some = {each["who"] for each in ferry("Crossing Boarded")}
    assert asked("Which customers have never boarded a crossing?").gold.value == sorted(everybody - some)


def test_a_series_has_one_number_a_month() -> None:
    months = Counter(each["day"][:7] for each in ferry("Cabin Reserved") if each["day"] >= "2026")
    assert asked("reservations per month since January").gold.value == [months[month] for month in sorted(months)]


def test_a_tier_of_an_earlier_day_is_not_todays() -> None:
    (sample,) = (s for s in FERRY.values() if s.category == "as_of" and s.question.startswith("as of 1 March 2026"))
    (who,) = sample.customer_ids
    reached = [each["tier"] for each in ferry("Loyalty Tier Reached", who) if each["day"] <= "2026-03-01"]
    assert sample.gold.value["first"] == [reached[-1] if reached else "Blue"]
    assert sample.gold.value["first"] != [ferry("Loyalty Tier Reached", who)[-1]["tier"]]


ROUTES = {"first": ["Helsinki-Tallinn"], "of": ["Helsinki-Tallinn", "Turku-Stockholm"], "values": [70]}


@pytest.mark.parametrize(
    "answer",
    ["Helsinki–Tallinn, with 70 reservations.", "1. Helsinki-Tallinn: 70 [1]\n2. Turku-Stockholm: 68 [2]"],
)
def test_what_leads_is_right_where_it_is_stated_first(answer: str, known: Known) -> None:
    assert value_fault("leads", ROUTES, answer, known) is None


@pytest.mark.parametrize(
    "answer", ["Turku-Stockholm: 68\nHelsinki-Tallinn: 70", "Turku-Stockholm is the most popular.", "Helsinki-Tallinn."]
)
def test_what_leads_is_wrong_behind_another_value(answer: str, known: Known) -> None:
    assert value_fault("leads", ROUTES, answer, known) is not None


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("- January 2026: 18\n- February 2026: 17\n- March 2026: 22", True),
        ("57 in all: 18, 17 and 22.", True),
        ("- January 2026: 18\n- February 2026: 22\n- March 2026: 17", False),
        ("18 in January, 17 in February.", False),
    ],
)
def test_a_series_is_right_where_its_numbers_follow_one_another(answer: str, right: bool, known: Known) -> None:
    assert (value_fault("series", [18, 17, 22], answer, known) is None) is right
