"""Answers questions: one graph for all of them, and what it may use for each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agent.answer import Answer
from agent.chat_model import ChatModel
from agent.compose import facts_of
from agent.follow_up import with_answer
from agent.graph import build_graph
from agent.ground import numbers_in
from agent.meaning import IntentFinder
from agent.state import AgentContext, State
from agent.threads import Threads
from agent.turn import make_turn
from agent.understand import asked_as_of, vocabulary, written_out
from agent.wording import plain
from tools.fact import WORD_UNITS, Fact
from tools.tool import ToolContext


class Analyst:
    """The agent of one process; every question brings its own context."""

    def __init__(self, finder: IntentFinder, model: ChatModel | None, threads: Threads) -> None:
        self._finder = finder
        self._model = model
        self._threads = threads
        self._graph = build_graph()

    async def ask(self, context: ToolContext, message: str, thread_id: str | None) -> Answer:
        """The answer to a question in the scope and as of the time of the context; raises UnknownThread."""
        answers = [each async for each in self.talk(context, message, thread_id) if isinstance(each, Answer)]
        return answers[-1]

    async def talk(
        self, context: ToolContext, message: str, thread_id: str | None
    ) -> AsyncGenerator[tuple[str, State] | Answer, None]:
        """Each step of an answer in a thread, which without an id is a new one; then the answer, once it is kept.

        Raises UnknownThread before the first of them. Whatever is cut off leaves the thread as it was.
        """
        asked_at, named = datetime.now(UTC), thread_id or uuid4().hex
        async with self._threads.opened(context.scope, named, context.bound_to) as thread:
            state: State = {}
            async with aclosing(self.steps(context, message, thread.topics)) as steps:
                async for node, state in steps:
                    yield node, state
            then = await self.narrowed(context, message, thread.topics)
            answer = self.finish(state, then, named)
            understood, runs, survey = state["understanding"], state["runs"], await then.survey()
            understood = replace(understood, topics=with_answer(understood.topics, answer))
            turn = make_turn(message, asked_at, context.bound_to, answer, understood, runs, survey)
            await self._threads.keep(thread, turn)
            yield answer

    async def close(self) -> None:
        if self._model:
            await self._model.close()

    async def steps(
        self, context: ToolContext, message: str, before: Sequence[dict[str, Any]] = ()
    ) -> AsyncGenerator[tuple[str, State], None]:
        """The name of each node as it ends, with the state after it; `before` is what the last turn handed on."""
        agent = AgentContext(await self.narrowed(context, message, before), self._finder, self._model)
        state: State = {"question": message, "before": list(before)}
        async for update in self._graph.astream(state, context=agent, stream_mode="updates"):
            for node, changes in update.items():
                state = {**state, **(changes or {})}
                yield node, state

    async def narrowed(self, context: ToolContext, message: str, before: Sequence[dict[str, Any]] = ()) -> ToolContext:
        """The context at the instant that the question asks for, or the one it goes on from; never a later one."""
        then = _as_of(context, message)
        if not before:
            return then
        known = await then.survey(), await vocabulary(then)
        return _as_of(then, await written_out(message, then.bound_to, *known, then.settings, before))

    def finish(self, state: State, context: ToolContext, thread_id: str) -> Answer:
        """The reply that a finished state amounts to."""
        grounded, draft = state["grounded"], state["draft"]
        text = grounded.text or "I found nothing in memory that answers this."
        return Answer(
            thread_id=thread_id,
            answer=text,
            citations=grounded.citations,
            facts=used_facts(text, facts_of(state["runs"])),
            tools=[state["understanding"].shown(), *(run.use for run in state["runs"])],
            abstained=draft.abstained or not grounded.text,
            mode=state["mode"],
            mode_reason=state["mode_reason"],
            as_of=context.as_of,
        )


def _as_of(context: ToolContext, message: str) -> ToolContext:
    return replace(context, as_of=asked_as_of(message, context.as_of, context.settings))


def used_facts(text: str, facts: list[Fact]) -> list[Fact]:
    """The facts whose value the text states, the names of customers and items included."""
    numbers = {round(number, 2) for line in text.splitlines() for number in numbers_in(line)}
    return [
        fact
        for fact in facts
        if (isinstance(fact.value, int | float) and round(float(fact.value), 2) in numbers)
        or (fact.unit in WORD_UNITS and plain(str(fact.value)) in text)
    ]
