"""Turns: whom they are about, and how much of them is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.answer import Answer, Citation
from agent.traces import Traces
from agent.turn import MAX_ANSWER_BYTES, Turn, make_turn
from agent.understand import Understanding
from tools.survey import Survey

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def turn(**fields: Any) -> Turn:
    given: dict[str, Any] = {"question": "Who?", "asked_at": NOW, "as_of": NOW, "customers": ["c1"], **fields}
    return Turn(**given)


@pytest.mark.parametrize("fields", [
    {"customers": ["ada-7"]}, {"question": "What did ADA-7 do?"}, {"question": "and ada byron?"},
    {"question": "Mail Ada@B.example."}, {"answer": {"answer": "Áda Byron paid."}},
    {"topics": [{"customers": ["ada-7"]}]}, {"topics": [{"ada-7": 1}]},
    {"answer": {"citations": [{"text": "from ada-7"}]}},
])  # fmt: skip
def test_a_turn_about_somebody_is_found_by_any_trace_of_them(fields: Any) -> None:
    assert Traces({"ada-7"}, {"Ada Byron", "ada@b.example"}).in_turn(turn(**fields))


@pytest.mark.parametrize("fields", [
    {"customers": ["ada-77"]}, {"question": "What did ada-77 do?"}, {"question": "What did xada-7 do?"},
    {"question": "Ada, or Byron?"},
])  # fmt: skip
def test_a_turn_about_others_is_none_of_theirs(fields: Any) -> None:
    assert not Traces({"ada-7"}, {"Ada Byron", "ada@b.example"}).in_turn(turn(**fields))


@pytest.mark.parametrize("id_", ["7", "42", "an", "2026", "24", "100000"])
@pytest.mark.parametrize("fields", [
    {"question": "Did c3 buy 42 of 7, or an 24.50 EUR one in 2026?"},
    {"answer": {"answer": "It came to 100000.42 EUR."}},
    {"answer": {"citations": [{"occurred_at": "2026-07-24T07:42:00Z"}]}},
])  # fmt: skip
def test_an_id_that_any_text_may_hold_takes_nobody_elses_turn_along(fields: Any, id_: str) -> None:
    assert not Traces({id_}, ()).in_turn(turn(**fields))


@pytest.mark.parametrize("fields", [
    {"customers": ["42"]}, {"question": "What did customer 42 buy?"}, {"question": "And client #42?"},
    {"question": 'Is user "42" gone?'}, {"topics": [{"customers": ["42"]}]}, {"answer": {"answer": "ID: 42 left."}},
    {"answer": {"tools": [{"args": {"client_id": "42"}}]}},
])  # fmt: skip
def test_a_turn_about_a_customer_of_such_an_id_is_found(fields: Any) -> None:
    assert Traces({"42"}, ()).in_turn(turn(**fields))


def test_nobody_has_no_traces() -> None:
    assert not Traces((), ()).in_turn(turn(question=""))


def answered(text: str, citations: int = 0) -> Turn:
    cited = [
        Citation(
            n=n, message_id=f"m{n}", customer_id=f"c{n}", occurred_at=datetime(2026, 1, n + 1, tzinfo=UTC), text="x"
        )
        for n in range(citations)
    ]
    answer = Answer(thread_id="t", answer=text, citations=cited, as_of=NOW)
    return make_turn("Who?", NOW, None, answer, Understanding(), [], Survey(NOW, {}, {}))


def test_a_turn_keeps_whom_it_cites_and_how_far_back() -> None:
    found = answered("Three.", citations=3)
    assert (found.customers, found.oldest) == (["c0", "c1", "c2"], datetime(2026, 1, 1, tzinfo=UTC))
    assert "cut" not in found.answer


def test_a_long_answer_is_cut_and_says_so() -> None:
    found = answered("x" * (MAX_ANSWER_BYTES + 1), citations=2)
    assert len(found.model_dump_json()) < MAX_ANSWER_BYTES
    assert found.answer["cut"] == ["tools", "citations", "answer"]
    assert found.customers == ["c0", "c1"]
