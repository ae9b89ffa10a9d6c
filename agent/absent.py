"""What a question speaks of as if it existed: ids and names. Where no event here holds them, there is no answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable

from agent.folding import fold, stem
from agent.reserved import RESERVED, is_quantity

#: Whether any event in scope holds a text.
Mentioned = Callable[[str], Awaitable[bool]]

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: "T-2124", "INV_17", "INV/2024/17", "uci-554280-17675", "AB123456".
_ID = re.compile(
    r"(?<![\w@./-])(?:[A-Za-z][A-Za-z0-9]*(?:[-_/][A-Za-z0-9]+)*[-_/]\d[\w/-]*+|[A-Za-z]{1,6}\d{4,})(?![\w@-])"
)
_NOUN = r"\b(?:orders?|invoices?|tickets?|events?|payments?|refunds?|shipments?|transactions?|cases?|messages?)"
#: What follows a number that is an amount: "payments 100 EUR or more".
_AMOUNT = r"(?!\s*(?:%|€|£|\$|(?:orders?|euros?|pounds?|dollars?|eur|gbp|usd|(?:or|and) (?:more|less|fewer|over))\b))"
#: Any number that is called one's id; without such a word it may also be a year: "orders 2011".
_CALLED = re.compile(
    rf"{_NOUN}(?:\s*(?:(?:number(?:ed)?|nr|no|id)\b[.:=#\s(]*|[:(]?\s*#\s*)|(?=[\s:=(])\s*(?:[:=(]\s*)?(?!(?:19|20)\d\d\b))"
    rf"(\d{{3,}})\b{_AMOUNT}",
    re.I,
)
#: Who asks is not what is asked about: "I'm Bob from Sales.", "Customer Success wants to know".
_ASKER = re.compile(
    r"\b(?:I['’]m|I am|my name is|this is|regards,?|(?i:dear))\s+[A-Z][\w'’-]*(?:\s+(?:or|from|in|of|[A-Z][\w'’-]*)\b)*"
    r"|\b[A-Z][\w'’-]*(?=\s+(?:wants?|asks?|would like) to know\b)"
)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
#: Behind these a sentence or a list entry begins with a capital, whatever it says; behind these, a quotation.
_ENDS, _OPENS = ".?!:;•–—-", "\"“”'‘(["
#: Capitals that name no thing.
_GENERAL = frozenset(
    "euro euros pound pounds dollar dollars english spanish german french christmas easter hi hello thanks ok okay"  # noqa: SIM905
    " mr mrs ms dr sir madam team q1 q2 q3 q4 utc".split()
)
#: Where most of a question's own words begin with a capital, capitals name nothing.
_TITLE_SHARE = 0.5
#: Names that are looked for: each costs a search.
_MOST = 8


async def find_absent(text: str, known: Iterable[str], mentioned: Mentioned) -> tuple[str, ...]:
    """The ids and names in a question that no event in scope holds; `known` is what was resolved already."""
    for phrase in sorted(filter(None, known), key=len, reverse=True):
        # The length stays, so that what begins a sentence still does.
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", lambda match: "·" * len(match[0]), text, flags=re.I)
    return tuple([name for name in _spoken_of(text) if not await mentioned(name)])


def _spoken_of(text: str) -> list[str]:
    addresses = _MAIL.findall(text)
    text = _MAIL.sub(" ", text)
    ids = [found for found in _ID.findall(text) if not is_quantity(found)]
    ids += _CALLED.findall(text)
    return list(dict.fromkeys([*addresses, *ids, *_capitalised(_ASKER.sub(" ", _ID.sub(" ", text)))]))[:_MOST]


def _capitalised(text: str) -> list[str]:
    """Words inside a sentence that begin with a capital, and are no words of questions; acronyms aside, which stand
    for words that events may spell out."""
    inside = [match for match in _WORD.finditer(text) if not _begins(text, match.start())]
    general = [match[0] for match in inside if _is_general(match[0])]
    if sum(word[0].isupper() for word in general) > _TITLE_SHARE * len(general):
        return []
    words = [re.sub(r"['’]s?$", "", match[0]) for match in inside]
    return [word for word in words if word[0].isupper() and not word.isupper() and not _is_general(word)]


def _begins(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    between = text[len(before) : start]
    return not before or "\n" in between or before[-1] in (_ENDS if between else _OPENS)


def _is_general(word: str) -> bool:
    folded = fold(word)
    return folded in RESERVED or folded in _GENERAL or stem(folded) in RESERVED
