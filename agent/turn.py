"""One question of a thread with its answer, as plain JSON: all that is kept of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.intent import Run
    from agent.understand import Understanding
    from tools.survey import Survey

#: An answer of code is 1 to 5 KB; a model's long one 20.
MAX_ANSWER_BYTES = 32 * 1024
#: Of an answer over that size its first part is kept: a page.
_MAX_TEXT_CHARS = 6_000
#: What is left out of such an answer, one after the other, until it fits.
_DISPENSABLE = ("tools", "citations")


class Turn(BaseModel):
    """`answer` is an Answer without its facts: they are computed again by asking again.

    `seen_until` and `known_at` are those of the request, whose view may reach further than the `as_of` of the answer.
    `topics` is what the next question goes on from; `customers` every id of whoever the turn was about or cites;
    `oldest` when the oldest event that it cites happened.
    """

    question: str
    asked_at: datetime
    as_of: datetime
    seen_until: datetime | None = None
    known_at: datetime | None = None
    bound_to: str | None = None
    topics: list[dict[str, Any]] = Field(default_factory=list)
    customers: list[str] = Field(default_factory=list)
    oldest: datetime | None = None
    answer: dict[str, Any] = Field(default_factory=dict)


def is_told(turn: Turn, as_of: datetime, known_at: datetime | None) -> bool:
    """Whether a turn may be spoken of in this view: the past does not know of what was answered from later events."""
    if (turn.seen_until or turn.as_of) > as_of:
        return False
    return known_at is None or turn.asked_at <= known_at or (turn.known_at is not None and turn.known_at <= known_at)


def make_turn(
    question: str,
    asked_at: datetime,
    bound_to: str | None,
    answer: Answer,
    understood: Understanding,
    runs: Iterable[Run],
    survey: Survey,
) -> Turn:
    """What is kept of a question that was answered; times are aware."""
    return Turn(
        question=question,
        asked_at=asked_at,
        as_of=answer.as_of,
        bound_to=bound_to,
        topics=understood.topics,
        customers=sorted(_with_joined({*filter(None, _named(bound_to, answer, understood, runs))}, survey)),
        oldest=min((citation.occurred_at for citation in answer.citations), default=None),
        answer=_bounded(answer.model_dump(mode="json", exclude={"facts", "thread_id"})),
    )


def _named(
    bound_to: str | None, answer: Answer, understood: Understanding, runs: Iterable[Run]
) -> Iterator[str | None]:
    """The customers that the question or the answer speaks of, as far as code knows."""
    yield bound_to
    yield from understood.people.found
    yield from (client for _, fits in understood.people.ambiguous for client in fits)
    yield from (question.client_id for _, question in understood.steps)
    yield from (citation.customer_id for citation in answer.citations)
    yield from (str(fact.value) for fact in answer.facts if fact.unit == "id")
    for run in runs:
        named = run.use.args.get("client_id")
        # A model may have sent anything.
        yield named if isinstance(named, str) else None
        yield from (passage.client_id for passage in (run.result.passages if run.result else ()))


def _with_joined(clients: set[str], survey: Survey) -> set[str]:
    """The clients with every id that led to them then: who is who may be undone, and the words would stay."""
    known = [survey.customers[client] for client in clients if client in survey.customers]
    return clients | {key for customer in known for record in customer.records for key in record.ids}


def _bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, or of a longer one as much as is kept; `cut` names what was left out."""
    cut: list[str] = []
    for name in _DISPENSABLE:
        if len(orjson.dumps(answer)) > MAX_ANSWER_BYTES:
            answer, cut = {**answer, name: []}, [*cut, name]
    if len(orjson.dumps(answer)) > MAX_ANSWER_BYTES:
        answer, cut = {**answer, "answer": answer["answer"][:_MAX_TEXT_CHARS]}, [*cut, "answer"]
    return {**answer, "cut": cut} if cut else answer
