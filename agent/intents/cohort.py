"""How many customers are at a stage, and which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.answer import Claim
from agent.deeds import Deeds, read_deeds
from agent.folding import stem
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.intents.measure import READS
from agent.unread import find_unread
from agent.wording import listed, opening, who
from memory.vocabulary import meaning_of
from tools.cohort import CohortResult, CustomerRow
from tools.lifecycle import ALL_STAGES

_WORDS = {
    "visitor": r"\bvisitors?\b|\banonymous\b",
    "lead": r"\bleads?\b",
    "trial": r"\btrials?\b|\btrying\b",
    "engaged": r"\bengaged\b|\bloyal\b|\bregulars?\b",
    "at_risk": r"\bat[ _-]risk\b",
    "churned": r"\bchurned\b|\blost\b|\bleft\b|\bgone\b",
    "won_back": r"\bwon[ _-]back\b|\bc[ao]me back\b|\breactivated\b"
    # Unless it is things that were returned.
    r"|\breturned(?=\W*$|\s+(?:to us|in|after|since|last|this)\b)",
}
_EVERYBODY = (
    r"\W*(?:(?:how many|number of|list|show|count|which|what|who|are|me|us|all|every|the|our|of|my|total|existing)\s+)*"
    r"(?:customers?|clients?|users?|accounts?|people)"
    r"(?:\s+(?:do|did|we|you|have|has|had|are|were|there|exist|in|total|now|today|altogether|on|record|here|know))*\W*"
)
_PEOPLE = (
    r"\b(?:who|whose|whom|customers|clients|users|accounts|people|visitors|leads|trials|buyers"
    r"|anybody|nobody|everyone|everybody|anyone|companies)\b"
)
_QUIET = r"\b(?:went |gone |go )?(?:quiet|silent|inactive|dormant)\b"
_COUNTED = re.compile(
    r"\b(?:how many|number of)\s+(?:(?:different|distinct|of|our|the|these|those|all|unique)\s+)*(\w+)", re.I
)
_OF_PEOPLE = re.compile(
    r"\b(?:how many|number of)\s+"
    r"(?:(?!(?:did|do|does|was|were|are|is|have|has|by|from|for|to|with|per)\b)[\w'’-]+\s+){0,4}?"
    rf"(?:{_PEOPLE})",
    re.I,
)
_AUXILIARY = re.compile(r"are|is|were|was|have|has|had|did|do|went|came|never|who|also", re.I)
#: "Quiet" without a number: a month, the shortest billing period.
_QUIET_DAYS = 30
#: Before a stage it asks for all others.
_NOT = r"\b(?:not|aren['’]?t|isn['’]?t)\s+(?:(?:yet|been|in|on|an?)\s+)*"
#: Named one by one where they are asked for; how many there are stands above the list.
_LISTED = 50
#: What a group of customers is known by, to be asked about further.
_CARRIED = ("stages", "silent_days_min", "stage_since", "stage_before", "reached", "bands", "any_of")


def plan(question: Question) -> list[Call]:
    return [
        Call("cohort", {**_merged(question), "sort": "value", "limit": _LISTED if _lists(question) else question.limit})
    ]


def _merged(question: Question) -> dict[str, Any]:
    """The conditions of this question, with those on the group that it goes on about."""
    found, group = _conditions(question), question.group
    merged = {**{key: group[key] for key in _CARRIED if key in group}, **{k: v for k, v in found.items() if v}}
    for key in ("deeds", "traits"):
        merged[key] = [*group.get(key, []), *found[key]]
    return merged


def _conditions(question: Question) -> dict[str, Any]:
    deeds = _deeds(question)
    stages = [] if deeds.deeds else stages_in(question)
    args: dict[str, Any] = {"stages": stages, "deeds": deeds.deeds, "any_of": deeds.any_of}
    args["traits"] = [trait.model_dump() for trait in deeds.traits]
    if question.has(_QUIET):
        args["active_days_max" if _is_lively(question) else "silent_days_min"] = _QUIET_DAYS
    if question.span and stages:
        args |= {"stage_since": question.span.since, "stage_before": question.span.before}
    if stages and _is_past(question):
        args["reached"] = True
    return args


def _deeds(question: Question) -> Deeds:
    """What customers have to have done; who came back after leaving altogether is at a stage of its own."""
    deeds = read_deeds(question)
    left = any(meaning_of(title).leaves for deed in deeds.deeds for title in deed["titles"])
    return Deeds() if left and question.has(_WORDS["won_back"]) else deeds


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, CohortResult)
    if not found:
        return []
    deeds = _deeds(question)
    stages = [] if deeds.deeds else stages_in(question)
    what = listed([stage.replace("_", " ") for stage in stages])
    where = f" {'who came to' if _is_past(question) else 'at'} stage {what}" if what else ""
    did = f" with {deeds.words}" if deeds.words else ""
    silence = " with activity in the last month" if _is_lively(question) else " without activity for a month or longer"
    quiet = silence if question.has(_QUIET) else ""
    since = question.when if what else ""
    of = " of these" if question.group else ""
    if not found.total:
        return nothing(f"There is no customer{of}{where}{did}{quiet}{since}", runs)
    noun = "customer" if found.total == 1 else "customers"
    head = Claim(text=f"{found.total} {noun}{of}{where}{did}{quiet}{since}.", evidence=found.facts[0].evidence[:5])
    # What made the deeds true comes first.
    rows = [
        Claim(text=f"- {_row(question, r, bool(stages))}.", evidence=r.evidence if deeds.words else r.evidence[::-1])
        for r in found.customers
    ]
    if len(found.customers) < found.total and _lists(question):
        head.text = f"{head.text[:-1]}; the first {len(found.customers)}:"
    return [head, *rows]


def _row(question: Question, row: CustomerRow, staged: bool) -> str:
    named = opening(who(row.client_id, row.name))
    return f"{named}, {row.stage.replace('_', ' ')} since {question.day(row.stage_since)}" if staged else named


def _lists(question: Question) -> bool:
    return question.number is None and not question.has(r"\bhow many\b|\bnumber of\b|\bcount\b")


def names_a_group(question: Question) -> bool:
    """Whether the clause asks for a stage, for the silent, or for everybody; else it asks who did something."""
    everybody = question.span is None and re.fullmatch(_EVERYBODY, question.text, re.I) is not None
    deeds = _deeds(question)
    if deeds.deeds and question.has(r"\babout\b") and find_unread(question.text, READ, question.understood):
        # What somebody spoke about is found by its meaning.
        return False
    return everybody or bool(stages_in(question) or deeds.deeds or deeds.traits) or question.has(_QUIET)


def _counts_people(question: Question) -> bool:
    """Whether what is counted, if anything, are customers: "how many orders did our customers place" is of orders."""
    if question.has(r"\bhow much\b"):
        return False
    asked = _COUNTED.search(question.text)
    if asked is None:
        return True
    if any(stem(asked[1].lower()) in map(stem, label.split()) for label in question.numbers):
        return False
    return (
        _OF_PEOPLE.search(question.text) is not None
        or bool(stages_in(question))
        or _AUXILIARY.fullmatch(asked[1]) is not None
    )


def _is_lively(question: Question) -> bool:
    """Whether those are meant who are not quiet."""
    return question.has(rf"{_NOT}{_QUIET}")


def _is_past(question: Question) -> bool:
    """Whether a change of stage is meant rather than where somebody is now."""
    return bool(stages_in(question)) and (question.span is not None or question.has(_WORDS["won_back"]))


def stages_in(question: Question) -> list[str]:
    """The stages that the question names, in the order of a life."""
    named = [stage for stage in ALL_STAGES if stage in _WORDS and question.has(_WORDS[stage])]
    if any(question.has(rf"{_NOT}(?:{_WORDS[stage]})") for stage in named):
        return [stage for stage in ALL_STAGES if stage not in named]
    paying = question.has(r"\bpaying customers?\b|\bbuyers?\b")
    return named or (["customer", "engaged", "at_risk", "won_back"] if paying else [])


READ = matcher(
    READS.pattern,
    *_WORDS.values(),
    _QUIET,
    r"\b(?:nps|csat|ces) (?:surveys?|scores?)\b|\b(?:answer(?:ed|s)|speak(?:s|ing)|based|holders?"
    r"|members?|lives?|living|located)\b|\bafter (?:an?|their|his|her)\b",
    r"\bpaying\b|\bbuyers?\b|\bstages?\b|\bstill\b|\bwe\b|\b(?:but|not?|none|nothing|never|without"
    r"|didn['’]?t|haven['’]?t|again|also|both|once|twice|then"
    r"|different|exactly|only|anything|something|speak|come|came|new|first|time|least|most|more"
    r"|above|or|anybody|somebody|subscription|plan)\b",
)

INTENT = Intent(
    name="cohort",
    about="none",
    reads=READ,
    fits=lambda question: _counts_people(question) and names_a_group(question),
    pattern=matcher(
        rf"{_PEOPLE}",
        r"\bwho (?:is|are|has|have|was|were)?\s*(?:in|on|still in)?\s*(?:a |the )?"
        r"(trial|churned|engaged|quiet|silent|inactive|won back|left|came back|returned|reactivated|went quiet)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("How many customers are in trial?", "Which customers went quiet?", "List the churned accounts."),
)
