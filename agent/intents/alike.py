"""Who else is like one customer, and what the two have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.answer import Claim
from agent.intent import Call, Intent, Question, Run, matcher, nothing, result_of
from agent.wording import listed, opening, plain, quote, who
from tools.alike import SimilarCustomer, SimilarResult
from tools.fact import show
from tools.likeness.common import Common

_PEOPLE = (
    r"(?:customers?|clients?|accounts?|users?|people|persons?|buyers?|shoppers?|members?|compan(?:y|ies)|profiles?"
    r"|others|anyone|anybody|someone|somebody|who|ones?)"
)
_LIKE = r"(?:similar|alike|comparable|akin|identical|close(?:st)?|nearest)"
#: What may stand between somebody and "like": it adds no condition.
_BETWEEN = (
    r"(?:\W+(?:else|is|are|was|were|that|which|who|most|more|much|very|a lot|just|quite|really|behaves?|acts?"
    r"|shops?|buys?|looks?|do|does|we|have|there|here|of|our))"
)
_DOES = r"\b(?:behav\w+|acts?|shops?|shopping|buys?|buying|bought|purchas\w+|us(?:es?|age|ing)|tastes?|habits?)\b"
_IS = r"\bprofiles?\b"
_PATTERNS = (
    rf"\b(?:most\s+)?{_LIKE}\s+(?:other\s+)?{_PEOPLE}\b",
    rf"\b{_PEOPLE}\b{_BETWEEN}{{0,5}}\W+{_LIKE}\s+(?:\w+\s+){{0,2}}to\b",
    rf"\b{_PEOPLE}\b{_BETWEEN}{{0,5}}\W+like\b",
    rf"^\W*(?:who|whom|(?:which|what)\s+(?:other\s+)?{_PEOPLE})\b.*\b{_LIKE}\s+to\b",
    r"\b(?:nearest|closest)\s+(?:neighbou?rs?|match(?:es)?)\b",
    r"\blook[ -]?alikes?\b|\bresembl\w+\b|\btwins?\s+(?:of|for)\b|\bkindred\b|\bin common with\b",
    rf"\b{_PEOPLE}\b.*\b(?:same|similar|like)\s+(?:\w+\s+)?(?:tastes?|habits?|behaviou?r|profiles?)\b",
)
#: What is the same of both, in words.
_KINDS = {"stage": "stage", "band": "churn band", "value": "net value", "active_days": "active days"}


def plan(question: Question) -> list[Call]:
    if _has_conditions(question):
        return []
    found = "behaviour" if question.has(_DOES) else "profile" if question.has(_IS) else "both"
    return [Call("similar", {"client_id": question.client_id, "by": found, "limit": question.limit})]


def compose(question: Question, runs: Sequence[Run]) -> list[Claim]:
    found = result_of(runs, SimilarResult)
    if not found or not found.compared:
        return []
    if not found.customers:
        return nothing(f"No customer has anything in common with {question.who}", runs)
    rows = [claim for n, row in enumerate(found.customers, start=1) for claim in _told(n, row)]
    how = {"behaviour": " by what they did", "profile": " by what they are", "both": ""}[found.by]
    head = f"Most like {question.who}{how}, of {found.compared} other customers:"
    return [Claim(text=head, evidence=rows[0].evidence), *rows]


def _told(n: int, row: SimilarCustomer) -> Iterator[Claim]:
    """What the customer did like the other one, then what they are like them: each with events of both."""
    did = [each for each in row.in_common if each.kind in ("item", "event")]
    are = [each for each in row.in_common if each.kind not in ("item", "event")]
    named = f"{n}. **{opening(who(row.client_id, row.name))}**"
    if did:
        yield Claim(text=f"{named}: {_doings(row, did)}.", evidence=_evidence(did))
    if are:
        told = _being(are)
        yield Claim(text=f"   - {opening(told)}." if did else f"{named}: {told}.", evidence=_evidence(are))


def _doings(row: SimilarCustomer, did: Sequence[Common]) -> str:
    """The items and the kinds of events of both; of items how many there are, where these are not all."""
    items, events = ([quote(each.name) for each in did if each.kind == kind] for kind in ("item", "event"))
    more = row.shared_items > len(items)
    count = f"{row.shared_items} items in common, such as " if more else "both have "
    parts = [f"{count}{listed(items)}"] if items else []
    return "; ".join([*parts, *([f"both have {listed(events)} events"] if events else [])])


def _being(are: Sequence[Common]) -> str:
    """What both are, then what is about the same of both."""
    same = [_same(each) for each in are if each.theirs in (None, each.value)]
    near = [_near(each) for each in are if each.theirs not in (None, each.value)]
    parts = [f"the same {listed(same)}"] if same else []
    return "; ".join([*parts, *([f"about the same {listed(near)}"] if near else [])])


def _same(common: Common) -> str:
    if common.kind == "trait":
        return f"{plain(common.name)} ({plain(str(common.value))})"
    if common.theirs is not None:
        return f"{_KINDS[common.kind]} ({_amount(common, common.value)})"
    return f"{_KINDS[common.kind]} ({common.name.replace('_', ' ')})"


def _near(common: Common) -> str:
    return f"{_KINDS[common.kind]} ({show(common.theirs)} and {_amount(common, common.value)})"


def _amount(common: Common, value: float | str | None) -> str:
    return f"{show(value)} {plain(common.name)}" if common.kind == "value" else show(value)


def _evidence(shared: Sequence[Common]) -> list[str]:
    """Events of both for the first two, which are as many as an answer marks; the rest behind them."""
    return [key for each in shared for key in each.evidence]


def _has_conditions(question: Question) -> bool:
    """Whether only some customers are asked for: a part of the question would be left out of account."""
    return bool(
        question.titles or question.where or question.labels or question.bounds or question.item or question.span
    )


def _asks_who(question: Question) -> bool:
    """Whether customers are asked for: what others like somebody did, and how often, are other questions."""
    if question.has(r"\bhow\b"):
        return False
    return not question.has(rf"^\W*(?:what|when|where|why|did|does|has|have|was)\b(?!\s+(?:other\s+)?{_PEOPLE}\b)")


INTENT = Intent(
    name="alike",
    about="one",
    pattern=matcher(*_PATTERNS),
    fits=_asks_who,
    reads=matcher(
        *_PATTERNS,
        _DOES,
        _IS,
        rf"\b(?:{_LIKE}|{_PEOPLE}|like|same|other|others|else|top|best|most|first|much|very|someone|anyone|\d{{1,2}}|to|as)\b",
    ),
    plan=plan,
    compose=compose,
    examples=(
        "Which customers are similar to this one?",
        "Who else is like this customer?",
        "Find look-alikes of this account.",
    ),
)
