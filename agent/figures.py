"""Which figure a question asks for, as arguments of the tool `measure`, and how one is written."""

from __future__ import annotations

import re
from typing import Any

from agent.folding import fold, stem
from agent.intent import Question
from agent.synonyms import mates_of
from agent.wording import amount, plain, quote
from memory.vocabulary import spelled
from tools.fact import Fact, Passage
from tools.measure import Figure, FigureRow, FiguresResult

_MEASURES = {
    r"\b(?:average|averages|averaged|mean|avg|typical|typically)\b": "average",
    r"\bmedian\b": "median",
    r"\b(?:largest|biggest|highest|greatest|most expensive|priciest|dearest|maximum|max|longest"
    r"|best(?! customer| sell))\b": "largest",
    r"\b(?:smallest|cheapest|lowest|least expensive|minimum|min|shortest|worst(?! customer))\b": "smallest",
}
_MONEY = (
    r"\bhow much\b|\brevenue\b|\bspen[dt]s?\b|\bspending\b|\bpa(?:id|ys?)\b|\bworth\b|\bvalue\b|\bturnover\b|\bmoney\b"
    r"|\btotal (?:amount|sales|revenue)\b|\badd(?:ed|s)? up\b|\bcomes? to\b|\bcame to\b|\bsum\b|\bcost\b"
)
_TOTAL = r"\b(?:total|sum|altogether|overall|all told|in all|combined|together|how many|how much|number of)\b"
_COUNT = r"\bhow (?:many|often)\b|\bnumber of\b|\bcount\b|\bmore often\b|\bmost often\b|\bhow frequently\b|\btimes\b"


_KINDS = {
    "any": "events", "purchase": "purchases", "refund": "refunds", "money": "payments and refunds",
    "activity": "activity",
}  # fmt: skip


def counted(found: FiguresResult) -> Fact:
    """How many events the figures are of."""
    return next(fact for fact in found.facts if fact.name == "events")


def measure_of(question: Question) -> str:
    """count, sum, average, median, largest or smallest."""
    for pattern, measure in _MEASURES.items():
        if question.has(pattern) and (question.numbers or question.kind in ("purchase", "refund", "money")):
            return measure
    if question.numbers and (question.has(_TOTAL) or question.has(_MONEY)) and not _counts_events(question):
        return "sum"
    if question.numbers and not question.certain and not question.has(_COUNT) and _is_named(question):
        return "sum"
    counting = question.has(_COUNT) and not question.has(r"\bhow much\b")
    return "sum" if question.has(_MONEY) and not counting and not question.numbers else "count"


def args_of(question: Question, **more: Any) -> dict[str, Any]:
    """The arguments that ask for the question's figure."""
    measure = more.get("measure") or measure_of(question)
    wanted = question.filter()
    of = question.numbers[0] if measure != "count" and question.numbers else None
    if measure != "count" and of is None and wanted["kind"] in ("any", "money", "activity") and not wanted["titles"]:
        # "The average order value" is not about refunds, although "value" alone is net of them.
        wanted["kind"] = "money" if measure == "sum" else "purchase"
    if of and wanted["kind"] == "money":
        # "Spent" is said of minutes, too.
        wanted["kind"] = "any"
    return {
        **wanted, "client_ids": question.named, "measure": measure, "of": of, "currency": question.currency, **more,
    }  # fmt: skip


def what(question: Question, found: FiguresResult) -> str:
    """What was counted, in words: by the name of the newest event of it, which is cited."""
    newest = found.passages[-1] if found.passages else None
    names = {spelled(title) for title in question.titles}
    if newest is None:
        told = question.kind == "any" or question.item or question.where or names or question.unsettled
        return "such events" if told else _KINDS[question.kind]
    if len(names) == 1 and not question.unsettled:
        text = f"{quote(newest.title)} events"
    elif names:
        text = "such events"
    else:
        # An average of money is of purchases alone.
        text = _KINDS[args_of(question)["kind"]] if not question.unsettled else "open troubles"
    return text + (f" with {quote(question.item)}" if question.item else "") + conditions(question, newest)


def conditions(question: Question, newest: Passage) -> str:
    """The conditions on text properties, in words; what numbers have to be is left to the tool's arguments."""

    def shown(value: str) -> str:
        # Only what the cited event tells can be quoted from it.
        return quote(value) if fold(value) in fold(newest.text) else plain(value)

    said = [
        f"{plain(condition.label)} {shown(str(condition.value))}"
        for condition in question.where
        if condition.op == "is" and isinstance(condition.value, str) and not re.search(r"^\d", condition.value)
    ]
    return f" with {' and '.join(said)}" if said else ""


def figures(row: FigureRow) -> str:
    """The values of a row, one a currency, never added up."""
    return " and ".join(figure(each) for each in row.values) or "nothing"


def figure(value: Figure) -> str:
    """An amount with its unit, one of which is no plural."""
    one = value.value == 1 and value.unit in ("events", "customers")
    return amount(value.value, value.unit[:-1] if one and value.unit else value.unit)


def thing(question: Question, measure: str) -> str:
    """What the values are of: "average fare", "total value", "orders"."""
    own = plain(question.numbers[0]) if question.numbers and measure != "count" else "value"
    name = own.removeprefix("total").strip() or "amount"
    return {
        "sum": f"total {name}", "average": f"average {name}", "median": f"median {name}",
        "largest": f"largest {name}", "smallest": f"smallest {name}",
    }.get(measure, "number")  # fmt: skip


def _is_named(question: Question) -> bool:
    """Whether the first number is asked for by its head: "no-shows" are no "no show fee"."""
    words = [stem(word) for word in re.findall(r"[^\W_]+", question.numbers[0].lower())]
    said = {stem(word) for word in re.findall(r"[^\W_]+", question.text.lower())}
    heads = {words[-1]} | mates_of(words[-1])
    return len(words) == 1 or bool(heads & said) or not set(words[:-1]) & said


def _counts_events(question: Question) -> bool:
    """ "How many reservations" counts events, "how many nights" adds up a property."""
    asked = re.search(r"\b(?:how many|number of)\s+((?:\w+[\s-]+){0,2}?\w+)\b", question.text, re.I)
    if asked is None:
        return question.has(r"\bhow often\b|\bhow many times\b")
    words = {word for label in question.numbers for word in re.findall(r"\w+", label)}
    return not any(word in asked[1].lower() or word.rstrip("s") in asked[1].lower() for word in words)
