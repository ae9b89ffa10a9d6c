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
    "churned": r"\bchurned\b|\blost\b|\bleft\b|\bgone\b",
    "won_back": r"\bwon[ _-]back\b|\bcame back\b|\breactivated\b"
    # Unless it is things that were returned.
    r"|\breturned(?=\W*$|\s+(?:to us|in|after|since|last|this)\b)",
}
_EVERYBODY = (
    r"\W*(?:(?:how many|number of|list|show|count|which|what|who|are|me|us|all|every|the|our|of|my|total|existing)\s+)*"
    r"(?:customers?|clients?|users?|accounts?|people)"
    r"(?:\s+(?:do|did|we|you|have|has|had|are|were|there|exist|in|total|now|today|altogether|on|record|here|know))*\W*"
)
_QUIET = r"\b(?:went |gone |go )?(?:quiet|silent|inactive|dormant)\b"
#: "Quiet" without a number: a month, the shortest billing period.
_QUIET_DAYS = 30


def plan(question: Question) -> list[Call]:
    args: dict[str, object] = {"stages": stages_in(question), "sort": "value", "limit": question.limit}
    if question.has(_QUIET):
        args["silent_days_min"] = _QUIET_DAYS
    if question.span and args["stages"]:
        args |= {"stage_since": question.span.since, "stage_before": question.span.before}
    if _is_past(question):
        args["reached"] = True
    return [Call("cohort", args)]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, CohortResult)
    if not found:
        return []
    what = listed([stage.replace("_", " ") for stage in stages_in(question)])
    where = f" {'who came to' if _is_past(question) else 'at'} stage {what}" if what else ""
    quiet = " without activity for a month or longer" if question.has(_QUIET) else ""
    since = question.when if what else ""
    if not found.total:
        return nothing(f"There is no customer{where}{quiet}{since}", runs)
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
    everybody = question.span is None and re.fullmatch(_EVERYBODY, question.text, re.I) is not None
    return everybody or bool(stages_in(question)) or question.has(_QUIET)


def _is_past(question: Question) -> bool:
    """Whether a change of stage is meant rather than where somebody is now."""
    return bool(stages_in(question)) and (question.span is not None or question.has(_WORDS["won_back"]))


def stages_in(question: Question) -> list[str]:
    """The stages that the question names, in the order of a life."""
    named = [stage for stage in ALL_STAGES if stage in _WORDS and question.has(_WORDS[stage])]
    paying = question.has(r"\bpaying customers?\b|\bbuyers?\b")
    return named or (["customer", "engaged", "at_risk", "won_back"] if paying else [])


INTENT = Intent(
    name="cohort",
    about="none",
    reads=matcher(*_WORDS.values(), _QUIET, r"\bpaying\b|\bbuyers?\b|\bstages?\b|\bstill\b|\bwe\b"),
    fits=names_a_group,
    pattern=matcher(
        r"\b(how many|which|what|list|show|count|number of|who)\b.*"
        r"\b(customers?|clients?|users?|accounts?|people|visitors?|leads?|trials?|buyers?)\b",
        r"\bwho (?:is|are|has|have|was|were)?\s*(?:in|on|still in)?\s*(?:a |the )?"
        r"(trial|churned|engaged|quiet|silent|inactive|won back|left|came back|returned|reactivated|went quiet)\b",
    ),
    plan=plan,
    compose=compose,
    examples=("How many customers are in trial?", "Which customers went quiet?", "List the churned accounts."),
)
