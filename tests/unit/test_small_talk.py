"""A greeting is no question about customers."""

from __future__ import annotations

import pytest

from agent.small_talk import small_talk


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "Hi!",
        "Hey there, how are you?",
        "Good morning",
        "thanks a lot!",
        "help",
        "What can you do?",
        "Who are you?",
        "ok",
    ],
)
def test_a_greeting_is_told_what_can_be_asked(text: str) -> None:
    assert "Who needs attention?" in (small_talk(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "Who said hello?",
        "Hello, how many orders?",
        "What can you do about churn?",
        "Who asked for help?",
        "help Ada",
        "",
        "?",
    ],
)
def test_a_question_is_left_alone(text: str) -> None:
    assert small_talk(text) is None
