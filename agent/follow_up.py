"""A question that leans on the one before it in a thread, written out so that it stands alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agent.fragments import read_fragment
from agent.parts import MEASURE, parts_of
from agent.people import People
from agent.references import (
    BOTH,
    LAST_ONE,
    NTH_ONE,
    ORDINALS,
    OWNER,
    PEOPLE,
    SEVERAL,
    SINGULAR,
    SOMEBODY,
    THESE,
    THESE_PEOPLE,
    is_of_customers,
    refers_outside,
)
from agent.resuming import ASKS, EVER, LEAD, Resumed, Topic, of_clients, undated
from agent.rewriting import name_of, with_more

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.intent import Intent, Question
    from agent.reader import Reader


_BARE = re.compile(
    r"\W*(?:and\s+|but\s+|so\s+)?(why|how|when|where|since when)"
    r"(?: (?:not|so|exactly|is|was|did|has|that|this|it|happen|happened|be))*\W*",
    re.I,
)
_WHO = re.compile(
    r"\W*(?:and\s+|but\s+|so\s+)?(?:who|whom|which(?: ones?| customers| clients| of them)?"
    r"|who (?:are|were|is|was) (?:they|these|those|it|that))\W*",
    re.I,
)
_SHOW = re.compile(
    r"\W*(?:and\s+|ok(?:ay)?,?\s+|please\s+|can you\s+|could you\s+)*(?:list|show|name|give)(?: me| us)?"
    r"(?: (?:them|those|these|all|each|both|the list|of))+(?: please)?\W*",
    re.I,
)
_QUESTION_WORD = re.compile(
    r"^\W*(?:(?:and|but|so)\s+)*(?:why|how|what|when|where|which\s+[\w-]+)\s+"
    r"(?=(?:did|does|has|have|is|was|were|had)\b)",
    re.I,
)
_HOW_MANY_ARE = re.compile(
    r"\W*(?:and\s+)?how many (?:are|were|is) (?:they|there|these|those|that)(?: in (?:total|all))?\W*", re.I
)
_LISTS = re.compile(r"^\W*(?:(?:list|show|name)(?: me)?(?: the)?|which|what|who)\s+(?:customers?\b)?\s*", re.I)
_VERB_FIRST = re.compile(r"^\W*(?:did|does|do|is|are|was|were|has|have|had|can|will)\b", re.I)
#: "Had they told us before?"
_TOLD = re.compile(
    r"\W*(?:and\s+)?(?:had|has|have|did|does)\s+(?P<who>they|he|she|it|customer \S+)\s+(?:(?:ever|already|not)\s+)*"
    r"(?:told|tell|mention(?:ed)?|sa(?:y|id)|warn(?:ed)?|complain(?:ed)?|raise[d]?|report(?:ed)?)"
    r"(?:\s+(?:us|it|that|this|so|anything|about|anybody|before|earlier|already|beforehand))*\W*",
    re.I,
)
_HOW_MANY = re.compile(r"\bhow (?:many|much|often)\b|\b(?:number|count|total|sum|average) of\b", re.I)
_WHO_DID = re.compile(r"^\W*(?:who|which (?:\w+ )?(?:customers?|clients?|users?|accounts?|people|companies))\s+", re.I)
#: More customers than these cannot be gone through one by one.
_MOST = 5
_MAX_CHARS = 1_000


def topics_of(text: str, people: People, steps: Sequence[tuple[Intent, Question]]) -> list[Topic]:
    """What the next question may lean on: the last clause as it was understood, whom it is about, and which group."""
    last = steps[-1] if steps else None
    topic: Topic = {"question": (last[1].text if last else text)[:_MAX_CHARS]}
    together = [key for _, each in steps if last and each.text == last[1].text for key in each.named]
    topic["clients"] = list(dict.fromkeys(together or people.found))[:_MOST]
    if people.ambiguous:
        topic["ambiguous"] = [word for word, _ in people.ambiguous][:_MOST]
    if last and last[0].name == "cohort":
        topic["group"] = _plain(last[0].plan(last[1])[0].args)
        topic["within"] = _plain(last[1].group)
        if len(json.dumps(topic)) > _MAX_CHARS * 3:
            del topic["group"], topic["within"]
    return [topic]


def with_answer(topics: Sequence[Topic], answer: Answer) -> list[Topic]:
    """The topics with the customers that the answer names: the next question may speak of "them"."""
    named = [str(fact.value) for fact in answer.facts if fact.unit == "id"]
    cited = list(dict.fromkeys(named))
    return [*topics[:-1], {**topics[-1], "answered": cited[: _MOST + 1]}] if topics and cited else list(topics)


def resume(text: str, before: Sequence[Topic], reader: Reader) -> Resumed:
    """The question as it would have been asked alone; one that stands alone comes back as it is."""
    people = reader.people(text)
    topic = _topic(before, reader)
    if not topic:
        return _unresolved(text, people, reader)
    for read in _READINGS:
        resumed = read(text, topic, people, reader)
        if resumed:
            return resumed
    return Resumed(text)


def _topic(before: Sequence[Topic], reader: Reader) -> Topic:
    """What was spoken of, among those whom this question may see."""
    if not before:
        return {"question": "", "clients": [reader.bound_to], "answered": []} if reader.bound_to else {}
    topic = {"clients": [], "answered": [], **before[-1]}
    if reader.bound_to:
        return {**topic, "clients": [reader.bound_to], "answered": [reader.bound_to]}
    seen = reader.survey.customers
    return {**topic, **{key: [c for c in topic[key] if c in seen] for key in ("clients", "answered")}}


def _unresolved(text: str, people: People, reader: Reader) -> Resumed:
    """Somebody spoken of as "they" whom nobody has named yet."""
    named = people.found or people.ambiguous or people.unknown
    if named:
        return Resumed(text)
    ones = LAST_ONE.search(text) or THESE.search(text)
    if ones and not _within(text, ones.start(), reader):
        return Resumed(text, asks=_what(ones[0]))
    spoken = refers_outside(text, parts_of(text, reader, people))
    return Resumed(text, asks=_whom(spoken)) if spoken else Resumed(text)


def _within(text: str, start: int, reader: Reader) -> bool:
    """Whether a text names something itself before this place of it."""
    return bool(PEOPLE.search(text[:start]) or parts_of(text[:start], reader))


def _what(words: str) -> str:
    return f"What do you mean by “{words.strip(' ?.!')}”? Name the customers or the events, please."


def _whom(word: str, clients: Sequence[str] = ()) -> str:
    fits = f" {' or '.join(clients)}?" if clients else " Name one by id, name or e-mail."
    return f"Whom do you mean by “{word}”?{fits}"


def _bare(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """ "Why?", "and when was that?", of the deed or the state that was asked about."""
    asked = _BARE.fullmatch(text)
    question = topic["question"]
    if not asked or not question:
        return None
    word = asked[1].capitalize()
    who = _WHO_DID.match(question)
    if who:
        clients = topic["answered"]
        if not 0 < len(clients) <= _MOST:
            return Resumed(text, asks=f"{word} whom? Name a customer by id, name or e-mail.")
        deed = question[who.end() :]
        return Resumed(f"{word} {name_of(clients)} {deed}")
    changed = _QUESTION_WORD.sub("", question)
    if changed == question and not _VERB_FIRST.match(question):
        return Resumed(text, asks=f"{word} what? I cannot tell what this is about; ask it in a whole sentence, please.")
    return Resumed(f"{word} {changed[:1].lower()}{changed[1:]}")


def _who(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """ "Who?", "list them": the customers, or the events, that were counted."""
    show = _SHOW.fullmatch(text) is not None
    question = topic["question"]
    if not question or not (show or _WHO.fullmatch(text)):
        return None
    if topic.get("group"):
        return Resumed(_HOW_MANY.sub("which", question), topic.get("within", {}))
    if _WHO_DID.match(question):
        return Resumed(question)
    if topic["clients"] and not show:
        return Resumed(question)
    thing = _things(question, topic, reader)
    if not thing:
        return Resumed(text, asks="What do you want to see? Name the customers or the events.")
    if show:
        return Resumed(f"List the {thing}?")
    return Resumed(f"Which customers had {thing}?")


def _group(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """ "How many of these came back?", of the customers that were found."""
    if people.found or not topic.get("group"):
        return None
    if _HOW_MANY_ARE.fullmatch(text):
        return Resumed(_LISTS.sub("How many customers ", topic["question"]), topic.get("within", {}))
    if not THESE_PEOPLE.search(text):
        return None
    question = re.sub(r"\W*(?:and\s+)?who\W*$", "", LEAD.sub("", text), flags=re.I)
    question = SEVERAL.sub(lambda match: f"which customers {match['aux'].lower()} ", question)
    question = THESE_PEOPLE.sub(_who_of, question)
    few = 0 < len(topic["answered"]) <= _MOST
    by_name = THESE_PEOPLE.sub(name_of(topic["answered"]), LEAD.sub("", text)) if few else None
    return Resumed(f"{question.rstrip(' ?.!')}?", topic["group"], by_name=by_name)


def _who_of(match: re.Match[str]) -> str:
    """ "How many of these" asks for customers; so do "any of them" and "which of those"."""
    asked = match[0].lower()
    if asked.startswith("how many"):
        return "how many customers"
    return "which customers" if asked.startswith(("which", "who", "any")) else "customers"


def _reference(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """Customers spoken of as "they", and events as "them" or "the last one"."""
    if people.found or people.ambiguous or people.unknown:
        return None
    question: str = topic["question"]
    meant = topic["clients"] or topic["answered"]
    ordinal = NTH_ONE.search(text)
    if ordinal and is_of_customers(question):
        return _nth(text, ordinal, topic)
    ones = LAST_ONE.search(text) or THESE.search(text)
    things = _things(question, topic, reader) if ones and question else ""
    if things and not BOTH.search(text):
        return Resumed(_of_these(text, things))
    if (ones and not BOTH.search(text) and not _within(text, ones.start(), reader)) or BOTH.fullmatch(
        text.strip(" ?.!")
    ):
        return Resumed(text, asks=_what(ones[0] if ones else text))
    if BOTH.search(text) and len(meant) == 2 and not PEOPLE.search(text):
        return Resumed(BOTH.sub(name_of(meant), text))
    spoken = refers_outside(text, parts_of(text, reader, people))
    if not spoken:
        return None
    if not meant or len(meant) > _MOST or (len(meant) > 1 and SINGULAR.fullmatch(spoken)):
        return Resumed(text, asks=_whom(spoken, meant if 1 < len(meant) <= _MOST else ()))
    if _TOLD.fullmatch(text):
        return Resumed(f"List the complaints {of_clients(meant)}?")
    changed = LEAD.sub("", text)
    changed = changed if ASKS.search(changed) else f"What is {changed}"
    changed = SOMEBODY.sub(name_of(meant), BOTH.sub(name_of(meant), changed))
    changed = OWNER.sub(" and ".join(f"customer {client}'s" for client in meant), changed)
    counts = _HOW_MANY.search(question) and not EVER.search(text)
    timed = counts and (LEAD.match(text) or (OWNER.search(text) and MEASURE.search(text)))
    return Resumed(undated(changed, topic, reader) if timed else changed)


def _nth(text: str, ordinal: re.Match[str], topic: Topic) -> Resumed:
    """ "The second one", of the customers that the answer before has named."""
    answered: list[str] = topic["answered"]
    place = ORDINALS.index(ordinal["nth"].lower()) if ordinal["nth"].lower() in ORDINALS else -1
    if not -len(answered) <= place < len(answered) or (place < 0 and len(answered) > _MOST):
        return Resumed(text, asks=_whom(ordinal[0]))
    name = f"customer {answered[place]}"
    rest = LEAD.sub("", text)
    asked = NTH_ONE.sub(name, rest)
    return Resumed(asked if ASKS.search(rest) else f"Tell me about {name}")


def _of_these(text: str, things: str) -> str:
    """The question with the events in words, where it says "them" or "the last one"."""
    one = LAST_ONE.search(text)
    if one:
        return f"{text[: one.start()]}the {one['which']} {things}{text[one.end() :]}"
    return " ".join(THESE.sub(lambda match: f"{_asked(match[0])} {things}", text).split())


def _asked(words: str) -> str:
    """What of "how many of them" asks."""
    match = re.match(r"how many|which", words, re.I)
    return match[0] if match else ""


def _led(text: str, topic: Topic, people: People, reader: Reader) -> Resumed | None:
    """ "And what was the net spend?" names nobody, and goes on about the same customer and time."""
    if not LEAD.match(text) or people.found or people.ambiguous or people.unknown or PEOPLE.search(text):
        return None
    rest = LEAD.sub("", text)
    if not topic["clients"]:
        return Resumed(undated(rest, topic, reader)) if topic["question"] and ASKS.search(rest) else None
    return Resumed(undated(with_more(rest, of_clients(topic["clients"])), topic, reader))


_READINGS: tuple[Callable[[str, Topic, People, Reader], Resumed | None], ...] = (
    _bare,
    _who,
    _group,
    read_fragment,
    _reference,
    _led,
)


def _things(question: str, topic: Topic, reader: Reader) -> str:
    """The events that a question names, with their conditions, whose they are, and when."""
    parts = parts_of(question, reader)
    at = [part for part in parts if part.kind == "events"]
    if not at:
        return ""
    start = next((p.start for p in parts if p.kind == "value" and 0 <= at[0].start - p.end <= 1), at[0].start)
    after = [p for p in parts if p.kind == "value" and p.start > at[0].end]
    tail = question[at[0].end : after[-1].end] if after else ""
    time = next((question[p.start : p.end] for p in parts if p.kind == "time"), "")
    whose = of_clients(topic["clients"])
    return " ".join(f"{question[start : at[0].end]}{tail} {whose} {time}".split())


def _plain(value: Any) -> Any:
    """Times as ISO strings: what is handed on is JSON."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
