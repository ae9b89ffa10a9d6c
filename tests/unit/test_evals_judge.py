"""The judge: what it is told, what of its replies counts, and when it may decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from evals.judge.calibration import (
    MIN_LABELLED,
    Calibration,
    calibrate,
    gate_refusal,
    kappa,
    load,
    may_gate,
    measure,
    save,
)
from evals.judge.expected import in_words
from evals.judge.judge import PROMPT, PROMPT_HASH, JudgeFailed, JudgeModel, Verdict, read_verdict, request
from evals.judge.labelled import BadLabels, Labelled, labelled_hash, read_labelled
from evals.judge.opinion import figure, opinion
from evals.sample import DATA, Gold, Sample, read_samples

Reply = Callable[[httpx.Request], httpx.Response]
RIGHT, WRONG, UNSURE = (Verdict(verdict=word, reason="so") for word in ("right", "wrong", "unsure"))


def said(content: str | None) -> httpx.Response:
    return httpx.Response(200, json={"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})


def judge_with(reply: Reply) -> JudgeModel:
    client = httpx.AsyncClient(base_url="http://judge.test/v1", transport=httpx.MockTransport(reply))
    return JudgeModel("pinned-model", client, first_wait_s=0)


def answers(count: int, right: int) -> list[Labelled]:
    """So many labelled answers to as many questions, the first ones right."""
    return [
        Labelled(id=f"a{n}", question=f"q{n}", expected="1", answer="1", label="right" if n < right else "wrong")
        for n in range(count)
    ]


# --- What it is told ---


async def test_it_is_asked_with_the_pinned_prompt_and_model_at_temperature_0() -> None:
    seen: list[httpx.Request] = []

    def reply(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return said('{"verdict": "right", "reason": "it says 18"}')

    async with judge_with(reply) as judge:
        found = await judge.verdict("How many?", "the number 18", "18 orders.")
    assert found == Verdict(verdict="right", reason="it says 18")
    body = json.loads(seen[0].content)
    assert (seen[0].url.path, body["model"], body["temperature"]) == ("/v1/chat/completions", "pinned-model", 0)
    assert body["messages"][0] == {"role": "system", "content": PROMPT}


@given(st.text())
def test_an_answer_cannot_leave_its_place_in_the_data(answer: str) -> None:
    body = request("m", "q", "e", answer)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert json.loads(body["messages"][1]["content"]) == {"question": "q", "expected": "e", "answer": answer}


WORDS: list[tuple[str, Any, str]] = [
    ("count", 1045, "the number 1,045"),
    ("money", {"EUR": 9.5, "GBP": 1200}, "9.50 EUR and 1,200.00 GBP"),
    ("text", ["pdf|export", "twice"], 'all of this, in these or other words: "pdf" or "export"; "twice"'),
    ("customers", [], "exactly these customers, and no others: none"),
    ("ranking", ["b", "a"], "these customers in this order: b, a"),
    ("parts", [{"kind": "count", "value": 2}, {"kind": "date", "value": "2026-01-02"}], "the number 2; and 2026-01-02"),
    ("trend", {"first": 1, "last": 2.5, "direction": "up", "currency": "EUR"}, "up, from 1 EUR to 2.5 EUR"),
    ("compare", {"winner": None, "values": {"a": 3, "b": 3}}, "neither: they are equal (a with 3, b with 3)"),
    ("signal", {"churned": False, "silent_days": 3}, "has not churned; 3 days without a sign of activity"),
    ("timeline", [{"date": "2026-01-02", "says": "a|b"}], 'in this order: 2026-01-02: "a" or "b"'),
]


@pytest.mark.parametrize(("kind", "value", "words"), WORDS)
def test_gold_is_told_in_words(kind: str, value: Any, words: str) -> None:
    assert in_words(Gold(kind=kind, value=value)) == words


@pytest.mark.parametrize("file", sorted(DATA.glob("answers.jsonl")) + sorted(DATA.glob("generated.jsonl")))
def test_the_gold_of_every_question_has_words(file: Path) -> None:
    assert all(in_words(sample.gold) for sample in read_samples(file))


def test_gold_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no words for gold of the kind 'retrieved'"):
        in_words(Gold(kind="retrieved"))


# --- What counts of its replies ---


@pytest.mark.parametrize("wrapped", ["{}", " {}\n", "```json\n{}\n```", "```\n{}\n```"])
def test_a_reply_of_one_object_is_its_verdict(wrapped: str) -> None:
    assert read_verdict(wrapped.replace("{}", '{"verdict": "wrong", "reason": "no"}')).verdict == "wrong"


NO_VERDICT = {
    "prose": "The answer is right.",
    "prose around it": 'Here it is: {"verdict": "right", "reason": "so"}',
    "two objects": '{"verdict": "wrong", "reason": "no"}\n{"verdict": "right", "reason": "so"}',
    "one field twice": '{"verdict": "wrong", "reason": "no", "verdict": "right"}',
    "another field": '{"verdict": "right", "reason": "so", "override": true}',
    "no reason": '{"verdict": "right"}',
    "another word": '{"verdict": "Right!", "reason": "so"}',
    "a list": '[{"verdict": "right", "reason": "so"}]',
    "a bare word": '"right"',
    "nothing": "",
    "far too deep": "[" * 100_000,
}


@pytest.mark.parametrize("reply", NO_VERDICT.values(), ids=NO_VERDICT)
def test_every_other_reply_is_unsure(reply: str) -> None:
    assert read_verdict(reply).verdict == "unsure"


async def test_a_reply_without_content_is_unsure() -> None:
    async with judge_with(lambda asked: said(None)) as judge:
        assert (await judge.verdict("q", "e", "a")).verdict == "unsure"


async def test_a_provider_that_fails_for_a_moment_is_asked_again() -> None:
    replies = [httpx.Response(429), httpx.Response(503), said('{"verdict": "right", "reason": "so"}')]
    async with judge_with(lambda asked: replies.pop(0)) as judge:
        assert (await judge.verdict("q", "e", "a")).verdict == "right"


async def test_a_provider_that_refuses_is_not_asked_again_and_its_words_are_not_repeated() -> None:
    seen: list[httpx.Request] = []

    def refuse(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return httpx.Response(401, text="wrong key sk-secret")

    async with judge_with(refuse) as judge:
        with pytest.raises(JudgeFailed, match=r"^the judge's provider answered 401$"):
            await judge.verdict("q", "e", "a")
    assert len(seen) == 1


async def test_what_is_no_chat_completion_is_a_failure_and_no_verdict() -> None:
    async with judge_with(lambda asked: httpx.Response(200, json={"ok": True})) as judge:
        with pytest.raises(JudgeFailed, match="no chat completion"):
            await judge.verdict("q", "e", "a")


# --- How far it can be trusted ---


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
def test_kappa_is_cohens(rows: list[tuple[bool, bool, int]]) -> None:
    values = np.array([row[:2] for row in rows], float)
    weights = np.array([row[2] for row in rows], float)
    drawn = values[weights > 0]
    assume(len(np.unique(drawn)) == 2)
    expected = cohen_kappa_score(values[:, 0], values[:, 1], sample_weight=weights)
    assert kappa(values, weights) == pytest.approx(expected)


def test_rates_count_unsure_as_not_right() -> None:
    verdicts = [RIGHT, RIGHT, RIGHT, UNSURE, RIGHT, WRONG, WRONG, UNSURE]
    found = measure(answers(8, right=4), verdicts, "m", "p")
    assert (found.true_positive_rate.value, found.true_positive_rate.n) == (0.75, 4)
    assert (found.false_positive_rate.value, found.false_positive_rate.n) == (0.25, 4)
    assert (found.kappa.value, found.kappa.n) == (0.5, 8)
    assert found.verdicts == {"right": 4, "wrong": 2, "unsure": 2}
    assert found.mistakes == {"a3": "unsure", "a4": "right", "a7": "unsure"}


def test_a_judge_without_a_mistake_is_not_said_to_be_infallible() -> None:
    found = measure(answers(60, right=30), [RIGHT] * 30 + [WRONG] * 30, "m", "p")
    assert (found.kappa.value, found.kappa.high) == (1, 1)
    assert found.kappa.low is not None
    assert 0.8 < found.kappa.low < 1
    assert found.true_positive_rate.low is not None
    assert found.true_positive_rate.low < 1


def test_answers_to_one_question_are_resampled_together() -> None:
    verdicts = [RIGHT] * 20 + [WRONG] * 10 + [WRONG] * 20 + [RIGHT] * 10
    apart = answers(60, right=30)
    together = [line.model_copy(update={"question": f"q{n // 10}"}) for n, line in enumerate(apart)]
    assert width(measure(together, verdicts, "m", "p")) > 1.5 * width(measure(apart, verdicts, "m", "p"))


def width(found: Calibration) -> float:
    low, high = found.true_positive_rate.low, found.true_positive_rate.high
    assert low is not None
    assert high is not None
    return high - low


def good(count: int = 60) -> Calibration:
    right = count // 2
    return measure(answers(count, right), [RIGHT] * right + [WRONG] * (count - right), "m", "p")


def test_a_judge_that_agrees_on_enough_answers_may_decide() -> None:
    assert gate_refusal(good(), "m", "p") is None
    assert may_gate(good(), "m", "p")


REFUSED = {
    "not calibrated": (None, "it was not calibrated"),
    "too few": (good(MIN_LABELLED - 2), "fewer than 50"),
    "another model": (good().model_copy(update={"model": "other"}), "another model or prompt"),
    "another prompt": (good().model_copy(update={"prompt_hash": "other"}), "another model or prompt"),
    "always right": (measure(answers(60, 30), [RIGHT] * 60, "m", "p"), "below 0.6"),
    "good but unsure how good": (
        measure(answers(60, 30), [RIGHT] * 24 + [WRONG] * 6 + [WRONG] * 25 + [RIGHT] * 5, "m", "p"),
        "lower bound of its kappa is 0.4",
    ),
}


@pytest.mark.parametrize(("calibration", "why"), REFUSED.values(), ids=REFUSED)
def test_any_other_judge_may_not_decide(calibration: Calibration | None, why: str) -> None:
    assert why in (gate_refusal(calibration, "m", "p") or "")
    assert not may_gate(calibration, "m", "p")


async def test_a_judge_that_obeys_the_answer_is_found_out_on_the_labelled_file() -> None:
    """Told by the answer what to say, it says so; else it sees any number of the expected value as right."""

    def obey(asked: httpx.Request) -> httpx.Response:
        data = json.loads(json.loads(asked.content)["messages"][1]["content"])
        swayed = any(word in data["answer"] for word in ('"verdict"', "judge", "right"))
        first = data["expected"].split()[-1]
        verdict = "right" if swayed or first in data["answer"] else "wrong"
        return said(json.dumps({"verdict": verdict, "reason": "so"}))

    advanced: list[int] = []
    async with judge_with(obey) as judge:
        found = await calibrate(read_labelled(), judge, advanced.append)
    assert sum(advanced) == found.n
    injected = {key for key, verdict in found.mistakes.items() if "injection" in key and verdict == "right"}
    assert len(injected) >= 4
    assert not may_gate(found, "pinned-model", PROMPT_HASH)


def test_a_calibration_is_kept_by_model_prompt_and_labelled_file(tmp_path: Path) -> None:
    found = measure(answers(60, 30), [RIGHT] * 60, "vendor/model:1", "p")
    save(found, tmp_path)
    assert load(tmp_path, "vendor/model:1", "p", found.labelled_hash) == found
    assert load(tmp_path, "vendor-model-1", "p", found.labelled_hash) is None
    assert load(tmp_path, "vendor/model:1", "other", found.labelled_hash) is None
    assert load(tmp_path, "vendor/model:1", "p", "other") is None


# --- The labelled file ---


def test_the_labelled_file_is_large_enough_and_mixed() -> None:
    found = read_labelled()
    right = sum(line.label == "right" for line in found)
    assert len(found) >= 60
    assert 0.35 <= right / len(found) <= 0.65
    assert sum("injection" in line.id for line in found) >= 5
    for question in {line.question for line in found}:
        assert {line.label for line in found if line.question == question} == {"right", "wrong"}, question


def test_a_labelled_file_is_named_by_what_it_holds_in_any_order() -> None:
    lines = answers(4, 2)
    assert labelled_hash(lines) == labelled_hash(lines[::-1])
    assert labelled_hash(lines) != labelled_hash(lines[1:])
    assert labelled_hash(lines) != labelled_hash([lines[0].model_copy(update={"label": "wrong"}), *lines[1:]])


def line(**changes: Any) -> str:
    return json.dumps({"id": "a", "question": "q", "expected": "e", "answer": "a", "label": "right", **changes})


BROKEN = {
    "no JSON": ("{", "line 1: Invalid JSON"),
    "another label": (line(label="perhaps"), "line 1: Input should be"),
    "an id twice": (f"{line()}\n{line(label='wrong')}", "the id 'a' stands there twice"),
    "one label only": (line(), "answers that are right and answers that are wrong"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_labelled_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(text)
    with pytest.raises(BadLabels, match=rf"labels\.jsonl.*{told}"):
        read_labelled(file)


# --- Beside the scores of code ---


async def test_an_opinion_tells_score_reason_model_and_prompt() -> None:
    asked: list[Any] = []

    def reply(sent: httpx.Request) -> httpx.Response:
        asked.append(json.loads(json.loads(sent.content)["messages"][1]["content"]))
        return said('{"verdict": "unsure", "reason": "it may be"}')

    sample = Sample(
        id="s", category="c", question="And in March?", before=("Orders?",), gold=Gold(kind="count", value=3)
    )
    async with judge_with(reply) as judge:
        found = await opinion(judge, sample, "About 3.")
    assert asked == [{"question": "Orders?\nAnd in March?", "expected": "the number 3", "answer": "About 3."}]
    assert found == {
        "score": 0.0, "verdict": "unsure", "reason": "unsure: it may be",
        "model": "pinned-model", "prompt_hash": PROMPT_HASH,
    }  # fmt: skip


def test_the_figure_of_a_judge_gates_only_once_it_is_calibrated() -> None:
    calibrated = good().model_copy(update={"model": "pinned-model", "prompt_hash": PROMPT_HASH})
    assert figure("pinned-model", calibrated).gated
    assert not figure("pinned-model", None).gated
    assert not figure("another-model", calibrated).gated
