"""What a fact was computed of, by the arguments of its tool: what has to be said beside it, and what may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.checks.carrier import Carrier
from agent.checks.tokens import Token, tokens_of
from agent.checks.words import NEGATION, stems, words
from agent.evidence import Computed

_NOUNS = {
    "events": "event time times", "customers": "customer client account user people person buyer",
    "purchases": "purchase order payment", "refunds": "refund return", "days": "day", "percentile": "percentile",
    "percent": "percent",
}  # fmt: skip
_KINDS = {
    "purchase": "purchase order payment", "refund": "refund return", "money": "payment", "activity": "activity action",
}  # fmt: skip
SPENT = stems("spent spend spending paid pay value worth revenue amount money comes came come brought")
_GIVEN_BACK = stems("refunded refund refunds returned back received amount money")
_BOUGHT = stems("buy bought purchase purchased order ordered paid pay payment")
_COUNTED = stems("number count made make")
#: Limits of a cohort or a deed that are numbers, with the word that tells which way they go.
_LIMITS = {
    "times_min": "least", "times_max": "most", "sum_min": "least", "sum_max": "most", "value_min": "least",
    "silent_days_min": "least", "active_days_max": "last",
}  # fmt: skip
_USUAL = (("times_min", 0), ("times_min", 1), ("times_max", 0))
#: What no short sentence tells.
_UNTOLD = ("later", "first", "any_of", "more", "stage_since", "stage_before", "reached")
_NOT = NEGATION - words("hardly barely lack lacks")


def limits(each: Computed) -> dict[float, str]:
    """The numbers that a cohort was limited by, with the word that leads to each; "never" is none of them."""
    found = {
        float(given[key]): word
        for given in each.filters
        for key, word in _LIMITS.items()
        if isinstance(given.get(key), int | float) and (key, given[key]) not in _USUAL
    }
    return found if each.fact.unit == "customers" else {}


def is_never(each: Computed) -> bool:
    """Whether it counts those who did not do something."""
    return any(given.get("times_max") == 0 for given in each.filters)


def unsaid(whole: Sequence[Token], each: Computed) -> str | None:
    """What a fact is restricted to and the sentence does not say."""
    said = {found for token in whole for found in ([token.stem] if token.stem else _stems(token.text))}
    texts = {token.text for token in whole}
    if (never := is_never(each)) and not texts & _NOT:
        return "those who never did so"
    for number, word in limits(each).items():
        if not any(token.value == number for token in whole) or word not in texts:
            return f"{number:g} at {word}"
    if untold := next((key for given in each.filters for key in _UNTOLD if given.get(key)), None):
        return untold.replace("_", " ")
    wanted = [text for given in each.filters for text in _restrictions(given)]
    wanted += ["" if re.fullmatch(r"\d{4}(?:-.*)?", each.subject) else each.subject]
    # Of what nobody did, its name alone is what is said.
    wanted += [str(title) for given in each.filters if never for title in (given.get("titles") or [])[:1]]
    return next((text for text in wanted if text and not set(_stems(text)) <= said), None)


def _restrictions(given: Mapping[str, Any]) -> Iterator[str]:
    yield str(given.get("item") or "")
    yield str(given.get("stage") or "").replace("_", " ")
    yield "open" if given.get("unsettled") else ""
    yield "refund" if given.get("kind") == "refund" else ""
    for where in [*(given.get("where") or []), *(given.get("traits") or [])]:
        yield _condition(where)
    for name in ("stages", "bands"):
        values = given.get(name) or []
        yield str(values[0]).replace("_", " ") if len(values) == 1 else ""


def _condition(where: Mapping[str, Any]) -> str:
    """A condition as it has to be said: by the value that was asked for, or by its property."""
    value = where.get("value")
    plainly = where.get("op", "is") in ("is", "contains") and isinstance(value, str)
    return str(value) if plainly else str(where.get("label", ""))


def licensed(each: Computed, carrier: Carrier) -> set[str]:
    """Stems of words that say what a fact is of."""
    told = [each.fact.name.replace("_", " "), each.fact.unit or "", each.subject, str(each.args.get("by") or "")]
    for given in each.filters:
        told += [
            *map(str, given.get("titles") or []),
            *map(str, given.get("stages") or []),
            *(given.get("bands") or []),
        ]
        told += [str(given.get(key) or "").replace("_", " ") for key in ("item", "of", "kind", "stage")]
        conditions = [*(given.get("where") or []), *(given.get("traits") or [])]
        told += [f"{where.get('label', '')} {where.get('value', '')}" for where in conditions]
        told += [name for name in ("stages", "bands") if given.get(name)]
    found = {stem for text in told for stem in _stems(text)} | nouns_of(each, carrier)
    found |= stems("rank") if each.fact.unit == "percentile" else set()
    kinds = {given.get("kind") for given in each.filters}
    if is_money(each.fact.unit):
        found |= _GIVEN_BACK if "refund" in kinds else stems("amount value") if each.args.get("of") else SPENT
    else:
        found |= _COUNTED
    if "purchase" in kinds or each.fact.unit == "purchases":
        found |= _BOUGHT | stems("placed")
    return found | (stems("refund return") if "money" in kinds and not is_money(each.fact.unit) else set())


def spelled(tokens: Sequence[Token], each: Computed) -> set[int]:
    """Places where names of events and properties that a fact is of stand whole: "no show fee" denies nothing."""
    texts = [str(each.args.get("by") or ""), each.subject, each.fact.name.replace("_", " ")]
    texts += ["net of refunds"] if is_money(each.fact.unit) and each.fact.name in ("sum", "net_value") else []
    for given in each.filters:
        texts += [str(given.get("of") or ""), str(given.get("item") or ""), *map(str, given.get("titles") or [])]
        texts += [str(c.get(k) or "") for c in given.get("where") or [] for k in ("label", "value")]
    found: set[int] = set()
    for wanted in ([token.stem for token in tokens_of(text)] for text in texts):
        for start in range(len(tokens) - len(wanted) + 1 if wanted else 0):
            if [token.stem for token in tokens[start : start + len(wanted)]] == wanted:
                found |= set(range(start, start + len(wanted)))
    return found


def nouns_of(each: Computed, carrier: Carrier) -> set[str]:
    """Stems of the nouns that a counted number may stand before."""
    found = set(_stems(_NOUNS.get(each.fact.unit or "", each.fact.unit or "")))
    if each.fact.unit != "events":
        return found
    found |= set(_stems(_KINDS.get(str(each.args.get("kind") or "any"), "")))
    titles = each.args.get("titles") or []
    found |= {stem for title in titles for stem in _stems(title)} if len(titles) == 1 else set()
    known = [carrier.evidence.passages.get(key) for key in each.fact.evidence]
    if known and None not in known and each.fact.evidence_total <= len(known):
        found |= set.intersection(*(set(_stems(passage.title)) for passage in known if passage))
    return found


def is_money(unit: str | None) -> bool:
    return unit is not None and re.fullmatch(r"[A-Z]{3}", unit) is not None


def _stems(text: str) -> list[str]:
    return [token.stem for token in tokens_of(text) if token.stem]
