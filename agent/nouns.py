"""Which events a question means: by the nouns everybody uses, and by the names of events seen here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.folding import fold, stem
from agent.reserved import names_nothing
from memory.vocabulary import MEANINGS, meaning_of, spelled
from tools.selection import Kind, names_item

#: Tried in this order, after the names of events themselves.
_NOUNS: list[tuple[str, Kind, tuple[str, ...]]] = [
    (r"\b(complain\w*|tickets?|support requests?)\b", "any", ("Support Ticket Opened",)),
    (r"\bcancel\w*", "any", ("Subscription Cancelled", "Subscription Canceled", "Account Closed", "Account Deleted")),
    (
        r"\b(refund\w*|returns?|returned|(?:sent|send|sends|gave|give|given|got) (?:\w+ ){0,3}?back|money back)\b",
        "refund",
        (),
    ),
    (r"\b(spen[dt]|spends|spending|spenders?|net|revenue|worth|value|turnover|paid|pays?|money)\b", "money", ()),
    (r"\b(orders?|ordered|ordering|purchas\w*|bought|buys?|payments?|sales)\b", "purchase", ()),
    (r"\b(sign(?:ed)?[ -]?ins?|log(?:ged)?[ -]?ins?)\b", "any", ("Signed In",)),
    (r"\b(active|activity|activities)\b", "activity", ()),
]
#: Both directions of money: "orders and refunds", "what they ordered and returned".
_BOTH = re.compile(
    r"\b(?:orders?|ordered|purchases?|bought|payments?)\s+(?:and|or|,)\s+(?:the\s+)?"
    r"(?:refund\w*|return\w*|sent back)\b",
    re.I,
)
_DEED = re.compile(r"(?:ed|paid|bought|sent)$", re.I)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
#: Stems of one word begin alike: a quick test before names are stemmed.
_BEGINNING = 3
_STOP = frozenset(["the", "a", "an", "of", "in", "to", "by", "for", "and", "or"])


def find_events(question: str, titles: Iterable[str], people: Iterable[str] = ()) -> tuple[Kind, tuple[str, ...]]:
    """The kind of events, and their names where the question spells some of those that exist here.

    Anybody can name an event. One made of the words that questions are made of, or of the names of the `people` asked
    about, is meant only where it is spelled as it is, where the name is one that everybody knows ("Order Cancelled"),
    or where it tells a deed and nothing else here is what the question's noun means ("Order Placed").
    """
    # "In order" asks for no orders.
    question = re.sub(r"\bin (?:the )?(?:\w+ )?order\b(?! (?:to|number|no)\b)", " ", question, flags=re.I)
    # "Orders minus refunds" names both kinds, and wants neither alone.
    if re.search(
        r"\bnet\b|\b(?:minus|less)\b|\b(?:after|including) (?:the |all )?(?:refunds|returns)\b", question, re.I
    ):
        return "money", ()
    if _BOTH.search(question):
        return "money", ()
    stems = {stem(word) for word in re.findall(r"[^\W_]+", question.lower())}
    named, names = frozenset(stem(word) for word in people), set(titles)
    noun = next(((kind, titled) for pattern, kind, titled in _NOUNS if re.search(pattern, question, re.I)), None)
    free = noun is not None and not any(_is_meant(title, *noun) for title in names)
    fits = [
        (len(words), title)
        for title in names
        if (words := _stems(title))
        and words <= stems
        and (
            title in question
            or spelled(title) in MEANINGS
            or (free and _DEED.search(title))
            or not names_nothing(title, named)
        )
    ]
    if fits:
        fullest = max(size for size, _ in fits)
        # One common word ("page") is no name; two are.
        if fullest > 1:
            return "any", tuple(sorted(title for size, title in fits if size == fullest))
    return noun or ("any", ())


def is_noun(name: str) -> bool:
    """Whether a name is a noun that everybody uses for some events, such as "orders"."""
    return names_nothing(name) and any(re.fullmatch(pattern, name, re.I) for pattern, _, _ in _NOUNS)


def _is_meant(title: str, kind: Kind, titled: tuple[str, ...]) -> bool:
    """Whether the events of this name are what a noun means."""
    money = meaning_of(title).money
    return {"any": title in titled, "purchase": money > 0, "refund": money < 0, "money": money != 0, "activity": True}[
        kind
    ]


def find_item(question: str, items: Iterable[str]) -> str | None:
    """The longest name of an item that the question spells; one word alone only with the same capitals."""
    asked = " ".join(question.split())
    folded = asked.lower()
    fits = [item for item in items if _is_spelled(" ".join(item.split()), asked, folded) and not names_nothing(item)]
    return max(fits, key=lambda item: (len(item), item), default=None)


def find_item_part(words: Sequence[str], items: Iterable[str]) -> str | None:
    """How the names of items spell these words, one after the other: "lanterns" stands in "RED LANTERN".

    None where they are spelled in ways that one part of a name, or its plural, does not cover.
    """
    if not words:
        return None
    begins = [fold(word)[:_BEGINNING] for word in words]
    found = {part for item in items if all(b in fold(item) for b in begins) for part in _spellings(words, item)}
    part = min(found, key=lambda each: (len(each), each), default=None)
    return part if part and all(names_item(part).fullmatch(each) for each in found) else None


def _spellings(words: Sequence[str], item: str) -> list[str]:
    wanted = [stem(fold(word)) for word in words]
    places = list(_WORD.finditer(item))
    stems = [stem(fold(place[0])) for place in places]
    starts = [at for at in range(len(stems) - len(wanted) + 1) if stems[at : at + len(wanted)] == wanted]
    return [item[places[at].start() : places[at + len(wanted) - 1].end()].lower() for at in starts]


def _is_spelled(item: str, asked: str, folded: str) -> bool:
    name, text = (item.lower(), folded) if " " in item else (item, asked)
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _stems(title: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[^\W_]+", title.lower()) if word not in _STOP}
