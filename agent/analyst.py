"""Answers questions: one graph for all of them, and what it may use for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

from agent.answer import Answer
from agent.chat_model import ChatModel
from agent.compose import facts_of
from agent.graph import build_graph
from agent.ground import numbers_in
from agent.meaning import IntentFinder
from agent.state import AgentContext, State
from agent.understand import asked_as_of
from agent.wording import plain
from tools.fact import WORD_UNITS, Fact
from tools.tool import ToolContext


class Analyst:
    """The agent of one process; every question brings its own context."""

    def __init__(self, finder: IntentFinder, model: ChatModel | None) -> None:
        self._finder = finder
        self._model = model
        self._graph = build_graph()

    async def ask(self, context: ToolContext, message: str, thread_id: str | None) -> Answer:
        """The answer to a question in the scope and as of the time of the context."""
        states = [state async for _, state in self.steps(context, message)]
        return self.finish(states[-1], self.narrowed(context, message), thread_id)

    async def close(self) -> None:
        if self._model:
            await self._model.close()

    async def steps(self, context: ToolContext, message: str) -> AsyncIterator[tuple[str, State]]:
        """The name of each node as it ends, with the state after it."""
        agent = AgentContext(self.narrowed(context, message), self._finder, self._model)
        state: State = {"question": message}
        async for update in self._graph.astream({"question": message}, context=agent, stream_mode="updates"):
            for node, changes in update.items():
                state = {**state, **(changes or {})}
                yield node, state

    def narrowed(self, context: ToolContext, message: str) -> ToolContext:
        """The context at the instant that the question asks for, never a later one."""
        return replace(context, as_of=asked_as_of(message, context.as_of, context.settings))

    def finish(self, state: State, context: ToolContext, thread_id: str | None) -> Answer:
        """The reply that a finished state amounts to."""
        grounded, draft = state["grounded"], state["draft"]
        text = grounded.text or "I found nothing in memory that answers this."
        return Answer(
            thread_id=thread_id or uuid4().hex,
            answer=text,
            citations=grounded.citations,
            facts=used_facts(text, facts_of(state["runs"])),
            tools=[run.use for run in state["runs"]],
            abstained=draft.abstained or not grounded.text,
            mode=state["mode"],
            mode_reason=state["mode_reason"],
            as_of=context.as_of,
        )


def used_facts(text: str, facts: list[Fact]) -> list[Fact]:
    """The facts whose value the text states, the names of customers and items included."""
    numbers = {round(number, 2) for line in text.splitlines() for number in numbers_in(line)}
    return [
        fact
        for fact in facts
        if (isinstance(fact.value, int | float) and round(float(fact.value), 2) in numbers)
        or (fact.unit in WORD_UNITS and plain(str(fact.value)) in text)
    ]
