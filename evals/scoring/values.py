"""Whether an answer states the value asked for, one check for each kind of gold.

A check takes (gold value, answer, what is known) and gives the reason of a failure, or None. What counts is what the
answer states, not how it is laid out: the first number, amount or date that is stated firmly counts, so that neither a
right number behind a wrong one passes, nor a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.scoring.comparisons import compare, trend
from evals.scoring.folding import fold
from evals.scoring.histories import signal, timeline
from evals.scoring.known import Known
from evals.scoring.reading import (
    MARKER,
    affirmed,
    amounts,
    first_date,
    first_number,
    numbers,
    says,
    says_none,
    sentences,
    stated_dates,
)

#: Kinds that no value answers: see `evals.scoring.abstention`.
REFUSALS = frozenset({"unanswerable", "ambiguous", "unknown"})
#: Amounts are right to the cent.
CENT = 0.005
_AGAINST = re.compile(r"\b(?:do not|don't|never|not) (?:\w+ )?(?:offer|recommend|suggest|sell)", re.I)
#: Before a phrase that is denied: "not the price", "not because of the price".
_DENIED = re.compile(r"\bnot (?:(?:because of|due to|about|over) (?:(?:the|her|his|their) )?|(?:the|her|his|their) )$")


def value_fault(kind: str, value: Any, text: str, known: Known) -> str | None:
    """Why a text does not state a value of this kind, or None; raises KeyError for a kind that has no value."""
    return _CHECKS[kind](value, text, known)


def mentions(kind: str, value: Any, text: str, known: Known) -> bool:
    """Whether a text states a value, be it behind another one, in quotation marks, or as a guess.

    Of a count only as the first number: small numbers are common.
    """
    if kind == "money":
        said = numbers(text, known)
        return bool(value) and all(
            any(abs(number - amount) < CENT for number in said) or says(text, f"{amount:.2f}|{amount:,.2f}")
            for amount in value.values()
        )
    if kind == "date":
        return value in stated_dates(text)
    if kind == "count" and numbers(text, known)[:1] == [value]:
        return True
    return value_fault(kind, value, text, known) is None


def _count(value: int, text: str, known: Known) -> str | None:
    found = first_number(text, known)
    if value == 0 and says_none(text, known):
        return None
    return None if found == value else f"the first number is {_shown(found)}, not {value}"


def _number(value: Mapping[str, float], text: str, known: Known) -> str | None:
    found = first_number(text, known, counting=False)
    near = found is not None and abs(found - value["value"]) <= value.get("tolerance", CENT)
    return None if near else f"the first number is {_shown(found)}, not {value['value']:g}"


def _money(value: Mapping[str, float], text: str, known: Known) -> str | None:
    found = amounts(text)
    if not any(value.values()):
        none = says_none(text, known) or found
        return None if none and not any(found.values()) else "it does not say that there is none"
    if found.keys() != value.keys():
        return f"amounts in {sorted(found) or 'no currency'}, not {sorted(value)}"
    wrong = [currency for currency in value if abs(found[currency] - value[currency]) >= CENT]
    return None if not wrong else f"{found[wrong[0]]} {wrong[0]}, not {value[wrong[0]]}"


def _date(value: str, text: str, known: Known) -> str | None:
    found = first_date(text)
    return None if found == value else f"the first date is {found}, not {value}"


def _text(value: Sequence[str], text: str, known: Known) -> str | None:
    missing = [phrase for phrase in value if not says(_undenied(text, phrase), phrase)]
    return f"it does not say {missing}" if missing else None


def _customers(value: Sequence[str], text: str, known: Known) -> str | None:
    found = set(affirmed(text, known))
    if not value:
        return f"it names {sorted(found)}, not nobody" if found or not says_none(text, known) else None
    return None if found == set(value) else f"it names {sorted(found)}, not {sorted(value)}"


def _includes(value: Sequence[str], text: str, known: Known) -> str | None:
    missing = set(value) - set(affirmed(text, known))
    return f"it does not name {sorted(missing)}" if missing else None


def _ranking(value: Sequence[str], text: str, known: Known) -> str | None:
    found = affirmed(text, known)
    return None if found == list(value) else f"in the order {found}, not {list(value)}"


def _leads(value: Mapping[str, Sequence[Any]], text: str, known: Known) -> str | None:
    """Values of a property, of which some are the first that an answer states, in their order.

    `values`, where given, are the numbers that they lead with: an answer states them too.
    """
    plain = fold(MARKER.sub(" ", text))
    places = {each: re.search(rf"(?<!\w){re.escape(fold(each))}(?!\w)", plain) for each in value["of"]}
    stated = sorted((place.start(), each) for each, place in places.items() if place)
    found = [each for _, each in stated][: len(value["first"])]
    if found != list(value["first"]):
        return f"it states {found} first, not {list(value['first'])}"
    said = numbers(text, known)
    missing = [each for each in value.get("values", ()) if not any(abs(number - each) < CENT for number in said)]
    return f"it does not state {missing[0]:g}" if missing else None


def _series(value: Sequence[float], text: str, known: Known) -> str | None:
    """One number for each stretch of time, in order; others may stand between them."""
    said = iter(numbers(text, known))
    missing = [each for each in value if not any(abs(number - each) < CENT for number in said)]
    return f"it does not go on to {missing[0]:g}" if missing else None


def _offer(value: Mapping[str, Sequence[str]], text: str, known: Known) -> str | None:
    """An item that exists and that the customer has not bought."""
    stated = fold(" ".join(part for part in sentences(text) if not _AGAINST.search(part)))
    bought = set(value["bought"])
    new = [item for item in known.items if item not in bought and fold(item) in stated]
    return None if new else "it offers nothing new that exists"


def _parts(value: Sequence[Mapping[str, Any]], text: str, known: Known) -> str | None:
    """Each part may stand anywhere: the lines of the answer are tried one by one."""
    lines = [line for line in text.splitlines() if MARKER.sub("", line).strip()]
    for part in value:
        if all(value_fault(part["kind"], part["value"], line, known) for line in lines):
            return f"no line states the {part['kind']} {part['value']}"
    return None


def _undenied(text: str, phrase: str) -> str:
    """A text without the forms of a phrase that it denies."""
    kept = fold(text)
    for form in phrase.split("|"):
        pieces = kept.split(fold(form))
        kept = "".join(piece + ("" if _DENIED.search(piece) else fold(form)) for piece in pieces[:-1]) + pieces[-1]
    return kept


def _shown(found: float | None) -> str:
    return "missing" if found is None else f"{found:g}"


_CHECKS: dict[str, Callable[[Any, str, Known], str | None]] = {
    "count": _count,
    "number": _number,
    "money": _money,
    "date": _date,
    "text": _text,
    "customers": _customers,
    "includes": _includes,
    "ranking": _ranking,
    "leads": _leads,
    "series": _series,
    "offer": _offer,
    "parts": _parts,
    "trend": trend,
    "compare": compare,
    "timeline": timeline,
    "signal": signal,
}
KINDS = frozenset(_CHECKS) | REFUSALS
