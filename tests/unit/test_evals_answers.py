"""The agent that knows passes every sample; each wrong one fails in its own way, there, and nowhere else."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from evals.sample import Sample
from evals.scoring.check import PASSING
from evals.scoring.known import know
from evals.scoring.values import KINDS
from evals.suite import Score
from evals.suites.answers import SUITE
from evals.target import Json
from tests.evals_agents import Agent, Answer, right_answer
from tests.mutants import MUTANTS, Mutant

SAMPLES = SUITE.samples()


async def scores_of(answer: Answer) -> dict[str, dict[str, Score]]:
    """The scores of every sample, as the suite asks and judges."""
    agent = Agent(SAMPLES, answer)
    return {sample.id: SUITE.score(sample, await SUITE.solve(agent, sample)) for sample in SAMPLES}


def failed(scores: dict[str, Score]) -> set[str]:
    return {name for name in PASSING if name in scores and scores[name].value < 1}


async def test_the_agent_that_knows_passes_every_sample() -> None:
    found = await scores_of(right_answer)
    assert {key: scores["passed"].why for key, scores in found.items() if scores["passed"].value < 1} == {}


async def test_the_agent_that_knows_cites_only_what_shows_it_and_in_order() -> None:
    for scores in (await scores_of(right_answer)).values():
        assert {scores[name].value for name in ("order", "citation_precision") if name in scores} <= {1.0}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_mutant_fails_what_it_does_wrong_and_nothing_else(mutant: Mutant) -> None:
    found = await scores_of(mutant.answer)
    expected = {sample.id: mutant.fails(sample, know(sample.workspace)) for sample in SAMPLES}
    assert {key: failed(scores) for key, scores in found.items()} == expected


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_has_samples_to_fail_on(mutant: Mutant) -> None:
    assert any(mutant.fails(sample, know(sample.workspace)) for sample in SAMPLES)


@pytest.mark.parametrize(("name", "category"), [("ignores as_of", "as_of"), ("follows injections", "injection")])
def test_a_mutant_of_a_category_fails_there_alone(name: str, category: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    struck = {sample.category for sample in SAMPLES if mutant.fails(sample, know(sample.workspace))}
    assert struck == {category}


def test_every_sample_as_of_an_earlier_time_catches_who_ignores_it() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "ignores as_of")
    earlier = [sample for sample in SAMPLES if sample.category == "as_of"]
    assert all(mutant.fails(sample, know(sample.workspace)) for sample in earlier)


async def test_what_came_before_is_asked_in_the_same_thread() -> None:
    asked: list[tuple[str, str | None]] = []

    class Listening(Agent):
        async def ask(self, workspace: str, question: str, **given: Any) -> Json:
            asked.append((question, given["thread_id"]))
            return await super().ask(workspace, question, **given)

    first = Sample.model_validate(
        {"id": "x", "category": "follow_up", "workspace": "shop", "question": "And in May?", "before": ["In June?"]}
        | {"gold": {"kind": "unanswerable"}}
    )
    output = await SUITE.solve(Listening([first]), first)
    assert asked == [("In June?", None), ("And in May?", output["reply"]["thread_id"])]


def test_every_id_stands_once_over_all_files() -> None:
    assert [key for key, times in Counter(sample.id for sample in SAMPLES).items() if times > 1] == []


def test_every_category_of_the_suite_has_at_least_twenty_samples() -> None:
    assert min(Counter(sample.category for sample in SAMPLES).values()) >= 20


def test_every_kind_of_gold_that_is_used_can_be_judged() -> None:
    assert {sample.gold.kind for sample in SAMPLES} <= KINDS
