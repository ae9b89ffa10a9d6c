"""From claims to a draft: lines of Markdown whose markers point to events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from agent.answer import Claim, Draft
from agent.intent import Intent, Question, Run
from agent.periods import Span, describe, local_date
from agent.wording import listed, quote
from memory.workspace import WorkspaceSettings
from tools.fact import Fact

#: Markers behind one statement; a fact's own evidence is longer.
MAX_MARKERS = 4


def compose(steps: Sequence[tuple[Intent, Question, Sequence[Run]]]) -> Draft:
    """The deterministic answer to every step; what a failed tool leaves open is said."""
    claims: list[Claim] = []
    failed: list[str] = []
    for intent, question, runs in steps:
        if question.unread:
            failed.append(not_understood(question))
            continue
        found = intent.compose(question, runs)
        claims += [claim for claim in found if claim not in claims]
        failed += [
            f"I could not look this up: {run.use.name} failed ({run.use.error})." for run in runs if not run.use.ok
        ]
        if not found and not any(not run.use.ok for run in runs):
            failed.append(unknown(question))
    draft = render(claims)
    return Draft(
        lines=[*draft.lines, *dict.fromkeys(failed)],
        cited=draft.cited,
        abstained=bool(failed) or any(claim.unknown for claim in claims),
    )


def unknown(question: Question) -> str:
    """What is said when memory holds no answer."""
    return f"I found nothing in memory that answers this for {question.who}."


def not_understood(question: Question) -> str:
    """What is said where a part of the question would have to be ignored."""
    words = listed([quote(word) for word in question.unread])
    return f"I do not understand {words} in this question, and will not answer only a part of it."


def render(claims: Iterable[Claim]) -> Draft:
    """Claims as lines, each with markers for its first few events."""
    cited: dict[str, int] = {}
    lines: list[str] = []
    for claim in claims:
        keys = list(dict.fromkeys(claim.evidence))[:MAX_MARKERS]
        markers = "".join(f"[{cited.setdefault(key, len(cited) + 1)}]" for key in keys)
        lines.append(f"{claim.text} {markers}".rstrip())
    return Draft(lines=lines, cited=list(cited))


def facts_of(runs: Iterable[Run]) -> list[Fact]:
    """Every fact that the tools computed, each once."""
    found: dict[str, Fact] = {}
    for run in runs:
        for fact in run.result.facts if run.result else []:
            found.setdefault(fact.model_dump_json(exclude={"evidence"}) + ",".join(fact.evidence[:3]), fact)
    return list(found.values())


def dates_of(runs: Iterable[Run], questions: Iterable[Question], settings: WorkspaceSettings) -> frozenset[str]:
    """Dates that code computed or read from the question: an answer may use them beside those of its events."""
    runs = list(runs)
    moments: list[datetime] = []
    for run in runs:
        if run.result:
            _collect(run.result.model_dump(exclude={"facts", "passages"}), moments)
    found = {local_date(moment, settings) for moment in moments}
    for question in questions:
        for span in question.spans:
            found |= set(describe(span, settings).split())
    for run in runs:
        found |= set(_asked(run, settings).split())
    return frozenset(found)


def _asked(run: Run, settings: WorkspaceSettings) -> str:
    """The period that a tool was asked for, in words."""
    since, before = (run.use.args.get(key) for key in ("since", "before"))
    times = [datetime.fromisoformat(at) if at else None for at in (since, before)]
    return describe(Span(times[0], times[1], ""), settings) if any(times) else ""


def _collect(value: Any, into: list[datetime]) -> None:
    if isinstance(value, datetime):
        into.append(value)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, into)
    elif isinstance(value, list):
        for item in value:
            _collect(item, into)
