"""Which events of one kind there were: what was bought, when something last happened."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, noun, result_of
from agent.wording import items, opening, quote, wrote
from tools.timeline import Entry, TimelineResult

_FIRST = r"\bfirst\b|\binitial\b|\bearliest\b"
_LAST = r"\blast(?:ly)?\b|\blatest\b|\bmost recent(?:ly)?\b|\bnewest\b"
_SHOWN = 8
_ITEMS = 12


def plan(question: Question) -> list[Call]:
    wanted = question.filter()
    if question.has(r"\bactive\b|\bseen\b") and wanted["kind"] == "any" and not wanted["titles"]:
        wanted["kind"] = "activity"
    one = question.has(_FIRST) or (question.has(_LAST) and not question.span) or question.has(r"^\s*when\b")
    order = "oldest" if question.has(_FIRST) else "newest"
    return [
        Call("timeline", {**wanted, "client_id": question.client_id, "order": order, "limit": 1 if one else _SHOWN})
    ]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, TimelineResult)
    if not found:
        return []
    if not found.entries:
        return nothing(f"No {noun(question, found, None)} of {question.who} on record{question.when}", runs)
    entries = sorted(found.entries, key=lambda e: e.occurred_at)
    claims = [
        Claim(text=f"{'- ' if len(entries) > 1 else ''}{_sentence(question, e)}", evidence=[e.message_id])
        for e in entries
    ]
    if found.total > len(entries) > 1:
        fact, what = found.facts[0], noun(question, found, entries[-1])
        claims.insert(
            0,
            Claim(
                text=f"{opening(what)} of {question.who}{question.when}: {found.total}, the newest here.",
                evidence=fact.evidence[::-1],
            ),
        )
    return claims


def names_events(question: Question) -> bool:
    """Whether it is clear which events are meant; "when does it end?" is not about the last event."""
    return (
        bool(question.titles or question.item)
        or question.kind != "any"
        or question.has(r"\bactive\b|\bseen\b|\bevents?\b")
    )


def _sentence(question: Question, entry: Entry) -> str:
    start = f"On {question.day(entry.occurred_at)}, {question.who}: {quote(entry.title)}"
    if entry.said:
        return f"{start}, {wrote(entry)}."
    return f"{start}, {items(entry.items, _ITEMS)}." if entry.items else f"{start}."


INTENT = Intent(
    name="events",
    about="one",
    fits=names_events,
    pattern=matcher(
        r"^\s*when (?:did|was|is|has|does)\b",
        r"\bwhat (?:did|has|have) .*\b(buy|bought|order(?:ed)?|purchased?|send back|sent back|return(?:ed)?|use[d]?)\b",
        r"\b(show|list|which)\b.*\b(orders?|purchases?|refunds?|tickets?|payments?|events?|visits?)\b",
        r"\bwhich of (?:them|those|these)\b",
        r"\b(first|last|latest) (order|purchase|payment|ticket|visit|refund|event|activity)\b",
    ),
    plan=plan,
    compose=compose,
    examples=(
        "When did they last order?",
        "What did this customer buy in March?",
        "Show the payments of this account.",
    ),
)
