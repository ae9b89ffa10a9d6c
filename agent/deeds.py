"""What customers must have done to be meant: "ordered in June and not in July", "at least 3 tickets"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.intent import Question
from agent.lexicon import tokens_of
from agent.periods import Span, describe, find_spans
from agent.quantities import Bound
from agent.terms import Terms, read_terms
from agent.traits import find_traits
from agent.wording import listed, plain
from tools.selection import Condition

#: Where one condition on a customer ends and the next begins.
_SPLIT = re.compile(
    r",?\s+(?=but\b|yet\b|without\b|then\b|and (?:then|also|again|none|nothing|never|not|no|in|during"
    r"|on|since|who|have|has|did|didn['’]t|had|haven['’]t)\b"
    r"|or (?:in|during)\b|after (?:an?|their|her|his|the (?:first|last))\b|after \w+ing\b)"
    r"|(?<=\d)\s+(?=and\s+(?:in\s+)?[A-Z][a-z]+ \d{4})",
    re.I,
)
_NOT = re.compile(
    r"\b(?:not?|none|nothing|never|without|didn['’]?t|haven['’]?t|hasn['’]?t|don['’]?t|doesn['’]?t|nobody)\b", re.I
)
_FIRST = re.compile(
    r"\bfor the first time\b|\bfirst[- ]time\b|\bnew (?:customers?|buyers?|clients?)\b|\bfirst (?:order|purchase)\w*\b",
    re.I,
)
_AGAIN = re.compile(r"\b(?:c[ao]me back|again|returned|repeat(?:ed)?)\b", re.I)
#: "Ordered, then complained"; "ordered again after a refund", but not "after March".
_THEN = re.compile(r"\W*(?:and |but )?(?:then|afterwards|later)\b", re.I)
_AFTER = re.compile(r"\W*after\b", re.I)
_MONEY = re.compile(r"\b(?:spen[dt]|spending|paid|pay|worth|revenue|value)\b", re.I)
_PAID: dict[str, Any] = {"kind": "money", "titles": [], "item": None, "where": []}


@dataclass(frozen=True, slots=True)
class Deeds:
    """Conditions on customers: `deeds` and `traits` as the tool `cohort` takes them, and in words."""

    deeds: list[dict[str, Any]] = field(default_factory=list)
    traits: list[Condition] = field(default_factory=list)
    any_of: bool = False
    words: str = ""


def read_deeds(question: Question) -> Deeds:
    """The deeds and traits that a clause asks for; a part without events of its own goes on about those before."""
    lexicon = question.lexicon
    if lexicon is None:
        return Deeds()
    before = question.group.get("deeds") or []
    deeds: list[dict[str, Any]] = []
    traits: list[Condition] = []
    words: list[str] = []
    last: dict[str, Any] = {key: before[-1][key] for key in ("kind", "titles", "item", "where")} if before else {}
    for part in _in_time(_SPLIT.split(question.text)):
        spans = find_spans(part, question.as_of, question.settings)
        terms = read_terms(part, lexicon, (), [span.text for span in spans])
        stated = find_traits(part, terms, lexicon)
        if stated:
            traits += stated
            words.append(" and ".join(_said(condition) for condition in stated))
            continue
        events = _events(terms, _item(terms, part, question))
        leans = (spans or terms.bounds) and (deeds or _AGAIN.search(part))
        if not (terms.names_events or leans or any(bound.currency for bound in terms.bounds)):
            continue
        events = events if terms.names_events else last or _PAID
        last = events
        periods: Sequence[Span | None] = spans or [None]
        for span in periods:
            deed = {**events, **_bounded(part, terms, question), **_during(span)}
            if deeds and _THEN.match(part):
                deed["later"] = True
            deeds.append(deed)
            words.append(_words(deed, span, question, terms))
    any_of = len(deeds) > 1 and re.search(r"\bor\b", question.text, re.I) is not None and not before
    joint = " or " if any_of else ", and "
    return Deeds(deeds, traits, any_of, joint.join(filter(None, words)))


def _in_time(parts: Sequence[str]) -> list[str]:
    """The parts with what came first first: "ordered after a refund" is a refund, then an order."""
    found: list[str] = []
    for part in parts:
        if _AFTER.match(part) and found:
            found[-1:] = [part, f"then {found[-1]}"]
        else:
            found.append(part)
    return found


def _item(terms: Terms, part: str, question: Question) -> str | None:
    """The item that a part names, in whole or by the words that the clause was found to mean one by."""
    if terms.item or not question.item:
        return terms.item
    said = {token.stem for token in tokens_of(part)}
    return question.item if {token.stem for token in tokens_of(question.item)} <= said else None


def _events(terms: Terms, item: str | None) -> dict[str, Any]:
    return {
        "kind": "purchase" if terms.kind == "money" and not terms.bounds else terms.kind,
        "titles": list(terms.titles),
        "item": item,
        "where": [condition.model_dump() for condition in terms.where],
    }


def _bounded(part: str, terms: Terms, question: Question) -> dict[str, Any]:
    """How often, or for how much."""
    found: dict[str, Any] = {}
    if _FIRST.search(part):
        found["first"] = True
    for bound in terms.bounds:
        found |= _sum(bound, question) if bound.currency or (_MONEY.search(part) and not bound.times) else _times(bound)
    # "Not more than 3" is a bound, and denies nothing.
    rest = "".join(char for at, char in enumerate(part) if not any(b.start <= at < b.end for b in terms.bounds))
    if _NOT.search(rest):
        found |= _denied(found)
    return found


def _denied(found: dict[str, Any]) -> dict[str, Any]:
    """The contrary: not over 100 is at most 100, not at least 3 times is at most twice, and not at all is never."""
    if found.get("sum_min") is not None:
        return {"sum_min": None, "sum_max": found["sum_min"], "more": not found["more"], "times_min": 0}
    if found.get("sum_max") is not None:
        return {"sum_max": None, "sum_min": found["sum_max"], "more": not found["more"]}
    if found.get("times_max", 0) is None:
        return {"times_min": 0, "times_max": found["times_min"] - 1}
    return {"times_min": 0, "times_max": 0}


def _sum(bound: Bound, question: Question) -> dict[str, Any]:
    side = "sum_min" if bound.op in ("at_least", "more_than") else "sum_max"
    of = question.numbers[0] if question.numbers else None
    return {side: bound.value, "more": bound.op in ("more_than", "less_than"), "currency": bound.currency, "of": of}


def _times(bound: Bound) -> dict[str, Any]:
    return {"times_min": bound.least, "times_max": bound.most}


def _during(span: Span | None) -> dict[str, Any]:
    return {"since": span.since, "before": span.before} if span else {}


def _words(deed: dict[str, Any], span: Span | None, question: Question, terms: Terms) -> str:
    """A deed in words, without what only the tool's arguments need to say."""
    kinds = {"purchase": "purchases", "refund": "refunds", "money": "payments", "activity": "activity", "any": "events"}
    what = listed([f"{plain(title)} events" for title in deed["titles"]]) or kinds[deed["kind"]]
    what = f"{what} after that" if deed.get("later") else what
    what = f"the first {what}" if deed.get("first") else f"no {what}" if deed.get("times_max") == 0 else what
    held = "".join(f" with {_said(Condition(**each))}" for each in deed["where"][:2] if isinstance(each["value"], str))
    item = deed["item"] and (plain(deed["item"]) if not re.search(r"\d", deed["item"]) else "this item")
    held = f" with {item}{held}" if item else held
    return f"{what}{held}{f' {describe(span, question.settings)}' if span else ''}"


def _said(condition: Condition) -> str:
    value = str(condition.value)
    return f"{plain(condition.label)} {plain(value)}" if not re.search(r"\d", value) else plain(condition.label)
