"""One customer's story: who they are, what happened, where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from agent.absent import things_asked
from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.events import told
from agent.wording import items, listed, money, opening, quote
from memory.vocabulary import meaning_of
from tools.fact import Passage
from tools.profile import ProfileResult
from tools.signal_view import DriverView, SignalView
from tools.signals import ChurnResult
from tools.timeline import TimelineResult

#: The last things said or gone wrong: more would be the timeline itself.
_MOMENTS = 5
_LISTED = 60
#: A score has up to ten drivers; below a tenth of log-odds none moves a probability by 3 points.
_DRIVERS = 3
_WORTH_TELLING = 0.1
_TOP_ITEMS = 3


def plan(question: Question) -> list[Call]:
    client = {"client_id": question.client_id}
    if question.span:
        span = {"since": question.span.since, "before": question.span.before}
        return [Call("timeline", {**client, **span, "order": "oldest", "limit": _LISTED})]
    period = {key: value for key, value in question.filter().items() if key in ("since", "before")}
    return [
        Call("profile", client),
        Call("timeline", {**client, **period, "order": "oldest", "limit": 500}),
        Call("churn", client),
    ]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    if question.span:
        return _told(question, runs)
    profile, timeline = result_of(runs, ProfileResult), result_of(runs, TimelineResult)
    claims: list[Claim] = []
    if profile:
        claims += [*_beginning(question, profile), *_worth(profile)]
    if profile and timeline:
        claims += [*_taste(profile, timeline), *_moments(question, timeline)]
    if profile:
        claims += _end(question, profile)
    return [*claims, *drivers(question, runs)]


def _told(question: Question, runs: Sequence[Run]) -> list[Claim]:
    """Every event of a period, in order."""
    found = result_of(runs, TimelineResult)
    if not found:
        return []
    if not found.entries:
        return nothing(f"No event of {question.who} on record{question.when}", runs)
    return [told(question, entry, "- ") for entry in found.entries]


def drivers(question: Question, runs: Sequence[Run]) -> list[Claim]:
    """The reasons of a churn signal, one claim each."""
    churn = result_of(runs, ChurnResult)
    if not churn or not churn.signals:
        return []
    return [
        Claim(text=f"Churn driver, {d.direction} the risk: {d.sentence}.", evidence=d.evidence[::-1])
        for d in telling(churn.signals[0])
        if d.evidence
    ] + [
        Claim(text=f"Not settled: {each.sentence}.", evidence=each.evidence[::-1]) for each in churn.signals[0].troubles
    ]


def telling(signal: SignalView) -> list[DriverView]:
    """The drivers worth a sentence: that they have left, how long they are silent, and the few that add most."""
    always = [d for d in signal.drivers if d.name in ("churned", "silence")]
    if signal.status == "churned":
        # The others are of when they left.
        return always[:1]
    others = [d for d in signal.drivers if d not in always and abs(d.contribution) >= _WORTH_TELLING]
    return [*always, *others[:_DRIVERS]]


def _beginning(question: Question, found: ProfileResult) -> list[Claim]:
    profile, changes = found.profile, found.stage_history
    first = Claim(
        text=f"{opening(question.who)} was first seen on {question.day(profile.first_seen)}.",
        evidence=profile.evidence["first_seen"],
    )
    steps = [f"{change.stage.replace('_', ' ')} on {question.day(change.since)}" for change in changes]
    evidence = [change.evidence[-1] for change in changes if change.evidence]
    return [first, Claim(text=f"Stages: {listed(steps)}.", evidence=evidence)]


def _worth(found: ProfileResult) -> list[Claim]:
    profile, claims = found.profile, []
    if profile.value:
        back = f", {profile.refunds} refunds taken off" if profile.refunds else ""
        claims.append(
            Claim(
                text=f"Net value: {money(profile.value)} from {profile.purchases} payments{back}.",
                evidence=profile.evidence["value"][::-1],
            )
        )
    return claims


def _taste(found: ProfileResult, history: TimelineResult) -> list[Claim]:
    """What the customer has most, each item with the newest event that names it."""
    shown: dict[str, str] = {}
    for item in found.profile.top_items[:_TOP_ITEMS]:
        named = [entry.message_id for entry in history.entries if item.name in entry.items]
        shown |= {item.name: named[-1]} if named else {}
    return [Claim(text=f"Most often: {items(list(shown))}.", evidence=list(shown.values()))] if shown else []


def _moments(question: Question, found: TimelineResult) -> list[Claim]:
    spoken = [entry for entry in found.entries if is_telling(entry)][-_MOMENTS:]
    return [Claim(text=tell(question, entry), evidence=[entry.message_id]) for entry in spoken]


def tell(question: Question, passage: Passage) -> str:
    """One event in a sentence: what was written, with the event's other words around it; or all of its words."""
    day = question.day(passage.occurred_at)
    if not passage.said:
        return f"On {day}, {quote(passage.text)}."
    before, found, after = passage.text.partition(passage.said)
    head = before.rsplit(". ", 1)[0] if found else passage.title
    rest = quote(after.lstrip(". "))
    return f"On {day}, {quote(head)}: {quote(passage.said)}{f' ({rest})' if rest else ''}."


def is_telling(passage: Passage) -> bool:
    """Whether an event tells something that a count does not: words, trouble, an end or a return."""
    meaning = meaning_of(passage.title)
    trouble = meaning.trouble is not None and not meaning.money
    return bool(passage.said or trouble or meaning.leaves or (meaning.returns and not meaning.money))


def _end(question: Question, found: ProfileResult) -> list[Claim]:
    last = found.profile.last_active
    if last is None:
        return []
    text = f"Last active on {question.day(last)}; the stage is now {found.stage.replace('_', ' ')}."
    return [Claim(text=text, evidence=[*found.profile.evidence["last_active"], *found.stage_history[-1].evidence[:2]])]


def _is_whole(question: Question) -> bool:
    """ "Who is Dana?" asks for the story; "who is our contact at Dana's company?" for somebody else."""
    return not (question.has(r"\bwho (?:is|was)\b") and things_asked(question.topic, question.text))


INTENT = Intent(
    name="story",
    about="one",
    fits=_is_whole,
    pattern=matcher(
        r"\b(story|history|timeline|journey|summar\w+|overview|profile|background)\b",
        r"\b(tell me (?:all |everything )?about|who is|who was)\b",
        r"\bwhat (?:has |all )?happened\b|\bwhat (?:did|has|have|had) (?:\S+\s+){1,5}?(?:do|done|been up to)\b",
        r"\bwalk me through\b|\bstep by step\b|\bchronolog\w*|\bwhat went on\b|\bin order of time\b",
        r"\bwhat do we know\b|\bwhat(?:['’]s| is) (?:going on|new|up) with\b",
    ),
    plan=plan,
    compose=compose,
    examples=(
        "Tell me this customer's story.",
        "What do we know about this person?",
        "Give me a summary of the account.",
    ),
)
