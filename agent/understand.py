"""From words to a plan: who, when, which events, and what is wanted of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.absent import Mentioned, find_absent
from agent.folding import fold
from agent.intent import Intent, Question
from agent.intents.registry import BY_NAME, INTENTS
from agent.meaning import IntentFinder
from agent.nouns import find_events, find_item
from agent.people import People, find_people
from agent.periods import find_as_of, find_span, find_wrong_date
from agent.unread import find_unread
from agent.wording import listed, quote, who
from memory.workspace import WorkspaceSettings
from tools.survey import Survey

#: Where one question ends and another begins.
_CLAUSE = re.compile(
    r"(?<=[?;])\s+|\s*;\s*|,?\s+and\s+(?=(?:how|what|why|when|who|which|should|recommend|show|list|tell|is|did)\b)",
    re.I,
)
_UNITS = r"(?!\s*(?:hours?|days?|weeks?|months?|quarters?|years?)\b)"
_NUMBER = re.compile(
    rf"\b(?:top|first|best|last|worst)\s+(\d{{1,3}})\b{_UNITS}"
    r"|\b(\d{1,2})\s+(?:\w+\s+)?(?:customers|clients|accounts|users|recommendations|items)\b",
    re.I,
)
#: "..., and why?" asks for the reasons of what came before it.
_BARE = re.compile(r"\W*(?:why|how|when|who|which|what)(?: so| not| exactly)?\W*", re.I)
#: Stands for events that the clause before has named.
_PRONOUN = re.compile(r"\b(?:them|those|these|ones?)\b", re.I)
_MAX_CLAUSES = 4
#: What is asked of a moment, even where a question names a period.
_OF_A_MOMENT = re.compile(
    r"\bat[ -]risk\b|\bchurn (?:risk|signal|score)s?\b|\blikely to (?:leave|churn|cancel)\b", re.I
)
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
#: Asked of the present, whatever else it says of the past.
_NOW = re.compile(r"\b(?:now|currently)\b", re.I)
#: Each customer takes several tools; a longer list is a job for the API.
_MAX_CUSTOMERS = 5


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood: steps to take, or `refusal`, the sentence to say instead."""

    steps: list[tuple[Intent, Question]] = field(default_factory=list)
    refusal: str | None = None
    people: People = field(default_factory=People)


async def understand(
    text: str,
    bound_to: str | None,
    survey: Survey,
    settings: WorkspaceSettings,
    finder: IntentFinder,
    mentioned: Mentioned,
) -> Understanding:
    """The plan for a question. With `bound_to`, it is about that customer or refused, whoever else exists."""
    people = find_people(text, survey.customers)
    refusal = _out_of_scope(text, bound_to, people, survey)
    if bound_to:
        people = People(found=(bound_to,), words=people.words)
    refusal = refusal or _unclear(text, people, survey, settings)
    refusal = refusal or await _not_on_record(text, people, survey, settings, mentioned)
    if refusal:
        return Understanding(refusal=refusal, people=people)
    steps: list[tuple[Intent, Question]] = []
    for clause in _clauses(text):
        named = people if bound_to else find_people(clause, survey.customers)
        clients = (named.found or people.found)[:_MAX_CUSTOMERS] or (None,)
        for client_id in clients:
            question = _question(clause, client_id, people, survey, settings)
            if steps and _PRONOUN.search(clause):
                question = _resumed(question, steps[-1][1])
            intent = await _intent(question, finder)
            steps.append((intent, replace(question, unread=_unread(intent, question, people))))
    steps = [(intent, question) for intent, question in steps if intent.about != "one" or question.client_id]
    if not steps:
        return Understanding(refusal="Which customer do you mean? Name one by id, name or e-mail.", people=people)
    return Understanding(steps=steps, people=people)


def _out_of_scope(text: str, bound_to: str | None, people: People, survey: Survey) -> str | None:
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


def _unclear(text: str, people: People, survey: Survey, settings: WorkspaceSettings) -> str | None:
    """What to say to a question that names nobody we know, or several, or no day there is."""
    if people.ambiguous:
        return _which_one(people, survey)
    if people.unknown:
        names = listed([quote(name) for name in people.unknown])
        return f"I know no customer called {names} here before this time."
    wrong = find_wrong_date(text, survey.as_of, settings)
    return f"{quote(wrong)} is not a date in any calendar I know." if wrong else None


async def _not_on_record(
    text: str, people: People, survey: Survey, settings: WorkspaceSettings, mentioned: Mentioned
) -> str | None:
    """What to say to a question that speaks of what no event mentions."""
    absent = await find_absent(text, _resolved(text, people, survey, settings), mentioned)
    missing = listed([quote(name) for name in absent])
    return f"No event here before this time mentions {missing}: I searched all of them." if absent else None


