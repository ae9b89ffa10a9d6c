"""Anything else about what customers did or said: found in memory, quoted, or said to be unknown."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.intents.story import tell
from agent.wording import items, quote, who
from tools.recall import RecallResult, Recollection

#: Measured on the demo questions: right events lie above .30, other events of the same customer mostly below.
MIN_SIMILARITY = 0.30
#: A first hit this close stands alone; what falls this far behind it is about something else.
MAX_GAP = 0.12
_SHOWN = 4


def plan(question: Question) -> list[Call]:
    span = {"since": question.span.since, "before": question.span.before} if question.span else {}
    return [
        Call("recall", {"client_id": question.client_id, "query": question.topic or question.text, "limit": 8, **span})
    ]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, RecallResult)
    near = relevant(found.memories) if found else []
    return [
        Claim(text=f"{'- ' if len(near) > 1 else ''}{_sentence(question, memory)}", evidence=[memory.message_id])
        for memory in near
    ]


def relevant(memories: Sequence[Recollection]) -> list[Recollection]:
    """The memories that may answer: close in meaning, and not far behind the closest."""
    best = max((m.similarity or 0.0 for m in memories), default=0.0)
    near = [m for m in memories if (m.similarity or 0.0) >= max(MIN_SIMILARITY, best - MAX_GAP)]
    return near[:_SHOWN]


def _sentence(question: Question, memory: Recollection) -> str:
    if question.client_id is None:
        start = f"{who(memory.client_id, question.names.get(memory.client_id))}, "
    else:
        start = ""
    if memory.said or not memory.items:
        text = tell(question, memory)
        return f"{start}{text[0].lower()}{text[1:]}" if start else text
    return f"{start}on {question.day(memory.occurred_at)}: {quote(memory.title)}, {items(memory.items)}."


INTENT = Intent(
    name="lookup",
    about="any",
    pattern=matcher(r"(?!x)x"),  # never by rule: what no other intent takes
    plan=plan,
    compose=compose,
    examples=("What did they complain about?", "Why did they upgrade?", "Which campaign brought them here?"),
)
