"""One question of a thread with its answer, as plain JSON: all that is kept of a conversation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, Field

from agent.folding import fold

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

    `topics` is what the next question goes on from; `customers` every id of whoever the turn was about or cites;
    `oldest` when the oldest event that it cites happened.
    """

    question: str
    asked_at: datetime
    as_of: datetime
    bound_to: str | None = None
    topics: list[dict[str, Any]] = Field(default_factory=list)
    customers: list[str] = Field(default_factory=list)
    oldest: datetime | None = None
    answer: dict[str, Any] = Field(default_factory=dict)


class Traces:
    """What tells that a text is about somebody: their ids, names and addresses, as words of it."""

    def __init__(self, ids: Collection[str], words: Collection[str]) -> None:
        self._ids = frozenset(ids)
        said = sorted({fold(word) for word in (*ids, *words) if word.strip()}, key=len, reverse=True)
        self._said = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, said))})(?!\w)") if said else None

    def in_turn(self, turn: Turn) -> bool:
        """Whether a turn is about them, cites or names them."""
        return self.among(turn.customers, turn.model_dump(mode="json"))

    def among(self, customers: Iterable[str], said: Any) -> bool:
        """Whether they are one of these customers, or any text of a JSON value names them."""
        return not self._ids.isdisjoint(customers) or (
            self._said is not None and any(self._said.search(_folded(text)) for text in _texts(said))
        )


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
        yield run.use.args.get("client_id")
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


def _folded(text: str) -> str:
    # The same, a hundred times faster: an erasure reads every thread.
    return text.casefold() if text.isascii() else fold(text)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, the names of its fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
