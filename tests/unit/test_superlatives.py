"""A superlative picks one event, or ranks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.intent import Question
from agent.superlatives import is_of_one
from memory.workspace import WorkspaceSettings


def question(text: str, number: int | None = None) -> Question:
    return Question(
        text=text, client_id=None, names={}, span=None, kind="purchase", titles=(), number=number,
        as_of=datetime(2026, 5, 20, tzinfo=UTC), settings=WorkspaceSettings(), labels=("fee",), numbers=("fee",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "what was the highest fee?",
        "who placed the single most expensive order?",
        "their cheapest order",
        "biggest number of seats on one order",
    ],
)
def test_a_thing_with_a_superlative_is_one_event(text: str) -> None:
    assert is_of_one(question(text))


@pytest.mark.parametrize(
    "text",
    [
        "our biggest customers",
        "who has the highest total fee?",
        "the lowest average fee",
        "rank customers by largest fee",
    ],
)
def test_sums_and_customers_are_ranked(text: str) -> None:
    assert not is_of_one(question(text))


def test_several_are_ranked() -> None:
    assert not is_of_one(question("the 3 largest orders", number=3))
