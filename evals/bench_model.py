"""What the product adds to the time of its model: questions of one customer, on a large memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

from evals.bench_answers import SCOPE, Tell, filled
from evals.scripted.alone import desk_alone
from evals.scripted.looker import Looker
from evals.scripted.process import ModelProcess, model_process
from server.bootstrap import Services
from server.desk import Desk
from server.times import moment

#: Each of one customer.
QUESTIONS = (
    "What plan is Dana Whitfield on?",
    "When did customer 15465 first order?",
    "Which language does Zane Liepiņa speak?",
    "Why did Erik Lindqvist cancel?",
    "How many orders has customer 17675 placed?",
    "How many complaints has Sanna Korhonen filed?",
    "How much has Maria López paid?",
    "What is the average order value of customer 14735?",
    "What did Dana Okafor complain about?",
    "Tell me the story of Tomasz Kowalski.",
    "Why may customer 12823 leave?",
    "What should we recommend to customer 16333?",
)
#: Conversations that go on at once.
TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """One question: milliseconds that the product took beside the model's own time, those of its processor, those that
    the model took, and those of the same question without a model."""

    question: str
    over_ms: float
    worked_ms: float
    model_ms: float
    alone_ms: float
    mode: str
    tools: int


@dataclass(frozen=True, slots=True)
class Overhead:
    """`turns` one after the other; then as many conversations at once as `TOGETHER`, a question each."""

    events: int
    turns: list[Turn]
    together_s: float
    together_ms: list[float]

    def over_ms(self) -> list[float]:
        return sorted(turn.over_ms for turn in self.turns)

    def worked_ms(self) -> list[float]:
        return sorted(turn.worked_ms for turn in self.turns)

    def alone_ms(self) -> list[float]:
        return sorted(turn.alone_ms for turn in self.turns)


async def time_overhead(events: int, times: int, tell: Tell) -> Overhead:
    """Ask every question so many times, with and without a model, once each was asked."""
    with model_process(Looker()) as model:
        async with filled(events, tell, llm_model="scripted", llm_base_url=model.base_url) as services:
            alone = desk_alone(services)
            turns: list[Turn] = []
            for number in range(times + 1):
                asked = [await _turn(services, alone, model, question, tell) for question in QUESTIONS]
                turns += asked if number else []
            began = perf_counter()
            each = await asyncio.gather(*(_timed(services, services.desk, q) for q in _many(QUESTIONS, TOGETHER)))
            return Overhead(events, turns, perf_counter() - began, sorted(ms for ms, _, _ in each))


async def _turn(services: Services, alone: Desk, model: ModelProcess, question: str, tell: Tell) -> Turn:
    alone_ms, _, _ = await _timed(services, alone, question)
    before, worked = model.spent_s(), process_time()
    ms, mode, tools = await _timed(services, services.desk, question)
    worked_ms = (process_time() - worked) * 1000
    spent_ms = (model.spent_s() - before) * 1000
    tell(1)
    return Turn(question, ms - spent_ms, worked_ms, spent_ms, alone_ms, mode, tools)


async def _timed(services: Services, desk: Desk, question: str) -> tuple[float, str, int]:
    """Milliseconds, the mode of the answer, and how many tools were called."""
    analyst = await desk.analyst()
    started = perf_counter()
    context = desk.context(SCOPE, await moment(services, SCOPE, None))
    answer = await analyst.ask(context, question, None)
    return (perf_counter() - started) * 1000, answer.mode, len(answer.tools) - 1


def _many(questions: Sequence[str], most: int) -> Iterable[str]:
    return (questions[number % len(questions)] for number in range(most))
