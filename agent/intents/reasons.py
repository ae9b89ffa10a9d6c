"""Why somebody did something: the events that it names, with the reason that they give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.folding import fold, stem
from agent.intent import Call, Intent, Question, Run, matcher, nothing, noun, result_of
from agent.intents.lookup import relevant
from agent.intents.story import drivers, tell
from agent.synonyms import mates_of
from agent.wording import opening, plain, quote
from memory.vocabulary import meaning_of
from tools.fact import Passage
from tools.recall import RecallResult
from tools.timeline import Detail, Entry, TimelineResult

#: To leave altogether, whatever the events of a trade call it.
_LEAVES = (
    r"\b(?:leave|left|quit|gone|go away|going away|churn(?:ed)?|stop(?:ped)? (?:buying|ordering|using|coming)\b.*)"
    r"(?=\W*$|\s+(?:us|altogether|for good|and)\b|\s+(?:our|the)\s+(?:service|company|platform|product)\b)"
)
_NOT = r"\b(?:not|never|no longer)\b|n['’]t\b"
#: A property of one of these names gives a reason.
_REASONS = frozenset(
    each
    for word in ("reason", "comment", "message", "topic", "error", "explanation", "description", "why")
    for each in (stem(word), *mates_of(stem(word)))
) - {stem("about"), stem("theme")}
#: Of what was said at any time, only what is close in meaning may be a reason.
_MIN_SIMILARITY = 0.4
_SHOWN, _READ = 4, 50


def plan(question: Question) -> list[Call]:
    client, titles = {"client_id": question.client_id}, _titles(question)
    calls = [Call("churn", client)] if _is_leaving(question) else []
    if titles or (_names_events(question) and not _has_left(question)):
        wanted = {**question.filter(), "titles": titles}
        calls.append(Call("timeline", {**wanted, **client, "order": "newest", "limit": _READ}))
    if question.has(_NOT):
        return [*calls, Call("timeline", {**client, **_period(question), "order": "newest", "limit": 500})]
    query = question.topic or question.text
    return [*calls, Call("recall", {**client, **_period(question), "query": query, "limit": _READ})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    timeline, recalled = result_of(runs, TimelineResult), result_of(runs, RecallResult)
    if question.has(_NOT):
        return _unsaid(question, runs)
    given = [entry for entry in timeline.entries if reason_of(entry)][:_SHOWN] if timeline else []
    claims = [Claim(text=_sentence(question, entry), evidence=[entry.message_id]) for entry in given]
    claims += drivers(question, runs)
    if claims:
        return claims
    if timeline and not timeline.entries:
        return nothing(f"No {noun(question, timeline, None)} of {question.who} on record{question.when}", runs)
    if timeline:
        return _none_given(question, timeline)
    near = relevant([each for each in recalled.memories if each.said and _is_own(each)]) if recalled else []
    near = [each for each in near if (each.similarity or 0.0) >= _MIN_SIMILARITY][:_SHOWN]
    return [Claim(text=tell(question, each), evidence=[each.message_id]) for each in near]


def reason_of(entry: Entry) -> Detail | None:
    """What an event says of its reason: words that somebody wrote, or a property called so."""
    if entry.said:
        return Detail(label="", value=entry.said)
    return next((each for each in entry.details if isinstance(each.value, str) and _words(each.label) & _REASONS), None)


def _sentence(question: Question, entry: Entry) -> str:
    given = reason_of(entry)
    if entry.said or given is None:
        return tell(question, entry)
    return (
        f"On {question.day(entry.occurred_at)}, {quote(entry.title)}: {plain(given.label)} {quote(str(given.value))}."
    )


def _none_given(question: Question, timeline: TimelineResult) -> list[Claim]:
    """Which events were there, and that none of them says why."""
    counted = timeline.facts[0]
    what = noun(question, timeline, timeline.entries[0])
    text = f"{opening(what)} of {question.who}{question.when}: {counted.value}; none of them says why."
    return [Claim(text=text, evidence=counted.evidence[::-1], unknown=True)]


def _unsaid(question: Question, runs: Sequence[Run]) -> list[Claim]:
    """What was not done leaves no event: the nearest to a reason is what the customer said, the newest first."""
    found = [run.result for run in runs if isinstance(run.result, TimelineResult)][-1:]
    spoken = [entry for each in found for entry in each.entries if entry.said and _is_own(entry)][:_SHOWN]
    if not spoken:
        return drivers(question, runs)
    head = f"No event states why; what {question.who} said last{question.when}:"
    shown = [Claim(text=f"- {tell(question, each)}", evidence=[each.message_id]) for each in spoken]
    return [Claim(text=head, evidence=[spoken[0].message_id]), *shown, *drivers(question, runs)]


def _is_own(passage: Passage) -> bool:
    """Whether the customer said it, rather than whoever answered."""
    return meaning_of(passage.title).active


def _is_leaving(question: Question) -> bool:
    """Whether it is about leaving altogether, by the verb or by events that mean it."""
    leaves = bool(question.titles) and all(meaning_of(title).leaves for title in question.titles)
    return not question.has(_NOT) and (leaves or _has_left(question))


def _has_left(question: Question) -> bool:
    topic = question.topic or question.text
    return not question.certain and re.search(_LEAVES, topic, re.I) is not None


def _names_events(question: Question) -> bool:
    return bool(question.titles or question.item or question.where) or question.kind not in ("any", "activity")


def _titles(question: Question) -> list[str]:
    """The events that are named; for leaving altogether, those that end it here."""
    if not _has_left(question) or question.lexicon is None:
        return list(question.titles)
    return [title for title in question.lexicon.catalogue.titles if meaning_of(title).leaves]


def _period(question: Question) -> dict[str, object]:
    return {key: value for key, value in question.filter().items() if key in ("since", "before")}


def _words(label: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[^\W_]+", fold(label))}


INTENT = Intent(
    name="reasons",
    about="one",
    # How often, or to which share, is no reason.
    fits=lambda question: not question.has(r"\bhow (?:many|much|often)\b"),
    pattern=matcher(
        r"\bwhy\b|\bhow come\b|\bfor (?:what|which) reasons?\b|\breasons? (?:for|why|behind)\b",
        r"\bwhat (?:made|caused|drove|prompted|led)\b|\bwhat (?:was|is|were|are) (?:the |their )?reasons?\b",
    ),
    plan=plan,
    compose=compose,
    examples=("Why did they cancel?", "What made them upgrade?", "Why did this customer return the order?"),
)
