"""Anything else about what customers did or said: found in memory, quoted, or said to be unknown."""

from __future__ import annotations

from collections.abc import Sequence

from agent.absent import is_spoken_of
from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.intents.story import tell
from agent.intents.thing import missing_words
from agent.wording import items, opening, quote, who
from tools.fact import Passage
from tools.recall import RecallResult, Recollection
from tools.timeline import TimelineResult

#: On the demo questions right events lie above this cosine, most others of the same customer below.
MIN_SIMILARITY = 0.30
#: What falls this far behind the closest is about something else.
MAX_GAP = 0.12
#: Or half of the question's terms stand in the event itself.
MIN_COVERAGE = 0.5
_SHOWN = 4
#: Asks for people: the best memory of each is enough.
_WHO = r"^\W*(?:who|whom|whose|which (?:\w+ )?(?:customers?|clients?|users?|accounts?|people|companies))\b"
_ORDER = r"\b(?:first|last|latest|earliest|newest|oldest|most recent(?:ly)?)\b"
#: Memories read; more where only events of some names will be shown.
_READ = 8
_READ_FOR_NAMED = 40


def plan(question: Question) -> list[Call]:
    span = {"since": question.span.since, "before": question.span.before} if question.span else {}
    query = question.topic or question.text
    limit = _READ_FOR_NAMED if question.titles or question.has(_WHO) else _READ
    search = Call("recall", {"client_id": question.client_id, "query": query, "limit": limit, **span})
    if not question.titles or question.client_id is None:
        return [search]
    return [search, Call("timeline", {**question.filter(), "client_id": question.client_id, "limit": _SHOWN})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    if question.client_id and not question.titles and question.has(_ORDER):
        # What is nearest in meaning is not what came first or last.
        return []
    recalled, spelled = result_of(runs, RecallResult), result_of(runs, TimelineResult)
    memories = relevant(recalled.memories) if recalled else []
    # Events that the question names go before others that are merely about the same thing.
    named = [memory for memory in memories if memory.title in question.titles]
    found = _one_each(named or memories) if question.has(_WHO) and not question.client_id else named or memories
    if question.where:
        # Of a thing that events only name, they tell what they say and no more.
        unheard = missing_words(question)
        found = [memory for memory in found if all(is_spoken_of(word, memory.text) for word in unheard)]
    near: list[Passage] = [*(spelled.entries if spelled else []), *found]
    shown = list({passage.message_id: passage for passage in near}.values())[:_SHOWN]
    bullet = "- " if len(shown) > 1 else ""
    return [Claim(text=f"{bullet}{_sentence(question, p)}", evidence=[p.message_id]) for p in shown]


def relevant(memories: Sequence[Recollection]) -> list[Recollection]:
    """The memories that may answer, best first: close in meaning, or made of the question's own words."""
    best = max((m.similarity or 0.0 for m in memories), default=0.0)
    fullest = max((m.coverage for m in memories), default=0.0)
    least = max(MIN_SIMILARITY, best - MAX_GAP)
    return [
        m for m in memories if (m.similarity or 0.0) >= least or (m.coverage >= MIN_COVERAGE and m.coverage == fullest)
    ]


def _one_each(memories: Sequence[Recollection]) -> list[Recollection]:
    """The first memory of each customer."""
    return list({memory.client_id: memory for memory in reversed(memories)}.values())[::-1]


def _sentence(question: Question, memory: Passage) -> str:
    named = who(memory.client_id, question.names.get(memory.client_id))
    start = "" if question.client_id else f"{named}, "
    if memory.said or not memory.items:
        text = tell(question, memory)
        return opening(f"{start}{text[0].lower()}{text[1:]}") if start else text
    return opening(f"{start}on {question.day(memory.occurred_at)}: {quote(memory.title)}, {items(memory.items)}.")


INTENT = Intent(
    name="lookup",
    about="any",
    pattern=matcher(r"(?!x)x"),  # never by rule: what no other intent takes
    plan=plan,
    compose=compose,
    examples=("What did they complain about?", "Why did they upgrade?", "Which campaign brought them here?"),
)
