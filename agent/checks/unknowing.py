"""Saying that nothing is known: the few forms in which a model may do so, and the one that tells what was searched."""

from __future__ import annotations

import re

from agent.checks.asked import licensed
from agent.checks.carrier import Carrier, carriers_of
from agent.checks.stated import Stated
from agent.checks.tokens import tokens_of
from agent.checks.words import FUNCTION
from agent.evidence import Computed, Evidence
from agent.folding import fold
from agent.sentences import MARKER

#: Whole sentences: whatever is added to one could be a statement.
_FORMS = re.compile(
    r"(?:sorry, )?i (?:do not|don['’]t|cannot|can['’]t) (?:know|tell|say|answer (?:that|this))"
    r"|i (?:found|find|have|see) (?:nothing|no (?:record|evidence|answer|information))"
    r"(?: (?:about|for|of|on) (?:this|that|it|them))?(?: in memory| on record)?(?: that answers this)?"
    r"|(?:nothing|no answer) (?:is|was) (?:recorded|known|on record|found)(?: (?:about|for) (?:this|that))?"
    r"|there is (?:nothing|no answer|no record of (?:this|that)) (?:on record|in memory)",
    re.I,
)


_SEARCHED = re.compile(r"no events? of (.+?) (?:speaks?|tells?) of (.+?)[;,] (?:and )?(\d+) events were searched", re.I)


def says_nothing_was_found(sentence: str) -> bool:
    """ "No event of Ada speaks of a sofa; 11 events were searched. [3]" """
    return _searched(sentence) is not None


def is_found_nowhere(stated: Stated, evidence: Evidence) -> bool:
    """Whether a tool looked for just that among so many events of the customer, and found nothing."""
    found = _searched(stated.whole)
    if found is None:
        return False
    who, what, number = found[1], found[2], float(found[3])
    for carrier in carriers_of(stated.passages, evidence):
        none = [each for each in carrier.computed if each.fact.unit == "events" and each.fact.value == 0]
        counted = [each for each in carrier.computed if each.fact.name == "searched" and each.fact.value == number]
        sought = {token.stem for token in tokens_of(what) if token.kind == "word" and token.text not in FUNCTION}
        named = fold(who) in {fold(name) for name in (*carrier.person, *_in_brackets(carrier.person))}
        for each in none:
            same = any(one.args == each.args and one.owner == each.owner for one in counted)
            if same and named and each.owner == carrier.passage.client_id and _asks_for(each, sought, carrier):
                return True
    return False


def _searched(sentence: str) -> re.Match[str] | None:
    return _SEARCHED.fullmatch(MARKER.sub(" ", sentence).strip(" .-*"))


def _in_brackets(names: list[str]) -> list[str]:
    """ "Ada Byron (ada)" """
    return [f"{name} ({names[0]})" for name in names]


def _asks_for(each: Computed, sought: set[str], carrier: Carrier) -> bool:
    plain = {token.stem for token in tokens_of(each.fact.name)}
    # What was looked for under a condition, or in a period, may be there without it.
    only = bool(each.args.get("titles")) and each.args.keys() <= {"client_ids", "titles", "measure"}
    return only and bool(sought) and sought <= licensed(each, carrier) - plain


def says_nothing_is_known(sentence: str) -> bool:
    return _FORMS.fullmatch(sentence.strip(" .!*")) is not None
