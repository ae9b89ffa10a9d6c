"""What is asked for by a word that nothing here is called by: found where an event speaks of it, else not on record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.absent import is_spoken_of, things_asked, unheard
from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, result_of
from agent.intents.story import tell
from agent.reserved import LIGHT_WORDS
from agent.wording import listed, plain
from tools.measure import FiguresResult
from tools.recall import RecallResult

_SHOWN, _READ = 4, 50


def plan(question: Question) -> list[Call]:
    period = {key: value for key, value in question.filter().items() if key in ("since", "before")}
    query = " ".join(missing_words(question))
    return [
        Call("recall", {"client_id": question.client_id, "query": query, "limit": _READ, **period}),
        Call("measure", {"client_ids": question.named, "measure": "count", **period}),
    ]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    recalled, counted = result_of(runs, RecallResult), result_of(runs, FiguresResult)
    words = missing_words(question)
    spoken = [m for m in recalled.memories if all(is_spoken_of(word, m.text) for word in words)] if recalled else []
    if spoken:
        return [Claim(text=tell(question, each), evidence=[each.message_id]) for each in spoken[:_SHOWN]]
    if recalled is None or counted is None:
        return []
    events = next(fact for fact in counted.facts if fact.name == "events")
    named = listed([plain(word) for word in words])
    text = f"No event of {question.who}{question.when} speaks of {named}; {counted.count} events were searched."
    return [Claim(text=text, evidence=events.evidence[::-1], unknown=True)]


def missing_words(question: Question) -> tuple[str, ...]:
    """The words for what is asked for that no name, property or value of this workspace holds."""
    if question.lexicon is None:
        return ()
    called = [*question.named, *filter(None, (question.names.get(key) for key in question.named))]
    asked = things_asked(question.topic, question.text)
    asked = tuple(word for word in asked if word not in LIGHT_WORDS)
    return unheard(asked, question.lexicon, [*called, *(span.text for span in question.spans)])


INTENT = Intent(
    name="thing",
    about="one",
    fits=lambda question: bool(missing_words(question)),
    pattern=re.compile(""),
    plan=plan,
    compose=compose,
)
