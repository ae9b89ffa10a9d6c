"""From words to a plan: who, when, which events, and what is wanted of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from agent.absent import Mentioned
from agent.answer import UNDERSTOOD, ToolUse
from agent.clauses import clauses
from agent.directory import directory_of
from agent.follow_up import resume, topics_of
from agent.intent import Call, Intent, Question
from agent.intents.registry import BY_NAME, INTENTS
from agent.lexicon import lexicon_of
from agent.meaning import IntentFinder
from agent.nouns import find_item_part
from agent.people import People
from agent.periods import describe, find_as_of, find_span
from agent.reader import Reader
from agent.refusals import not_on_record, out_of_scope, unclear
from agent.renaming import as_customers
from agent.rewriting import SPOKEN_OF
from agent.small_talk import small_talk
from agent.unread import find_unread
from memory.ledger import UnknownCustomer
from memory.workspace import WorkspaceSettings
from tools.catalogue import Catalogue
from tools.catalogue import catalogue as catalogue_of
from tools.survey import Survey
from tools.tool import ToolContext

#: Stands for events that the clause before has named.
_PRONOUN = re.compile(r"\b(?:them|those|these|ones?|that|it)\b", re.I)
#: What is asked of a moment, even where a question names a period.
_OF_A_MOMENT = re.compile(
    r"\bat[ -]risk\b|\bchurn (?:risk|signal|score)s?\b|\blikely to (?:leave|churn|cancel)\b", re.I
)
#: Asked of the present, whatever else it says of the past.
_NOW = re.compile(r"\b(?:now|currently)\b", re.I)
#: Each customer takes several tools; a longer list is a job for the API.
_MAX_CUSTOMERS = 5
#: The intent that can go on about a group of customers.
_OF_GROUPS = "cohort"


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood: steps to take, or `refusal`, the sentence to say instead.

    `text` is the question with what it took over from the one before it in a thread.
    """

    steps: list[tuple[Intent, Question]] = field(default_factory=list)
    refusal: str | None = None
    people: People = field(default_factory=People)
    #: What the next question of the thread may go on from, as plain JSON.
    topics: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""

    def shown(self) -> ToolUse:
        """What was understood, as the first of an answer's tools: it can be corrected in the next turn."""
        questions = [question for _, question in self.steps]
        customers = list(dict.fromkeys([*self.people.found, *(key for each in questions for key in each.named)]))
        periods = [describe(span, each.settings) for each in questions for span in each.spans]
        events = [title for each in questions for title in (each.titles or ([each.kind] if each.kind != "any" else []))]
        args = {"question": self.text, "customers": customers, "periods": periods, "events": events}
        kept = {name: list(dict.fromkeys(value)) if name != "question" else value for name, value in args.items()}
        return ToolUse(name=UNDERSTOOD, args={k: v for k, v in kept.items() if v}, ok=True, ms=0.0)


async def vocabulary(tools: ToolContext) -> Catalogue:
    """The words of what the tools see; none before the first event of a customer they are bound to."""
    try:
        return await catalogue_of(tools)
    except UnknownCustomer:
        return Catalogue({}, {})


async def written_out(
    text: str,
    bound_to: str | None,
    survey: Survey,
    catalogue: Catalogue,
    settings: WorkspaceSettings,
    before: Sequence[dict[str, Any]],
) -> str:
    """The question as it would have been asked alone."""
    return resume(text, before, await _reader(survey, catalogue, settings, bound_to)).text


async def _reader(survey: Survey, known: Catalogue, settings: WorkspaceSettings, bound_to: str | None) -> Reader:
    lexicon = lexicon_of(survey, known)
    if bound_to:
        own = survey.customers.get(bound_to)
        records = own.records if own else ()
        # What others bought is not this asker's to know.
        lexicon = replace(lexicon, items=frozenset(item for record in records for item in record.items))
    return Reader(survey, lexicon, settings, bound_to, await directory_of(survey))


async def understand(
    text: str,
    bound_to: str | None,
    survey: Survey,
    catalogue: Catalogue,
    settings: WorkspaceSettings,
    finder: IntentFinder,
    mentioned: Mentioned,
    before: Sequence[dict[str, Any]] = (),
) -> Understanding:
    """The plan for a question. With `bound_to`, it is about that customer or refused, whoever else exists."""
    reader = await _reader(survey, catalogue, settings, bound_to)
    resumed = resume(text, before, reader)
    text, group = resumed.text, resumed.group
    people = reader.people(text)
    refusal = small_talk(text) or out_of_scope(text, bound_to, people, survey)
    if bound_to:
        people = People(found=(bound_to,), words=people.words)
    refusal = refusal or unclear(text, people, survey, settings)
    # Parts of an address are no words of their own.
    read = () if "@" in text else reader.terms(text, (), ()).phrases
    refusal = refusal or await not_on_record(text, people, survey, settings, mentioned, read) or resumed.asks
    if refusal:
        # What was asked back leaves open what is spoken of.
        left_open = {"question": text} if SPOKEN_OF.search(text) else {}
        topics = [{**before[-1], **left_open}] if before and resumed.asks else topics_of(text, people, ())
        return Understanding(refusal=refusal, people=people, topics=topics, text=text)
    steps = await _all_steps(text, people, reader, finder, group)
    if group and any(intent.name != _OF_GROUPS for intent, _ in steps):
        if resumed.by_name is None:
            asked = "I can only count and list these customers by what they did; ask about each of them by name."
            return Understanding(refusal=asked, people=people, topics=list(before[-1:]), text=text)
        text, people = resumed.by_name, people if bound_to else reader.people(resumed.by_name)
        steps = await _all_steps(text, people, reader, finder, {})
    topics = topics_of(text, people, steps)
    if not steps:
        asked = "Which customer do you mean? Name one by id, name or e-mail."
        return Understanding(refusal=asked, people=people, topics=topics, text=text)
    return Understanding(steps=steps, people=people, topics=topics, text=text)


