"""What brought somebody here, or back: the campaign, referrer or source that their events name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, result_of
from agent.wording import opening, quote
from memory.vocabulary import meaning_of
from tools.profile import ProfileResult
from tools.timeline import Entry, TimelineResult

#: How events name where somebody came from.
_SOURCE = re.compile(
    r"\b((?:utm )?(?:campaign|referrer|referer|referred by|source|channel|medium|heard from): [^.\n]+)", re.I
)
_SOMEBODY = r"(?:\W+[\w@.:'’-]+){0,6}?"
_BACK = r"\bback\b|\breturn\w*\b|\bagain\b"
#: A campaign that is followed this late was not what somebody came for.
_LOOKBACK = timedelta(days=30)
#: The first visit: what somebody came with shows within a day.
_FIRST_VISIT = timedelta(days=1)


def plan(question: Question) -> list[Call]:
    client = {"client_id": question.client_id}
    return [Call("profile", client), Call("timeline", {**client, "order": "oldest", "limit": 500})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    profile, timeline = result_of(runs, ProfileResult), result_of(runs, TimelineResult)
    if not profile or not timeline or not timeline.entries:
        return []
    back = question.has(_BACK)
    named = _before_return(profile, timeline.entries) if back else _first_visit(timeline.entries)
    if not named:
        where = "return" if back else "first visit"
        counted = timeline.facts[0]
        searched = f"{counted.value} events were searched"
        text = f"No event around the {where} of {question.who} names a campaign or source; {searched}."
        return [Claim(text=text, evidence=counted.evidence[::-1], unknown=True)]
    return [Claim(text=_sentence(question, each), evidence=_alike(each, timeline.entries)) for each in named]


def source_of(text: str) -> str | None:
    """The part of an event's words that names a campaign or another source."""
    found = _SOURCE.search(text)
    return found[1].strip() if found else None


def _alike(entry: Entry, entries: Sequence[Entry]) -> list[str]:
    """The event, and those around it that name the same source: the mail, its opening, the visit."""
    near = [e for e in entries if abs(e.occurred_at - entry.occurred_at) <= _FIRST_VISIT]
    same = [e.message_id for e in near if source_of(e.text) == source_of(entry.text)]
    return list(dict.fromkeys([entry.message_id, *same]))


def _first_visit(entries: Sequence[Entry]) -> list[Entry]:
    start = entries[0].occurred_at
    return [e for e in entries if e.occurred_at <= start + _FIRST_VISIT and source_of(e.text)][:1]


def _before_return(profile: ProfileResult, entries: Sequence[Entry]) -> list[Entry]:
    """The last event before the return that names a source, preferably one that the customer started."""
    returned = [change.since for change in profile.stage_history if change.stage == "won_back"]
    if not returned:
        return []
    near = [e for e in entries if returned[-1] - _LOOKBACK <= e.occurred_at <= returned[-1] and source_of(e.text)]
    own = [e for e in near if meaning_of(e.title).active]
    return (own or near)[-1:]


def _sentence(question: Question, entry: Entry) -> str:
    day, source = question.day(entry.occurred_at), source_of(entry.text) or ""
    return f"{opening(question.who)}, on {day}: {quote(entry.title)}, {quote(source)}."


INTENT = Intent(
    name="origin",
    about="one",
    pattern=matcher(
        rf"\b(?:brought|brings?|led|attracted|drew|lured|won|got)\b{_SOMEBODY}\W+(?:to us|here|in|back|aboard|over)\b",
        rf"\bhow did\b{_SOMEBODY}\W+(?:find|hear (?:of|about)|discover|come across|come to|learn (?:of|about))\b",
        rf"\bwhere did\b{_SOMEBODY}\W+come from\b",
        r"\bwhat made\b.*\bc[ao]me (?:back|to us)\b|\bwhy did\b.*\bc[ao]me back\b",
    ),
    fits=lambda question: not question.has(r"\bhow (?:many|much|often)\b|^\W*(?:when|who)\b"),
    plan=plan,
    compose=compose,
    examples=("Which campaign brought them here?", "What brought this customer back?", "How did they find us?"),
)
