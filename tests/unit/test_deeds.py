"""What customers must have done, or be, to be meant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.deeds import Deeds, read_deeds
from agent.intent import Question
from agent.lexicon import Lexicon
from memory.workspace import WorkspaceSettings
from tools.catalogue import Catalogue, Label


def label(name: str, *titles: str, **values: int) -> Label:
    return Label(name=name, kinds=frozenset({"text"}), titles=frozenset(titles), values=values, count=9)


GYM = Catalogue(
    titles={"Class Attended": 40, "Locker Rented": 9, "Belt Reached": 7, "Profile Updated": 12, "Order Completed": 30},
    labels={
        each.name: each
        for each in (
            label("class", "Class Attended", Yoga=20, Spinning=15),
            label("belt", "Belt Reached", Brown=4, Black=3),
            label("language", "Profile Updated", Danish=7, Dutch=5),
            label("member kind", "Profile Updated", company=2, person=9),
        )
    },
)


def deeds_of(text: str) -> Deeds:
    question = Question(
        text=text, client_id=None, names={}, span=None, kind="any", titles=(), number=None,
        as_of=datetime(2026, 5, 20, tzinfo=UTC), settings=WorkspaceSettings(), lexicon=Lexicon(GYM),
    )  # fmt: skip
    return read_deeds(question)


def told(text: str, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(deed.get(key) for key in keys) for deed in deeds_of(text).deeds]


def test_a_part_without_events_goes_on_about_those_before() -> None:
    assert told("who attended a class in April 2026 but not in May 2026", "titles", "times_max") == [
        (["Class Attended"], None), (["Class Attended"], 0),
    ]  # fmt: skip


def test_what_came_after_something_is_asked_for_in_time() -> None:
    assert told("who ordered again after renting a locker", "titles", "kind", "later") == [
        (["Locker Rented"], "any", None), ([], "purchase", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("who ordered at least 3 times", 3, None),
        ("who ordered no more than twice", 0, 2),
        ("who did not order at least 3 times", 0, 2),
        ("who never ordered", 0, 0),
    ],
)
def test_a_bound_and_its_contrary_say_how_often(text: str, least: int, most: int | None) -> None:
    assert told(text, "times_min", "times_max") == [(least, most)]


def test_who_did_not_spend_more_spent_at_most_so_much() -> None:
    assert told("customers who did not spend more than 100 EUR", "sum_min", "sum_max", "more") == [(None, 100, False)]


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("list the Danish-speaking customers", ("language", "is", "Danish")),
        ("which customers are on the brown belt?", ("belt", "is", "Brown")),
        ("which of our members are companies?", ("member kind", "is", "company")),
    ],
)
def test_what_somebody_is_now_is_a_trait(text: str, trait: tuple[str, str, str]) -> None:
    found = deeds_of(text)
    assert not found.deeds
    assert [(each.label, each.op, each.value) for each in found.traits] == [trait]


@pytest.mark.parametrize("text", ["who reached the brown belt?", "who attended Yoga in May 2026?"])
def test_what_somebody_did_is_no_trait(text: str) -> None:
    found = deeds_of(text)
    assert found.deeds
    assert not found.traits