async def _all_steps(
    text: str, people: People, reader: Reader, finder: IntentFinder, group: dict[str, Any]
) -> list[tuple[Intent, Question]]:
    """The steps of every clause; what is asked of one customer needs one."""
    steps: list[tuple[Intent, Question]] = []
    for clause in clauses(as_customers(text, reader.lexicon)):
        steps += await _steps(clause, people, reader, finder, steps[-1][1] if steps else None, group)
    return [(intent, question) for intent, question in steps if intent.about != "one" or question.client_id]


async def _steps(
    clause: str,
    people: People,
    reader: Reader,
    finder: IntentFinder,
    before: Question | None,
    group: dict[str, Any],
) -> list[tuple[Intent, Question]]:
    """One step for a clause, or one for each customer that it names and is not about together."""
    named = people if reader.bound_to else reader.people(clause)
    clients = (named.found or people.found)[:_MAX_CUSTOMERS] or reader.owners(clause)
    question = replace(reader.read(clause, clients, people), group=group)
    if before and (_PRONOUN.search(clause) or _goes_on(question, before)):
        question = _resumed(question, before)
    together = [each for each in INTENTS if each.about == "several" and len(clients) > 1 and _takes(each, question)]
    if together:
        return [_step(together[0], question, people)]
    each_one = [replace(question, client_id=client, clients=()) for client in clients or (None,)]
    return [_step(await _intent(one, finder), one, people) for one in each_one]


def _step(intent: Intent, question: Question, people: People) -> tuple[Intent, Question]:
    unread = _unread(intent, question, people)
    part = _item_part(intent, question, unread)
    return intent, part or replace(question, unread=unread)


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


async def _intent(question: Question, finder: IntentFinder) -> Intent:
    fits = [intent for intent in INTENTS if _takes(intent, question)]
    if fits:
        return fits[0]
    possible = [intent for intent in INTENTS if _possible(intent, question)]
    return await finder.nearest(question.topic or question.text, possible) or BY_NAME["lookup"]


def _takes(intent: Intent, question: Question) -> bool:
    return _possible(intent, question) and intent.pattern.search(question.text) is not None


def _possible(intent: Intent, question: Question) -> bool:
    if intent.about == "several":
        return len(question.clients) > 1 and intent.fits(question)
    named = question.client_id is not None
    return (intent.about == "any" or (intent.about == "one") == named) and intent.fits(question)


def _unread(intent: Intent, question: Question, people: People) -> tuple[str, ...]:
    """What the intent would leave out of account, where that would make its answer wrong."""
    if intent.reads is None:
        return ()
    found = find_as_of(question.text, question.as_of, question.settings)
    known = [*question.understood, found[1] if found else "", *people.found, *people.words]
    return find_unread(question.text, intent.reads, known)


def _item_part(intent: Intent, question: Question, unread: Sequence[str]) -> Question | None:
    """The question about items whose names hold the words left over, where the intent asks its tools for them."""
    part = find_item_part(unread, question.lexicon.items) if question.lexicon and not question.item else None
    if part is None:
        return None
    narrowed = replace(question, item=part)
    calls = intent.plan(narrowed)
    return narrowed if calls and all(part in _items_of(call) for call in calls) else None


def _items_of(call: Call) -> list[str | None]:
    """The items that a tool is asked for, be it as part of what customers did."""
    return [call.args.get("item"), *(deed["item"] for deed in call.args.get("deeds", ()))]


def _resumed(question: Question, before: Question) -> Question:
    """The question with the events of the one before, where it names none itself: "which of them are open?"."""
    if question.titles or question.kind != "any" or question.item:
        return question
    again = replace(question, titles=before.titles, kind=before.kind, item=before.item)
    # Of the same events it is asked in the same time.
    return again if question.spans else replace(again, span=before.span, spans=before.spans)


def _goes_on(question: Question, before: Question) -> bool:
    """Whether a clause asks for a property that the events of the one before carry, and names no events of its own."""
    known = question.lexicon.catalogue.labels if question.lexicon else {}
    asked = [known[label].titles for label in question.labels]
    return not question.where and bool(asked) and all(titles & set(before.titles) for titles in asked)
