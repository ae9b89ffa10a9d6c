"""What a property of somebody, or of one of their events, is: "which cabin did they book last?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.folding import stem
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.lexicon import stems
from agent.wording import MAX_QUOTE, opening, plain, quote
from memory.details import folded_label
from tools.condition import is_date, number_in
from tools.fact import number as as_number
from tools.fact import show
from tools.timeline import Entry, TimelineResult

#: How an event that changes a property calls its new value.
_NEW = ("to", "new", "current", "next")
#: A list of events in order is no property of theirs.
ORDERED = (
    r"\b(?:list|everything|walk me through|step by step|in (?:the )?(?:\w+ )?order|(?:oldest|newest|earliest"
    r"|latest) (?:first|on top)"
    r"|first to la(?:st|test)|earliest to latest|oldest to newest|chronolog\w*|timeline|history)\b"
)
#: What brought somebody is told by the event that did, and when and why are no properties.
_NOT_ASKED = r"^\s*(?:when|why|who)\b|\b(?:brought|acquired|complain\w*|wrote|write|say|said|ask(?:ed)?)\b"
#: One event among several is meant.
_EVENT = r"\b(?:first|last|latest|most recent|newest|earliest|previous|did|when)\b"
_FIRST = (
    r"\bbrought\b|\bacquired\b|\bcame (?:from|through|to us)\b|\bfirst\b|\binitial\w*\b|\bearliest\b"
    r"|\boriginal\w*\b"
)
_MANY = r"\b(?:all|every|each|list|history|over time|change[ds]?|ever|have they|different)\b"
_SHOWN = 8
#: Properties that an answer names beside each other, where a question's words fit several.
_MOST = 3


def plan(question: Question) -> list[Call]:
    return [call for _, _, call in _calls(question)]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found: dict[str, list[tuple[str, Entry]]] = {}
    for (label, held, _), run in zip(_calls(question), runs, strict=True):
        if isinstance(run.result, TimelineResult):
            found.setdefault(label, []).extend((held, entry) for entry in run.result.entries)
    claims = [
        Claim(text=_sentence(question, label, held, entry), evidence=[entry.message_id])
        for label, entries in found.items()
        for held, entry in _chosen(question, entries)
    ]
    return claims or _missing(question, runs)


def _calls(question: Question) -> list[tuple[str, str, Call]]:
    """For each property asked for, where it may stand: under its name, or as the new value where it changes."""
    when = question.filter()
    if not question.certain and not question.asks(_EVENT) and not _is_list(question):
        # What somebody's plan was on a day was stated before it.
        when["since"] = None
    args = {
        **when, "client_id": question.client_id, "order": _order(question),
        "limit": _SHOWN if _is_list(question) else 1,
    }  # fmt: skip
    calls = []
    for label in _asked(question):
        titles = _titles(question, label)
        calls.append((label, label, Call("timeline", {**args, "titles": titles, "having": [label]})))
        for new, changing in [] if titles else _changes(question, label):
            calls.append((label, new, Call("timeline", {**args, "titles": changing, "having": [new]})))
    return calls


def _changes(question: Question, label: str) -> list[tuple[str, list[str]]]:
    """The properties that hold a new value of this one, with the events that carry them: "to" of "Plan Upgraded"."""
    if question.lexicon is None:
        return []
    labels = question.lexicon.catalogue.labels
    words = stems(label)
    found = [
        (new, sorted(title for title in labels[new].titles if words <= stems(title))) for new in _NEW if new in labels
    ]
    return [
        *((new, titles) for new, titles in found if titles),
        *((f"{new} {label}", []) for new in _NEW if f"{new} {label}" in labels),
    ]


def _chosen(question: Question, entries: list[tuple[str, Entry]]) -> list[tuple[str, Entry]]:
    ordered = sorted(entries, key=lambda pair: (pair[1].occurred_at, pair[1].message_id))
    if _is_list(question):
        return ordered
    return ordered[:1] if _order(question) == "oldest" else ordered[-1:]


def _is_list(question: Question) -> bool:
    return question.has(_MANY) or _is_plural(question)


def _order(question: Question) -> str:
    return "oldest" if question.asks(_FIRST) or _is_list(question) else "newest"


def _missing(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, TimelineResult)
    if not found:
        return []
    return nothing(f"No event of {question.who} on record{question.when} tells the {plain(question.labels[0])}", runs)


def _sentence(question: Question, label: str, held: str, entry: Entry) -> str:
    value = next((detail.value for detail in entry.details if folded_label(detail.label) == held), None)
    told = f"{_shown(value)}, on {question.day(entry.occurred_at)} ({quote(entry.title)})"
    return f"{opening(question.who)}: {plain(label)} {told}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = number_in(value) if isinstance(value, str | int | float) else None
    if number is not None:
        return show(as_number(number))
    text = str(value)
    # A day is written like every other day, so that it is held to what the event states.
    return text[:10] if is_date(text) else quote(text[:MAX_QUOTE])


def _asked(question: Question) -> tuple[str, ...]:
    """The properties that the question names: several where it joins them by "and", else the one it asks for first."""
    if _asks_for_day(question):
        known = question.lexicon.catalogue.labels if question.lexicon else {}
        return tuple(label for label in question.labels if "date" in known[label].kinds)[:1]
    if question.has(r"\band\b"):
        return question.labels[:_MOST]
    asked = re.search(r"\b(?:what|which|whose|how)\s+(?:(?:was|is|were|are|the|of)\s+)*(\w+)", question.text, re.I)
    first = [label for label in question.labels if asked and stem(asked[1].lower()) in map(stem, label.split())]
    return tuple([*first, *question.labels][:1])


def _titles(question: Question, label: str) -> list[str]:
    """The events asked about, where any of them carries the property."""
    known = question.lexicon.catalogue.label(label) if question.lexicon else None
    carrying = [title for title in question.titles if known and title in known.titles]
    # A word that names the property may name an event as well: "tier" is no event asked about.
    return carrying if question.certain or question.where or question.asks(_EVENT) else []


def _asks_for_day(question: Question) -> bool:
    """ "When does it renew?": a day that an event states, rather than the day of an event."""
    known = question.lexicon.catalogue.labels if question.lexicon else {}
    return question.has(r"^\s*when (?:does|do|will|is)\b") and any(
        "date" in known[label].kinds for label in question.labels
    )


def _is_plural(question: Question) -> bool:
    head = question.labels[0].split()[-1] if question.labels else ""
    return (
        bool(head)
        and not head.endswith("s")
        and re.search(rf"\bwhich\s+(?:\w+\s+)?{re.escape(head)}s\b", question.text, re.I) is not None
    )


INTENT = Intent(
    name="property",
    about="one",
    fits=lambda question: (
        bool(question.labels)
        and not question.has(ORDERED)
        and (not question.has(_NOT_ASKED) or _asks_for_day(question))
    ),
    pattern=matcher(
        r"\b(?:what|which|whose|how|when)\b",
        r"^(?:\w+\s+){0,3}?of\b",
        r"['’]s\s+\w+",
        r"\b(?:first|last|latest|current|newest|most recent)\b",
        r"^(?!.*\b(?:list|show|did|does)\b)",
    ),
    plan=plan,
    compose=compose,
    examples=("Which plan are they on?", "What is the customer's job title?", "What language do they speak?"),
)
