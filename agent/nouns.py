"""Which events a question means: by the nouns everybody uses, and by the names of events seen here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.selection import Kind

#: Tried in this order, after the names of events themselves.
_NOUNS: list[tuple[str, Kind, tuple[str, ...]]] = [
    (r"\b(complain\w*|tickets?|support requests?)\b", "any", ("Support Ticket Opened",)),
    (r"\bcancel\w*", "any", ("Subscription Cancelled", "Subscription Canceled", "Account Closed", "Account Deleted")),
    (r"\b(refund\w*|returns?|returned|sent back|send back|money back)\b", "refund", ()),
    (r"\b(spen[dt]|spending|net|revenue|worth|value|turnover|paid|pays?)\b", "money", ()),
    (r"\b(orders?|ordered|purchas\w*|bought|buys?|payments?|sales)\b", "purchase", ()),
    (r"\b(sign(?:ed)?[ -]?ins?|log(?:ged)?[ -]?ins?)\b", "any", ("Signed In",)),
    (r"\b(active|activity|activities)\b", "activity", ()),
]
_STOP = frozenset(["the", "a", "an", "of", "in", "to", "by", "for", "and", "or"])


def find_events(question: str, titles: Iterable[str]) -> tuple[Kind, tuple[str, ...]]:
    """The kind of events, and their names where the question spells some of those that exist here."""
    # "Orders minus refunds" names both kinds, and wants neither alone.
    if re.search(r"\bnet\b|\b(?:minus|less)\b", question, re.I):
        return "money", ()
    stems = {stem(word) for word in re.findall(r"[^\W_]+", question.lower())}
    spelled = [(len(words), title) for title in set(titles) if (words := _stems(title)) and words <= stems]
    if spelled:
        fullest = max(size for size, _ in spelled)
        # One common word ("page") is no name; two are.
        if fullest > 1:
            return "any", tuple(sorted(title for size, title in spelled if size == fullest))
    for pattern, kind, named in _NOUNS:
        if re.search(pattern, question, re.I):
            return kind, named
    return "any", ()


def find_item(question: str, items: Iterable[str]) -> str | None:
    """The longest name of an item that the question spells; one word alone only with the same capitals."""
    asked = " ".join(question.split())
    folded = asked.lower()
    fits = [item for item in items if _is_spelled(" ".join(item.split()), asked, folded)]
    return max(fits, key=lambda item: (len(item), item), default=None)


def _is_spelled(item: str, asked: str, folded: str) -> bool:
    name, text = (item.lower(), folded) if " " in item else (item, asked)
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def stem(word: str) -> str:
    """A crude English stem: enough to meet "payments failed" with "Payment Failed"."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def _stems(title: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[^\W_]+", title.lower()) if word not in _STOP}
