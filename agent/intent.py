"""What an intent is: how a question is recognised, which tools it needs, and how their results become claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from agent.answer import Claim, ToolUse
from agent.lexicon import Lexicon
from agent.periods import Span, describe, local_date
from agent.quantities import Bound
from agent.wording import plain, quote, who
from memory.vocabulary import spelled
from memory.workspace import WorkspaceSettings
from tools.fact import Fact, Passage
from tools.selection import Condition, Kind
from tools.tool import ToolResult

R = TypeVar("R", bound=ToolResult)

#: Shown of a list when the question gives no number: what fits a chat window.
DEFAULT_TOP = 5
MAX_TOP = 20


@dataclass(frozen=True, slots=True)
class Question:
    """One clause of what was asked, with everything in it that code could resolve."""

    text: str
    client_id: str | None
    names: dict[str, str | None]
    span: Span | None
    kind: Kind
    titles: tuple[str, ...]
    number: int | None
    as_of: datetime
    settings: WorkspaceSettings
    topic: str = ""
    currencies: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    item: str | None = None
    #: Everyone that the clause names, where it is about several at once.
    clients: tuple[str, ...] = ()
    #: Every period that it names, in its order; `span` is the first.
    spans: tuple[Span, ...] = ()
    #: "Per month": the steps that are asked for.
    step: str | None = None
    #: Properties that it asks for, the likeliest first, and those among them that hold numbers.
    labels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    bounds: tuple[Bound, ...] = ()
    #: Words of the clause that were understood, and whether its events were named in full.
    phrases: tuple[str, ...] = ()
    certain: bool = False
    lexicon: Lexicon | None = field(default=None, repr=False, compare=False)
    #: Conditions on customers that the question before has set: "which of these ...".
    group: dict[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> list[str]:
        """The customers that it is about; none: everyone."""
        return list(self.clients) or ([self.client_id] if self.client_id else [])

    @property
    def understood(self) -> list[str]:
        """The phrases of the clause that were read: times, names, events and properties."""
        spans = [span.text for span in self.spans]
        return [*spans, self.item or "", *self.titles, *self.phrases, *self.labels, *self.currencies]

    @property
    def currency(self) -> str | None:
        """The currency that it names."""
        return next((found for found in self.currencies if self.has(rf"\b{re.escape(found)}\b")), None)

    @property
    def limit(self) -> int:
        return min(self.number or DEFAULT_TOP, MAX_TOP)

    @property
    def who(self) -> str:
        """The customer in words; everyone when the question names nobody."""
        return who(self.client_id, self.names.get(self.client_id)) if self.client_id else "all customers"

    @property
    def when(self) -> str:
        """The period in words with a space before, or nothing."""
        return f" {describe(self.span, self.settings)}" if self.span else ""

    def day(self, moment: datetime) -> str:
        return local_date(moment, self.settings)

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.text, re.I) is not None

    def asks(self, pattern: str) -> bool:
        """Like `has`, of the clause without the periods it names: "the first half of 2011" asks for no first event."""
        text = self.text
        for span in self.spans:
            text = text.replace(span.text, " ")
        return re.search(pattern, text, re.I) is not None

    def filter(self) -> dict[str, Any]:
        """The period, kind and item of events as arguments that every event tool takes."""
        span = {"since": self.span.since, "before": self.span.before} if self.span else {}
        titles = list(self.titles)
        where = [condition.model_dump() for condition in self.where]
        return {
            **span, "kind": self.kind, "titles": titles, "item": self.item, "unsettled": self.unsettled, "where": where,
        }  # fmt: skip

    @property
    def unsettled(self) -> bool:
        """Whether only troubles that are still open are meant."""
        never = r"(?:not|never) (?:been )?(?:resolved|answered|settled|paid)"
        opened = r"(?:is|are|remain|remains) (?:still )?open"
        return self.has(rf"\b(still open|open tickets?|{opened}|unresolved|unsettled|{never})\b")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to be run with these arguments."""

    tool: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A call with how it went; `result` is None when it failed."""

    use: ToolUse
    result: ToolResult | None


@dataclass(frozen=True, slots=True)
class Intent:
    """One row of the registry. `about` says whether a customer must, may or must not be named, or several at once."""

    name: str
    about: Literal["one", "any", "none", "several"]
    pattern: re.Pattern[str]
    plan: Callable[[Question], list[Call]]
    compose: Callable[[Question, Sequence[Run]], list[Claim]]
    examples: tuple[str, ...] = field(default_factory=tuple)
    fits: Callable[[Question], bool] = field(default=lambda question: True)
    #: Words it takes into account. With them, a clause that says more is left unanswered rather than half answered.
    reads: re.Pattern[str] | None = None
    #: Whether it takes a period into account.
    timed: bool = True


def result_of(runs: Sequence[Run], kind: type[R]) -> R | None:
    """The first result of this type, or None when that tool failed."""
    return next((run.result for run in runs if isinstance(run.result, kind)), None)


def searched(runs: Sequence[Run]) -> Fact | None:
    """Where a tool that found nothing looked: how many events or customers, and which."""
    facts = (fact for run in runs if run.result for fact in run.result.facts)
    return next((fact for fact in facts if fact.name == "searched" and fact.value), None)


def nothing(what: str, runs: Sequence[Run]) -> list[Claim]:
    """The claim that something is not there, only with what was searched for it."""
    where = searched(runs)
    if where is None:
        return []
    return [Claim(text=f"{what}; {where.value} {where.unit} were searched.", evidence=where.evidence[::-1][:2])]


def noun(question: Question, found: ToolResult, newest: Passage | None) -> str:
    """What was counted or listed, in words: by the name of the newest event of it, which is cited."""
    names = {spelled(title) for title in question.titles}
    if question.item and newest is None:
        return "such events"
    if not names or question.unsettled:
        return found.facts[0].name + (f" with {quote(question.item)}" if question.item else "")
    if len(names) > 1 or (newest is None and re.search(r"\d", question.titles[0])):
        return "such events"
    return f"{quote(newest.title) if newest else plain(question.titles[0])} events"


def matcher(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I)
