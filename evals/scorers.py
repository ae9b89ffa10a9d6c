"""Judges one answer against its gold: pure functions, reply in, the reason of a failure out.

A reply is the JSON of POST /chat. What is checked is what the answer states, not how it is laid out:
the first number, amount or date counts, so that a right number behind a wrong one does not pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from evals.questions import Gold

Reply = dict[str, Any]

_MARKER = re.compile(r"\[\d+\]")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_LIST_NUMBER = re.compile(r"^\s*\d+[.)]\s+", re.M)
_NUMBER = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?![\w-])")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD"}
_AMOUNT = re.compile(r"(?P<before>[€£$])?(?<![\w.])(?P<number>-?\d[\d,]*(?:\.\d+)?)\s*(?P<after>EUR|GBP|USD)?\b")
_NONE = re.compile(r"^\W*(?:no|none|never|zero)\b", re.I)


@dataclass(frozen=True, slots=True)
class Known:
    """What exists in the workspace: ids of customers, and names of items."""

    customers: Collection[str]
    items: Collection[str] = ()


def fault(reply: Reply, gold: Gold, known: Known) -> str | None:
    """Why the reply does not pass, or None."""
    if gold.kind in _REFUSALS:
        return _REFUSALS[gold.kind](reply, gold, known)
    if reply["abstained"]:
        return "it abstained, wholly or in part"
    if not reply["citations"]:
        return "it cites nothing"
    return _stated(gold.kind, gold.value, reply["answer"], known) or _uncited(reply, gold)


def _stated(kind: str, value: Any, text: str, known: Known) -> str | None:
    return _CHECKS[kind](value, text, known)


def _uncited(reply: Reply, gold: Gold) -> str | None:
    cited = {citation["message_id"] for citation in reply["citations"]}
    return None if not gold.evidence or cited & set(gold.evidence) else "it cites none of the events that show it"


# --- What an answer states ---


def _count(value: int, text: str, known: Known) -> str | None:
    if value == 0:
        return None if _NONE.match(text) or first_number(text, known) == 0 else "it does not say that there is none"
    found = first_number(text, known)
    return None if found == value else f"the first number is {found}, not {value}"


def _money(value: dict[str, float], text: str, known: Known) -> str | None:
    found = amounts(text)
    if found.keys() != value.keys():
        return f"amounts in {sorted(found) or 'no currency'}, not {sorted(value)}"
    wrong = [currency for currency in value if abs(found[currency] - value[currency]) >= 0.005]
    return None if not wrong else f"{found[wrong[0]]} {wrong[0]}, not {value[wrong[0]]}"


def _date(value: str, text: str, known: Known) -> str | None:
    found = _DATE.search(_QUOTED.sub(" ", text))
    return None if found and found[0] == value else f"the first date is {found[0] if found else None}, not {value}"


def _text(value: Sequence[str], text: str, known: Known) -> str | None:
    """Every phrase is there; "a|b" means either."""
    missing = [phrase for phrase in value if not any(_says(text, form) for form in phrase.split("|"))]
    return f"it does not say {missing}" if missing else None


def _customers(value: Sequence[str], text: str, known: Known) -> str | None:
    found = set(named(text, known))
    return None if found == set(value) else f"it names {sorted(found)}, not {sorted(value)}"


def _includes(value: Sequence[str], text: str, known: Known) -> str | None:
    missing = set(value) - set(named(text, known))
    return f"it does not name {sorted(missing)}" if missing else None


def _ranking(value: Sequence[str], text: str, known: Known) -> str | None:
    found = named(text, known)
    return None if found == list(value) else f"in the order {found}, not {list(value)}"


def _offer(value: dict[str, list[str]], text: str, known: Known) -> str | None:
    """An item that exists and that the customer has not bought."""
    stated = _fold(text)
    new = [item for item in known.items if item not in value["bought"] and _fold(item) in stated]
    return None if new else "it offers nothing new that exists"


def _parts(value: Sequence[dict[str, Any]], text: str, known: Known) -> str | None:
    """Each part may stand anywhere: the lines of the answer are tried one by one."""
    for part in value:
        lines = [line for line in text.splitlines() if line.strip()]
        if all(_stated(part["kind"], part["value"], line, known) for line in lines):
            return f"no line states the {part['kind']} {part['value']}"
    return None


_CHECKS: dict[str, Callable[[Any, str, Known], str | None]] = {
    "count": _count,
    "money": _money,
    "date": _date,
    "text": _text,
    "customers": _customers,
    "includes": _includes,
    "ranking": _ranking,
    "offer": _offer,
    "parts": _parts,
}

# --- What is to be left open ---


def _abstains(reply: Reply, gold: Gold, known: Known) -> str | None:
    return None if reply["abstained"] else "it answers what is not on record"


def _asks_which(reply: Reply, gold: Gold, known: Known) -> str | None:
    return _abstains(reply, gold, known) or _customers(gold.value, reply["answer"], known)


def _knows_nobody(reply: Reply, gold: Gold, known: Known) -> str | None:
    others = named(reply["answer"], known)
    return _abstains(reply, gold, known) or (f"it speaks of {others}" if others or reply["citations"] else None)


_REFUSALS: dict[str, Callable[[Reply, Gold, Known], str | None]] = {
    "unanswerable": _abstains,
    "ambiguous": _asks_which,
    "unknown": _knows_nobody,
}

# --- Reading ---


def first_number(text: str, known: Known) -> float | None:
    """The first number that a text states: markers, quotations, dates, list numbers and customers' ids aside."""
    for pattern in (_LIST_NUMBER, _MARKER, _QUOTED, _DATE):
        text = pattern.sub(" ", text)
    text = re.sub(r"[\w@.-]+", lambda m: " " if m[0].rstrip(".") in known.customers else m[0], text)
    found = _NUMBER.search(text)
    return float(found[0].replace(",", "")) if found else None


