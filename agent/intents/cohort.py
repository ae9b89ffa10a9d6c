"""How many customers are at a stage, and which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.wording import listed, who
from tools.cohort import CohortResult
from tools.lifecycle import ALL_STAGES

_WORDS = {
    "visitor": r"\bvisitors?\b|\banonymous\b",
    "lead": r"\bleads?\b",
    "trial": r"\btrials?\b|\btrying\b",
    "engaged": r"\bengaged\b|\bloyal\b|\bregulars?\b",
    "at_risk": r"\bat[ _-]risk\b",
    "churned": r"\bchurned\b|\blost\b|\bcancell?ed\b|\bleft\b|\bgone\b",
    "won_back": r"\bwon[ _-]back\b|\bcame back\b|\breturned\b|\breactivated\b",
}
_QUIET = r"\b(quiet|silent|inactive|dormant)\b"
_EVERYBODY = (
    r"\W*(?:(?:how many|number of|list|show|count|which|what|who|are|me|us|all|every|the|our|of|my|total|existing)\s+)*"
    r"(?:customers?|clients?|users?|accounts?|people)"
    r"(?:\s+(?:do|did|we|you|have|has|had|are|were|there|exist|in|total|now|today|altogether|on|record|here|know))*\W*"
)
#: "Quiet" without a number: a month, the shortest billing period.
_QUIET_DAYS = 30


def plan(question: Question) -> list[Call]:
    args: dict[str, object] = {"stages": stages_in(question), "sort": "value", "limit": question.limit}
    if question.has(_QUIET):
        args["silent_days_min"] = _QUIET_DAYS
    if question.span and args["stages"]:
        args |= {"stage_since": question.span.since, "stage_before": question.span.before}
    return [Call("cohort", args)]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, CohortResult)
    if not found:
        return []
    what = listed([stage.replace("_", " ") for stage in stages_in(question)])
    where = f" at stage {what}" if what else ""
    quiet = " without activity for a month or longer" if question.has(_QUIET) else ""
    since = f", there since a day{question.when}" if question.span and what else ""
    if not found.total:
        return nothing(f"No customer is{where}{quiet}{since}", runs)
    noun = "customer" if found.total == 1 else "customers"
    head = Claim(text=f"{found.total} {noun}{where}{quiet}{since}.", evidence=found.facts[0].evidence[:5])
    rows = [
        Claim(
            text=f"- {who(r.client_id, r.name)}, {r.stage.replace('_', ' ')} since {question.day(r.stage_since)}.",
            evidence=r.evidence[::-1],
        )
        for r in found.customers
    ]
    return [head, *rows]


def names_a_group(question: Question) -> bool:
    """Whether the clause asks for a stage, for the silent, or for everybody; else it asks who did something."""
    asked = question.text.replace(question.span.text, "") if question.span else question.text
    return bool(stages_in(question)) or question.has(_QUIET) or re.fullmatch(_EVERYBODY, asked, re.I) is not None


def stages_in(question: Question) -> list[str]:
    """The stages that the question names, in the order of a life."""
    named = [stage for stage in ALL_STAGES if stage in _WORDS and question.has(_WORDS[stage])]
    paying = question.has(r"\bpaying customers?\b|\bbuyers?\b")
    return named or (["customer", "engaged", "at_risk", "won_back"] if paying else [])


INTENT = Intent(
    name="cohort",
    about="none",
    fits=names_a_group,
    pattern=matcher(
        r"\b(how many|which|what|list|show|count|number of|who)\b.*"
        r"\b(customers?|clients?|users?|accounts?|people|visitors?|leads?|trials?|buyers?)\b",
        r"\bwho (?:is|are|has|have|was|were)?\s*(?:in|on|still in)?\s*(?:a |the )?"
        r"(trial|churned|engaged|quiet|silent|inactive|won back|left|cancell?ed|came back|went quiet)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("How many customers are in trial?", "Which customers went quiet?", "List the churned accounts."),
)
