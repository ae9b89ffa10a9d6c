"""What to say to a question that is not answered: beyond its scope, unclear, or about what is not on record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.absent import Mentioned, find_absent
from agent.people import People
from agent.periods import find_as_of, find_spans, find_wrong_date
from agent.wording import listed, quote, who
from memory.workspace import WorkspaceSettings
from tools.survey import Survey

_OTHERS = (
    r"(?:(?:the|an?|my|our)\s+)?(?:other|another|all|every|each|different|second)\s+(?:the\s+|other\s+)?"
    r"(?:workspaces?|tenants?)\b"
)
#: Other workspaces than this one. What customers did with workspaces of their own is a question like any other.
_ELSEWHERE = re.compile(
    rf"\b(?:in|from|of|across|over|for|into|between)\s+{_OTHERS}"
    rf"|\b(?:show|list|name|see|give|access|use|search|ignore|switch|compare)\s+(?:me\s+|us\s+|to\s+)?{_OTHERS}"
    r"|\b(?:in|from|of|for|switch to|access|use)\s+(?:the\s+)?(?:workspace|tenant)\s+(?:called\s+|named\s+)?"
    r"[\"'“]?(?!(?:is|has|was|do|does|have|of|in|as|and|or|at)\b)[\w-]*[-\d\"'”]",
    re.I,
)


def out_of_scope(text: str, bound_to: str | None, people: People, survey: Survey) -> str | None:
    """What to say to a question that asks beyond its workspace, or beyond the customer it is bound to."""
    if _ELSEWHERE.search(text):
        return "I see one workspace only, the one that this question was asked in."
    if bound_to and bound_to not in survey.customers:
        # The question itself may look further back than the request.
        return f"No event of {who(bound_to, None)} lies before this time."
    if bound_to and (people.unknown or set(people.found) - {bound_to}):
        asked = who(bound_to, survey.customers[bound_to].profile.name)
        # The same for who exists and who does not: neither is this asker's to know.
        return f"This question may only be about {asked}, and names somebody else."
    return None


def unclear(text: str, people: People, survey: Survey, settings: WorkspaceSettings) -> str | None:
    """What to say to a question that names nobody we know, or several, or no day there is."""
    if people.ambiguous:
        return _which_one(people, survey)
    if people.unknown:
        names = listed([quote(name) for name in people.unknown])
        return f"I know no customer called {names} here before this time."
    wrong = find_wrong_date(text, survey.as_of, settings)
    return f"{quote(wrong)} is not a date in any calendar I know." if wrong else None


async def not_on_record(
    text: str,
    people: People,
    survey: Survey,
    settings: WorkspaceSettings,
    mentioned: Mentioned,
    read: Sequence[str] = (),
) -> str | None:
    """What to say to a question that speaks of what no event mentions."""
    absent = await find_absent(text, [*_resolved(text, people, survey, settings), *read], mentioned)
    missing = listed([quote(name) for name in absent])
    return f"No event here before this time mentions {missing}: I searched all of them." if absent else None


def _resolved(text: str, people: People, survey: Survey, settings: WorkspaceSettings) -> list[str]:
    """What of a question is known to name somebody or a time."""
    as_of, spans = find_as_of(text, survey.as_of, settings), find_spans(text, survey.as_of, settings)
    found = [survey.customers[key].profile for key in people.found if key in survey.customers]
    named = [word for each in found for word in (each.name, each.email, each.company) if word]
    return [*people.found, *people.words, *named, as_of[1] if as_of else "", *(span.text for span in spans)]


def _which_one(people: People, survey: Survey) -> str:
    word, fits = people.ambiguous[0]
    names = [who(client, survey.customers[client].profile.name) for client in fits[:10]]
    return f"Several customers fit {quote(word)}: {listed(names)}. Which one do you mean?"