def amounts(text: str) -> dict[str, float]:
    """The first amount in each currency."""
    found: dict[str, float] = {}
    for match in _AMOUNT.finditer(_QUOTED.sub(" ", text)):
        currency = match["after"] or _SYMBOLS.get(match["before"] or "")
        if currency:
            found.setdefault(currency, float(match["number"].replace(",", "")))
    return found


def named(text: str, known: Known) -> list[str]:
    """The customers whose id stands in a text, in the order of their first mention."""
    tokens = (token.rstrip(".") for token in re.findall(r"[\w@.-]+", _QUOTED.sub(" ", _MARKER.sub(" ", text))))
    return list(dict.fromkeys(token for token in tokens if token in known.customers))


def _says(text: str, phrase: str) -> bool:
    pattern = rf"(?<!\w){re.escape(_fold(phrase))}" + (r"(?![\w.]*\d)" if phrase[-1:].isdigit() else "")
    return re.search(pattern, _fold(_MARKER.sub(" ", text))) is not None


def _fold(text: str) -> str:
    """Lower case, without accents, one kind of apostrophe and single spaces."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.replace("’", "'").casefold().split())


# --- Citations ---


def citation_hits(reply: Reply, gold: Gold) -> tuple[int, int]:
    """Cited events that are gold evidence, and all cited events; (0, 0) where the gold lists no evidence."""
    if not gold.evidence or gold.kind in _REFUSALS:
        return 0, 0
    cited = {citation["message_id"] for citation in reply["citations"]}
    return len(cited & set(gold.evidence)), len(cited)


def owned_citations(reply: Reply, gold: Gold, owner_of: dict[str, str]) -> tuple[int, int]:
    """Cited events of the customers that the gold evidence is about, and all cited events."""
    owners = {owner_of[key] for key in gold.evidence}
    if not owners or gold.kind in _REFUSALS:
        return 0, 0
    cited = {citation["message_id"] for citation in reply["citations"]}
    return sum(1 for key in cited if owner_of.get(key) in owners), len(cited)