def asked_as_of(text: str, as_of: datetime, settings: WorkspaceSettings) -> datetime:
    """The instant to answer for: an "as of" in the question can only look further back.

    Who was at risk in a period of the past is a question of its end, too: a signal is of a moment.
    """
    found = find_as_of(text, as_of, settings)
    if found:
        return found[0]
    past = _OF_A_MOMENT.search(text) and not _NOW.search(text)
    span = find_span(text, as_of, settings) if past else None
    return min(as_of, span.before) if span and span.before else as_of


def _resolved(text: str, people: People, survey: Survey, settings: WorkspaceSettings) -> list[str]:
    """What of a question is known to name somebody or a time."""
    as_of, span = find_as_of(text, survey.as_of, settings), find_span(text, survey.as_of, settings)
    found = [survey.customers[key].profile for key in people.found if key in survey.customers]
    named = [word for each in found for word in (each.name, each.email, each.company) if word]
    return [*people.found, *people.words, *named, as_of[1] if as_of else "", span.text if span else ""]


async def _intent(question: Question, finder: IntentFinder) -> Intent:
    fits = [intent for intent in INTENTS if _possible(intent, question) and intent.pattern.search(question.text)]
    if fits:
        return fits[0]
    possible = [intent for intent in INTENTS if _possible(intent, question)]
    return await finder.nearest(question.topic or question.text, possible) or BY_NAME["lookup"]


def _unread(intent: Intent, question: Question, people: People) -> tuple[str, ...]:
    """What the intent would leave out of account, where that would make its answer wrong."""
    if intent.reads is None:
        return ()
    span = question.span.text if question.span and intent.timed else ""
    found = find_as_of(question.text, question.as_of, question.settings)
    known = [span, found[1] if found else "", question.item or "", *question.titles, *people.found, *people.words]
    known += question.currencies
    return find_unread(question.text, intent.reads, known)


def _possible(intent: Intent, question: Question) -> bool:
    named = question.client_id is not None
    return (intent.about == "any" or (intent.about == "one") == named) and intent.fits(question)


def _question(
    clause: str, client_id: str | None, people: People, survey: Survey, settings: WorkspaceSettings
) -> Question:
    customers = [survey.customers[client_id]] if client_id in survey.customers else list(survey.customers.values())
    kind, titles = find_events(
        clause, (record.title for customer in customers for record in customer.records), people.words
    )
    span = find_span(_without_as_of(clause, survey.as_of, settings), survey.as_of, settings)
    number = _NUMBER.search(clause)
    return Question(
        text=clause,
        client_id=client_id,
        names={key: customer.profile.name for key, customer in survey.customers.items()},
        span=span,
        kind=kind,
        titles=titles,
        number=int(number[1] or number[2]) if number else None,
        as_of=survey.as_of,
        settings=settings,
        topic=_topic(clause, people, span.text if span else ""),
        item=find_item(clause, survey.items),
        currencies=survey.currencies,
    )


def _resumed(question: Question, before: Question) -> Question:
    """The question with the events of the one before, where it names none itself: "which of them are open?"."""
    if question.titles or question.kind != "any" or question.item:
        return question
    return replace(question, titles=before.titles, kind=before.kind, item=before.item)


def _clauses(text: str) -> list[str]:
    found: list[str] = []
    for clause in (clause.strip() for clause in _CLAUSE.split(text) if clause and clause.strip(" ?.!")):
        if found and _BARE.fullmatch(clause):
            found[-1] += f" and {clause}"
        else:
            found.append(clause)
    return found[:_MAX_CLAUSES] or [text]


def _topic(clause: str, people: People, span_text: str) -> str:
    """The clause without names and times: they are in every memory of the customer, or in none."""
    words = set(people.words) | {fold(word) for client in people.found for word in re.findall(r"\w+", client)}
    if people.found:
        words |= {"customer", "client", "user", "account"}
    timeless = clause.replace(span_text, " ") if span_text else clause
    kept = [word for word in timeless.split() if fold(re.sub(r"['’]s$|\W", "", word)) not in words]
    return " ".join(kept)


def _without_as_of(clause: str, as_of: datetime, settings: WorkspaceSettings) -> str:
    found = find_as_of(clause, as_of, settings)
    return clause.replace(found[1], " ") if found else clause


def _which_one(people: People, survey: Survey) -> str:
    word, fits = people.ambiguous[0]
    names = [who(client, survey.customers[client].profile.name) for client in fits[:10]]
    return f"Several customers fit {quote(word)}: {listed(names)}. Which one do you mean?"
