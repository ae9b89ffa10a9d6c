"""What a question speaks of as if it existed: ids and names. Where no event here holds them, there is no answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable

from agent.folding import fold, stem
from agent.reserved import RESERVED

#: Whether any event in scope holds a text.
Mentioned = Callable[[str], Awaitable[bool]]

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: "T-2124", "INV_17", "uci-554280-17675", "AB123456"; and any number behind a word that ids stand behind.
_ID = re.compile(r"(?<![\w@.-])(?:[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*[-_]\d[\w-]*|[A-Za-z]{1,6}\d{4,})(?![\w@-])")
_LABELLED = re.compile(
    r"\b(?:orders?|invoices?|tickets?|events?|payments?|refunds?|shipments?|transactions?|cases?|messages?)"
    r"\s+(?:number\s+|id\s+|no\.?\s+|#\s*)?(\d{3,})\b(?!\s*(?:orders?|euros?|pounds?|dollars?|%))",
    re.I,
)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
#: A sentence, a list entry or a quotation begins with a capital, whatever it says.
_BEGINS = re.compile(r"(?:^|[.?!:;\n•–—-]\s+|[\"“”'‘(\[])\s*$")
#: Capitals that name no thing.
_GENERAL = frozenset(
    "euro euros pound pounds dollar dollars english spanish german french christmas easter hi hello thanks ok okay"  # noqa: SIM905
    " mr mrs ms dr q1 q2 q3 q4 utc".split()
)
#: Where most words begin with a capital, capitals name nothing.
_TITLE_SHARE = 0.6
#: Names that are looked for: each costs a search.
_MOST = 8


async def find_absent(text: str, known: Iterable[str], mentioned: Mentioned) -> tuple[str, ...]:
    """The ids and names in a question that no event in scope holds; `known` is what was resolved already."""
    for phrase in sorted(filter(None, known), key=len, reverse=True):
        # The length stays, so that what begins a sentence still does.
        text = re.sub(re.escape(phrase), lambda match: "·" * len(match[0]), text, flags=re.I)
    return tuple([name for name in _spoken_of(text) if not await mentioned(name)])


def _spoken_of(text: str) -> list[str]:
    addresses = _MAIL.findall(text)
    text = _MAIL.sub(" ", text)
    ids = [*_ID.findall(text), *_LABELLED.findall(text)]
    return list(dict.fromkeys([*addresses, *ids, *_capitalised(_ID.sub(" ", text))]))[:_MOST]


def _capitalised(text: str) -> list[str]:
    """Words inside a sentence that begin with a capital, and are no words of questions; acronyms aside, which stand
    for words that events may spell out."""
    words = list(_WORD.finditer(text))
    if sum(word[0][0].isupper() for word in words) > _TITLE_SHARE * len(words):
        return []
    return [
        word
        for match in words
        if (word := re.sub(r"['’]s?$", "", match[0]))[0].isupper()
        and not word.isupper()
        and not _BEGINS.search(text[: match.start()])
        and not _is_general(word)
    ]


def _is_general(word: str) -> bool:
    folded = fold(word)
    return folded in RESERVED or folded in _GENERAL or stem(folded) in RESERVED
