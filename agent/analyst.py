"""Answers questions: one graph for all of them, and what it may use for each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agent.answer import Answer, Usage
from agent.chat_model import ChatModel
from agent.compose import facts_of
from agent.events import AnswerFinal, Told
from agent.follow_up import with_answer
from agent.graph import build_graph
from agent.ground import numbers_in
from agent.history import history
from agent.meaning import IntentFinder
from agent.metering import Meter
from agent.state import AgentContext, State
from agent.telling import Teller
from agent.threads import Conversation, Threads
from agent.turn import Turn, is_told, make_turn
from agent.understand import asked_as_of, vocabulary, written_out
from agent.wording import plain
from tools.fact import WORD_UNITS, Fact
from tools.tool import ToolContext

#: Questions of a thread that are answered again for one about an earlier time: it leans mostly on the last.
_MAX_AGAIN = 4


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer with all that it came from; `replaces` as of `AnswerFinal`."""

    answer: Answer
    replaces: bool
    state: State
    context: ToolContext


class Analyst:
    """The agent of one process; every question brings its own context."""

    def __init__(self, finder: IntentFinder, model: ChatModel | None, threads: Threads, meter: Meter) -> None:
        self._finder = finder
        self._model = model
        self._threads = threads
        self._meter = meter
        self._graph = build_graph()

    async def ask(self, context: ToolContext, message: str, thread_id: str | None) -> Answer:
        """The answer to a question in the scope and as of the time of the context; raises UnknownThread."""
        async with aclosing(self.talk(context, message, thread_id)) as talk:
            async for told in talk:
                if isinstance(told, AnswerFinal):
                    return told.answer
        raise RuntimeError("a run ended without an answer")

    async def talk(self, context: ToolContext, message: str, thread_id: str | None) -> AsyncGenerator[Told, None]:
        """What happens while a question is answered in a thread, which without an id is a new one; last the answer.

        Raises UnknownThread before the first of it. The answer is told once it is kept; whatever is cut off leaves
        the thread as it was.
        """
        asked_at, named = datetime.now(UTC), thread_id or uuid4().hex
        async with self._threads.opened(context.scope, named, context.bound_to) as thread:
            earlier = history([turn for turn in thread.turns if is_told(turn, context.as_of, context.known_at)])
            before = await self._handed_on(context, thread)
            async with aclosing(self.reply(context, message, before, earlier, named)) as reply:
                async for told in reply:
                    if isinstance(told, Finished):
                        turn = await self._turn(told, context, message, asked_at)
                        await self._threads.keep(thread, turn)
                        yield AnswerFinal(answer=told.answer, replaces=told.replaces)
                    else:
                        yield told

    async def reply(
        self,
        context: ToolContext,
        message: str,
        before: Sequence[dict[str, Any]] = (),
        earlier: str = "",
        thread_id: str = "",
    ) -> AsyncGenerator[Told | Finished, None]:
        """What happens while a question is answered, and last what came of it, `Finished`; nothing is kept.

        `before` is what the last turn handed on, `earlier` what a model is told of the conversation.
        """
        then = await self.narrowed(context, message, before)
        teller = Teller()
        agent = AgentContext(then, self._finder, self._model, teller)
        state: State = {"question": message, "before": list(before), "earlier": earlier}
        run = self._graph.astream(state, context=agent, stream_mode=["updates", "custom"])
        # Closed with it, not some time after: whoever stops listening stops the model and the tools.
        async with aclosing(run) as steps:
            async for kind, told in steps:
                if kind == "custom":
                    yield told
                    continue
                for changes in told.values():
                    state = {**state, **(changes or {})}
        answer = self._answer(state, then, thread_id)
        last: list[Told] = []
        goes_on = teller.show(answer.answer, answer.citations, last.append)
        for each in last:
            yield each
        self._meter.answered(answer.mode, answer.mode_reason, state.get("removed", 0))
        yield Finished(answer=answer, replaces=not goes_on, state=state, context=then)

    async def _handed_on(self, context: ToolContext, thread: Conversation) -> list[dict[str, Any]]:
        """What a question may go on from in a thread; of one that went on later, as it would have gone then."""
        if not thread.turns or is_told(thread.turns[-1], context.as_of, context.known_at):
            return thread.topics
        return await self.topics(context, [turn.question for turn in thread.turns[-_MAX_AGAIN:]])

    async def topics(self, context: ToolContext, questions: Sequence[str]) -> list[dict[str, Any]]:
        """What a question may go on from after these, each answered by code in the light of the one before.

        Only so it is known whom an answer has named: "the second one" of a ranking.
        """
        before: list[dict[str, Any]] = []
        for question in questions:
            then = await self.narrowed(context, question, before)
            agent = AgentContext(then, self._finder, None, Teller())
            state = await self._graph.ainvoke({"question": question, "before": before}, context=agent)
            before = with_answer(state["understanding"].topics, self._answer(state, then, ""))
        return before

    async def close(self) -> None:
        if self._model:
            await self._model.close()

    async def narrowed(self, context: ToolContext, message: str, before: Sequence[dict[str, Any]] = ()) -> ToolContext:
        """The context at the instant that the question asks for, or the one it goes on from; never a later one."""
        then = _as_of(context, message)
        if not before:
            return then
        known = await then.survey(), await vocabulary(then)
        return _as_of(then, await written_out(message, then.bound_to, *known, then.settings, before))

    async def _turn(self, done: Finished, context: ToolContext, message: str, asked_at: datetime) -> Turn:
        understood, survey = done.state["understanding"], await done.context.survey()
        understood = replace(understood, topics=with_answer(understood.topics, done.answer))
        runs, view = done.state["runs"], {"seen_until": context.as_of, "known_at": context.known_at}
        turn = make_turn(message, asked_at, context.bound_to, done.answer, understood, runs, survey)
        return turn.model_copy(update=view)

    def _answer(self, state: State, context: ToolContext, thread_id: str) -> Answer:
        """The reply that a finished state amounts to."""
        grounded = state["grounded"]
        text = grounded.text or "I found nothing in memory that answers this."
        abstained = "draft" in state and state["draft"].abstained
        return Answer(
            thread_id=thread_id,
            answer=text,
            citations=grounded.citations,
            facts=used_facts(text, facts_of(state["runs"])),
            tools=[state["understanding"].shown(), *(run.use for run in state["runs"])],
            abstained=abstained or grounded.abstained or not grounded.text,
            mode=state["mode"],
            mode_reason=state["mode_reason"],
            usage=state.get("usage", Usage()),
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
