"""Which events of one kind there were: what was bought, when something last happened."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, noun
from agent.wording import items, opening, quote, wrote
from tools.timeline import Entry, TimelineResult

_FIRST = r"\bsince when\b|\bfirst\b|\binitial\b|\bearliest\b"
_LAST = r"\blast(?:ly)?\b|\blatest\b|\bmost recent(?:ly)?\b|\bnewest\b"
#: The whole list is asked for, in order.
WHOLE = (
    r"\b(?:list|everything|earliest to latest|oldest to newest|first to latest|chronolog\w*|earliest first|on"
    r" top|in the order|walk me through|every|each|all|step by step|in order|oldest first|newest first|first"
    r" to last|in turn"
    r"|one by one|timeline|history|sequence)\b"
)
_SHOWN, _LISTED = 8, 50
_ITEMS = 12


def plan(question: Question) -> list[Call]:
    wanted = question.filter()
    if question.has(r"\bactive\b|\bseen\b") and wanted["kind"] == "any" and not wanted["titles"]:
        wanted["kind"] = "activity"
    one = question.asks(_FIRST) or question.asks(_LAST) or question.has(r"^\s*when\b(?!.*\bwhich\b)")
    one = one and not question.has(WHOLE)
    order = "oldest" if question.asks(_FIRST) else "newest"
    limit = 1 if one else _LISTED if question.has(WHOLE) or question.span else _SHOWN
    both = question.asks(_FIRST) and question.asks(_LAST) and not question.has(WHOLE)
    orders = ("oldest", "newest") if both else (order,)
    return [Call("timeline", {**wanted, "client_id": question.client_id, "order": o, "limit": limit}) for o in orders]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    results = [run.result for run in runs if isinstance(run.result, TimelineResult)]
    if not results:
        return []
    found = results[0]
    if len(results) > 1 and found.entries:
        return [told(question, entry) for result in results for entry in result.entries]
    if not found.entries:
        return nothing(f"No {noun(question, found, None)} of {question.who} on record{question.when}", runs)
    entries = sorted(found.entries, key=lambda e: e.occurred_at)
    claims = [told(question, entry, "- " if len(entries) > 1 else "") for entry in entries]
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


def told(question: Question, entry: Entry, bullet: str = "") -> Claim:
    """One event in a line: its day, its name, and what was said or what it was about."""
    return Claim(text=f"{bullet}{_sentence(question, entry)}", evidence=[entry.message_id])


def names_events(question: Question) -> bool:
    """Whether it is clear which events are meant; "when does it end?" is not about the last event."""
    return (
        bool(question.titles or question.item or question.where)
        or question.kind != "any"
        or question.has(r"\bactive\b|\bseen\b|\bevents?\b")
    )


def _sentence(question: Question, entry: Entry) -> str:
    start = f"On {question.day(entry.occurred_at)}, {question.who}: {quote(entry.title)}"
    if entry.said:
        rest = quote(entry.text.partition(entry.said)[2].lstrip(". "))
        return f"{start}, {wrote(entry)}{f' ({rest})' if rest else ''}."
    if entry.items:
        return f"{start}, {items(entry.items, _ITEMS)}."
    rest = entry.text.removeprefix(entry.title).lstrip(". ")
    return f"{start}, {quote(rest)}." if rest else f"{start}."


INTENT = Intent(
    name="events",
    about="one",
    fits=names_events,
    pattern=matcher(
        r"^\s*(?:since )?when (?:did|was|is|has|does|had)\b",
        rf"^(?!.*\bhow (?:many|much)\b).*{WHOLE}",
        r"\bdates?\b|\bsince when\b|\bwhat (?:was|is|were) in\b|\bwhose\b",
        r"^\s*who\b",
        r"^(?!.*\b(?:what|which|why|who|how|did|does|do|is|are|was|were|has|have)\b)",
        r"\bwhat (?:did|has|have) .*\b(buy|bought|order(?:ed)?|purchased?|send back|sent back|return(?:ed)?|use[d]?)\b",
        r"\b(show|list|which)\b.*\b(orders?|purchases?|refunds?|tickets?|payments?|events?|visits?)\b",
        r"\bwhich of (?:them|those|these)\b",
        r"\b(?:first|last|latest|newest|most recent|earliest)\b",
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
