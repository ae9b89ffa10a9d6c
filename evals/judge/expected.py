"""The gold of a sample in words, as the judge is told it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evals.sample import Gold


def in_words(gold: Gold) -> str:
    """What a right answer states; raises ValueError for a kind that has no words."""
    if gold.kind not in _WORDS:
        raise ValueError(f"a judge has no words for gold of the kind {gold.kind!r}")
    return _WORDS[gold.kind](gold.value)


def has_words(gold: Gold) -> bool:
    """Whether a judge can be told what is expected."""
    return gold.kind in _WORDS


def _money(value: dict[str, float]) -> str:
    return " and ".join(f"{amount:,.2f} {currency}" for currency, amount in value.items())


def _phrase(value: str) -> str:
    """ "a|b" means either."""
    return " or ".join(f'"{form}"' for form in value.split("|"))


def _text(value: list[str]) -> str:
    return f"all of this, in these or other words: {'; '.join(map(_phrase, value))}"


def _listed(before: str) -> Callable[[list[str]], str]:
    return lambda value: f"{before}: {', '.join(value)}" if value else f"{before}: none"


def _parts(value: list[dict[str, Any]]) -> str:
    return "; and ".join(in_words(Gold(kind=part["kind"], value=part["value"])) for part in value)


def _number(value: dict[str, float]) -> str:
    return f"{value['value']:g}, give or take {value.get('tolerance', 0.005):g}"


def _trend(value: dict[str, Any]) -> str:
    unit = f" {value['currency']}" if "currency" in value else ""
    return f"{value['direction']}, from {value['first']:,}{unit} to {value['last']:,}{unit}"


def _timeline(value: list[dict[str, str]]) -> str:
    return "in this order: " + "; ".join(f"{each['date']}: {_phrase(each['says'])}" for each in value)


def _compare(value: dict[str, Any]) -> str:
    unit = f" {value['currency']}" if "currency" in value else ""
    stated = ", ".join(f"{who} with {number:,}{unit}" for who, number in value["values"].items())
    return f"{value['winner'] or 'neither: they are equal'} ({stated})"


def _signal(value: dict[str, Any]) -> str:
    return f"{'has' if value['churned'] else 'has not'} churned; {value['silent_days']} days without a sign of activity"


_UNKNOWN = "it cannot be known from the records: a right answer says so and states no value"
_NOBODY = "there is no such customer: a right answer says so and tells nothing about others"
_WHICH = "the question fits several customers: a right answer decides for none and names them to ask which"

_WORDS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: f"the number {value:,}",
    "money": _money,
    "date": str,
    "text": _text,
    "customers": _listed("exactly these customers, and no others"),
    "includes": _listed("these customers, others may be named too"),
    "ranking": _listed("these customers in this order"),
    "offer": lambda value: f"something new to offer; already bought: {', '.join(value['bought'])}",
    "parts": _parts,
    "number": _number,
    "trend": _trend,
    "timeline": _timeline,
    "compare": _compare,
    "signal": _signal,
    "unanswerable": lambda value: _UNKNOWN,
    "ambiguous": _listed(_WHICH),
    "unknown": lambda value: _NOBODY,
}
