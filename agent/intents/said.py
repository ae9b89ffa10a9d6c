"""What somebody said: every event in which they wrote, complained or asked, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.absent import is_spoken_of
from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.story import tell
from agent.unread import find_unread
from agent.wording import listed, plain
from memory.vocabulary import meaning_of
from tools.timeline import Entry, TimelineResult

_SAYING = (
    r"(?:complain\w*|writ(?:e|es|ing|ten)|wrote|sa(?:y|ys|id|ying)|ask(?:s|ed|ing)?|t[eo]lls?|told|mention\w*|comment\w*"
    r"|think|thinks|thought|report(?:s|ed)?|request(?:s|ed)?|critici[sz]\w*|remark\w*|repl(?:y|ied)|feedback"
    r"|unhappy|annoyed|upset|dissatisfied|disappointed|cross|angry|want|wanted|raise[ds]?|suggest(?:s|ed)?|propose[ds]?)"
)
#: Properties that people write into.
_WORDS_IN = ("message", "comment", "body", "text", "reason", "subject")
#: To turn to somebody: why is told by what they wrote.
_TURNING = r"(?:writ(?:e|es|ten)|wrote|contact(?:ed)?|reach(?:ed)? out|(?:get|got) in touch|messaged?|turn(?:ed)? to)"
#: Said of what is wrong, where no event is called a complaint.
_UNHAPPY = r"\b(?:complain\w*|unhappy|annoyed|upset|dissatisfied|disappointed|angry|cross|critici[sz]\w*|dislike)\b"
_ONE = r"\b(?:last|latest|newest|most recent|first|earliest)\b"
#: Words around it that set no condition on what was said.
_READ = matcher(
    rf"\b{_SAYING}\b",
    rf"\b{_TURNING}\b",
    r"\b(?:tickets?|messages?|surveys?|feedback|reviews?|complaints?|problems?|issues?|troubles?|concerns?|support|things?|anything|else|exactly|words?|own|most|recently|lately|contact|team)\b",
    _ONE,
)
_SHOWN = 6


def plan(question: Question) -> list[Call]:
    order = "oldest" if question.has(r"\bfirst\b|\bearliest\b") else "newest"
    return [Call("timeline", {**_wanted(question), "client_id": question.client_id, "order": order, "limit": 500})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, TimelineResult)
    if not found:
        return []
    titles = _titles(question)
    spoken = [entry for entry in found.entries if entry.said and (titles or _is_own(question, entry))]
    # A reason that was ticked in a form is told only where they said nothing else.
    spoken = [entry for entry in spoken if not _is_reason(entry)] or spoken
    about = topics(question)
    told = [entry for entry in spoken if all(is_spoken_of(word, entry.text) for word in about)]
    if told:
        shown = told[: 1 if question.has(_ONE) else _SHOWN]
        bullet = "- " if len(shown) > 1 else ""
        return [Claim(text=f"{bullet}{tell(question, each)}", evidence=[each.message_id]) for each in shown]
    return _nothing_said(question, found, about, runs)


def topics(question: Question) -> tuple[str, ...]:
    """The words of a clause that say what was spoken about: "what did they say about the mobile app?"."""
    names = [question.names.get(key) or "" for key in question.named]
    known = [*names, *question.named, *(span.text for span in question.spans)]
    if _titles(question):
        known += question.understood
    return find_unread(question.topic or question.text, _READ, known)


def _wanted(question: Question) -> dict[str, Any]:
    """The period, and the events named, if they are of a kind that people say something in."""
    wanted, titles = question.filter(), _titles(question)
    period: dict[str, Any] = {key: wanted[key] for key in ("since", "before") if key in wanted}
    where = [each.model_dump() for each in question.where if titles & _carrying(question, each.label)]
    return {**period, "titles": sorted(titles), "where": where}


def _titles(question: Question) -> set[str]:
    """The events that are named and have room for words."""
    spoken = {title for label in _WORDS_IN for title in _carrying(question, label)}
    return set(question.titles) & spoken


def _carrying(question: Question, label: str) -> frozenset[str]:
    found = question.lexicon.catalogue.label(label) if question.lexicon else None
    return found.titles if found else frozenset()


def _is_own(question: Question, entry: Entry) -> bool:
    """Whether the customer said it; of what is wrong only where it opened a trouble."""
    meaning = meaning_of(entry.title)
    return meaning.active and (not question.has(_UNHAPPY) or meaning.trouble is not None or _is_unnamed(question))


def _is_reason(entry: Entry) -> bool:
    return any(each.label == "reason" and each.value == entry.said for each in entry.details)


def _is_unnamed(question: Question) -> bool:
    """Whether no event of this workspace is known as a trouble: then anything said may be of one."""
    titles = question.lexicon.catalogue.titles if question.lexicon else {}
    return not any(meaning_of(title).trouble == "support" for title in titles)


def _nothing_said(question: Question, found: TimelineResult, about: Sequence[str], runs: Sequence[Run]) -> list[Claim]:
    if not found.entries:
        return nothing(f"No such event of {question.who} on record{question.when}", runs)
    counted = found.facts[0]
    words = f" with {listed([plain(word) for word in about])} in it" if about else ""
    text = f"Nothing that {question.who} said{question.when} is on record{words}; {counted.value} events were searched."
    return [Claim(text=text, evidence=counted.evidence[::-1], unknown=True)]


INTENT = Intent(
    name="said",
    about="one",
    fits=lambda question: not question.has(r"\bhow (?:many|often|much)\b|^\W*(?:when|who)\b"),
    pattern=matcher(
        rf"\bwhat (?:else )?(?:did|does|do|has|have|had|was|is|are|were)\b(?:\W+[\w@.:'’-]+){{1,8}}?\W+{_SAYING}\b",
        r"\bwhat\b.*\bcomplain\w*\W+(?:was |is |were )?about\b|\bin (?:their|his|her) own words\b",
        r"\bwhat (?:\w+ )?(?:complaints?|feedback|comments?|remarks?|criticism)\b",
        r"\bwhat (?:\w+ )?(?:problems?|issues?|troubles?|concerns?)\b",
        rf"\bwhy\b.*\b{_TURNING}\b",
        r"^\W*(?:did|has|have|does)\b(?:\W+[\w@.:'’-]+){1,8}?\W+"
        r"(?:complain\w*|mention\w*|sa(?:y|id)|ask(?:ed)?|write|wrote|written)\b",
        r"\bwhat\b.*['’]s\s+(?:\w+\s+){0,3}?(?:complaints?|feedback|comments?|remarks?|criticism|message|review|opinion)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("What did they complain about?", "What did this customer say?", "What did they write in the ticket?"),
)
