"""Questions that lean on the one before, written out: what is replaced, what is kept, and what is asked back."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.directory import directory
from agent.follow_up import Resumed, resume
from agent.lexicon import Lexicon
from agent.reader import Reader
from memory.record import Record
from memory.workspace import WorkspaceSettings
from tests.builders import at, customer, customers, record
from tools.catalogue import make_catalogue
from tools.survey import Survey

INES, TOM, EDA = "w-17", "w-23", "w-31"


def repair(day: str, user: str, **properties: Any) -> Record:
    return record("Repair Booked", day, user, properties={"station": "North", "price": 40.0, "bikes": 1, **properties})


EVENTS = {
    INES: [repair("2025-03-01", INES), repair("2025-06-01", INES, station="South", price=55.0)],
    TOM: [repair("2025-04-01", TOM), record("Helmet Rented", "2025-05-01", TOM, properties={"size": "large"})],
    EDA: [record("Complaint Filed", "2025-05-02", EDA, properties={"topic": "Waiting"})],
}
NAMES = {INES: "Ines Duarte", TOM: "Tom Okoro", EDA: "Eda Duarte"}


@cache
def reader(bound_to: str | None = None) -> Reader:
    people = customers(*(customer(key, events, name=NAMES[key]) for key, events in EVENTS.items()))
    survey = Survey(at("2026-03-10"), people, {})
    vocabulary = asyncio.run(make_catalogue(EVENTS.values()))
    return Reader(survey, Lexicon(vocabulary), WorkspaceSettings(), bound_to, directory(people))


def after(question: str, text: str, **topic: Any) -> Resumed:
    """A text, resumed after a question that handed on these things."""
    return resume(text, [{"question": question, "clients": [], **topic}], reader())


REPAIRS = "How many repairs did Ines Duarte book in June 2025?"
NORTH = "How many North repairs were there in 2025?"
TOP = "Who are the top 3 customers by total price?"
STATION = "Which station did Ines Duarte book last?"


@pytest.mark.parametrize(
    ("question", "text", "whole"),
    [
        (REPAIRS, "And Tom Okoro?", "How many repairs did customer w-23 book in June 2025?"),
        (REPAIRS, "no, I meant Tom Okoro", "How many repairs did customer w-23 book in June 2025?"),
        (REPAIRS, "and in July?", "How many repairs did Ines Duarte book from 2025-07-01 to 2025-07-31?"),
        (REPAIRS, "and the month before?", "How many repairs did Ines Duarte book from 2025-05-01 to 2025-05-31?"),
        (REPAIRS, "sorry, I meant 2024", "How many repairs did Ines Duarte book from 2024-01-01 to 2024-12-31?"),
        (NORTH, "not 2025, 2024", "How many North repairs were there from 2024-01-01 to 2024-12-31?"),
        (NORTH, "what about 2024", "How many North repairs were there from 2024-01-01 to 2024-12-31?"),
        (NORTH, "And South?", "How many South repairs were there in 2025?"),
        (NORTH, "and helmets?", "How many helmets were there in 2025?"),
        (TOP, "and by number of bikes?", "Who are the top 3 customers by number of bikes?"),
        (TOP, "top 5?", "Who are the top 5 customers by total price?"),
        (STATION, "and what was the price?", "Which price did Ines Duarte book last?"),
        ("What is the average price in 2025?", "in total?", "What is the total price in 2025?"),
        ("What is the price as of 2025-05-01?", "as of 2025-06-01", "What is the price as of 2025-06-01?"),
        ("Which station is the most popular?", "and the least?", "Which station is the least popular?"),
        ("How many repairs of more than 2 bikes?", "at least 3?", "How many repairs of at least 3 bikes?"),
    ],
)
def test_a_part_takes_the_place_of_its_own_kind(question: str, text: str, whole: str) -> None:
    named = [INES] if "Ines" in question else []
    assert after(question, text, clients=named).text == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("When was the last one?", "When was the last repairs of customer w-17 in June 2025?"),
        ("How much did she pay?", "How much did customer w-17 pay?"),
        ("What is their tier?", "What is customer w-17's tier?"),
        ("And the average price?", "What is the average price of customer w-17 from 2025-06-01 to 2025-06-30?"),
        ("list them", "List the repairs of customer w-17 in June 2025?"),
        ("Had they told us before?", "List the complaints of customer w-17?"),
        ("why?", "Why did Ines Duarte book in June 2025?"),
    ],
)
def test_what_is_spoken_of_is_named(text: str, whole: str) -> None:
    question = REPAIRS if text != "why?" else "When did Ines Duarte book in June 2025?"
    assert after(question, text, clients=[INES]).text == whole


def test_they_are_whom_the_answer_named() -> None:
    named = after(TOP, "When did they last complain?", answered=[INES, TOM])
    assert named.text == "When did customer w-17 and customer w-23 last complain?"
    assert after(TOP, "what about the second one?", answered=[INES, TOM]).text == "Tell me about customer w-23"


def test_a_group_goes_on_with_its_conditions() -> None:
    group = {"deeds": [{"titles": ["Repair Booked"]}]}
    question = "Which customers booked a repair?"
    found = after(question, "Have any of them complained? Who?", group=group)
    assert (found.text, found.group) == ("which customers have complained?", group)
    listed = after("How many customers booked a repair?", "who?", group=group, within={"stages": ["trial"]})
    assert (listed.text, listed.group) == ("which customers booked a repair?", {"stages": ["trial"]})


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ({}, "How many repairs did they book?"),
        ({"answered": [INES, TOM]}, "How many repairs did she book?"),
        ({"answered": [f"w-{n}" for n in range(6)]}, "How many repairs did they book?"),
        ({}, "both?"),
        ({}, "How many of those were cancelled?"),
        ({}, "and why?"),
    ],
)
def test_a_reference_that_fits_nothing_or_several_is_asked_back(topic: dict[str, Any], text: str) -> None:
    assert after("Who was here?", text, **topic).asks


@pytest.mark.parametrize(
    "text", ["How many repairs did they book?", "Which of them are open?", "What was the last one?"]
)
def test_a_reference_before_anything_was_said_is_asked_back(text: str) -> None:
    assert resume(text, [], reader()).asks


def test_a_number_of_events_has_no_average() -> None:
    assert after(NORTH, "on average?").asks


def test_in_a_thread_bound_to_somebody_they_are_meant() -> None:
    assert resume("How many repairs did they book?", [], reader(TOM)).text == "How many repairs did customer w-23 book?"
    before = [{"question": "How many repairs?", "clients": [INES], "answered": [INES, EDA]}]
    assert resume("And their price?", before, reader(TOM)).text == "What is customer w-23's price?"


ALONE = (
    "How many repairs were there in 2025?",
    "Who booked a repair in June 2025?",
    "How much has Tom Okoro paid?",
    "Which customers have cancelled their booking?",
    "Top 5 customers by price",
    "Revenue by station in 2025",
    "How many repairs were booked and what was their total price?",
    "Is Ines Duarte at risk, and why?",
    "What do customers say when they complain?",
    "How many customers are there?",
    "List the repairs of Tom Okoro",
    "When did w-31 last complain?",
    "Compare Ines Duarte and Tom Okoro",
    "Complaints about waiting in 2025",
    "And how many customers are at risk?",
)
TOPICS: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"question": REPAIRS, "clients": [INES]}],
    [{"question": TOP, "clients": [], "answered": [INES, TOM]}],
    [{"question": "Who booked?", "clients": [], "group": {"deeds": [{"titles": ["Repair Booked"]}]}}],
    [{"question": "How much did Duarte pay?", "clients": [], "ambiguous": ["duarte"]}],
)


@given(text=st.sampled_from(ALONE), before=st.sampled_from(TOPICS))
def test_a_question_that_stands_alone_is_never_changed(text: str, before: list[dict[str, Any]]) -> None:
    assert resume(text, before, reader()) == Resumed(text)
