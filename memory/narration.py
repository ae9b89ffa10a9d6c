"""An event in words: one text to read, parts to embed, and words to search by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from memory.effort import Effort
from memory.event import Event
from memory.masking import KINDS, mask_all

#: MiniLM reads 256 word pieces, about 1,000 characters; a longer text becomes several parts.
PART_CHARS = 800
#: Covers the longest real order seen (294 lines); beyond it keyword search still finds every item.
MAX_PARTS = 300
MAX_TEXT_CHARS = 2_000
MAX_WORDS_CHARS = 32_000
#: Told at most, of letters and names together; twice the longest order and the longest letter seen.
_TOLD_CHARS = 24_000
#: Searched closely for personal data, and only where there are digits or an address; the rest is masked by its looks.
_SEARCHED_CHARS = 3_000
#: Properties whose value names this one delivery or document: searched by word, never read as meaning.
_ID = re.compile(r"(?:(?:^|[ _-])[Ii][Dd]|(?<=[a-z])I[Dd]|(?i:sku|url|uuid|hash|token))$")
#: A word with a digit and a letter in it, or a number too long for an amount.
_ONE_ID = re.compile(r"(?=\D*\d)(?=[\d._/#:-]*[^\W\d_])[\w.:/#-]+|\d{5,}")
#: An event that carries one of these and a name is about that product (Segment's Product Viewed and the like).
_PRODUCT_IDS = ("sku", "product_id", "productId")


@dataclass(frozen=True, slots=True)
class Narration:
    """`text` is read by people and models, `parts` are embedded one by one: personal data is masked in both.

    `words` feed BM25, a line for each thing said; they leave the house for no model, so that an exact address is found.
    """

    text: str
    parts: tuple[str, ...]
    words: str


@dataclass(slots=True)
class _Told:
    """The leaves of an event's details: told in words, in numbers, or as the names of documents."""

    meaning: list[str]
    numbers: list[str]
    ids: list[str]


def narrate(event: Event) -> Narration:
    """The event in words: a headline, then its items. Ids and times stay out of text and parts."""
    details = event.traits if event.type in ("identify", "group") else event.properties
    amounts, names, found = _read_products(_products(details))
    others = _others(details)
    told = _tell(event.title, details)
    context = _context(event.context, told)
    headline = ". ".join(told.meaning)
    shares = _shares([headline, ". ".join(told.numbers)[:MAX_TEXT_CHARS], _written(event, headline), *others, *names])
    masked, numbers, written, *things = mask_all(shares, KINDS, Effort(_SEARCHED_CHARS))
    spoken = things[len(others) :]
    text = f"{masked}. {numbers}" if told.numbers else masked
    if amounts:
        lines = [f"{amount}{name or 'item'}" for amount, name in zip(amounts, spoken, strict=False)]
        text = f"{text}. Items: {'; '.join(lines)}"
    # What somebody wrote is found by itself too: beside its labels and names its own meaning is fainter.
    alone = filter(None, [written, *spoken, *things[: len(others)]])
    parts = [*_split(masked), *dict.fromkeys(alone)]
    words = "\n".join([headline, *told.numbers, *found, *others, *context, *told.ids])
    return Narration(text[:MAX_TEXT_CHARS], tuple(parts[:MAX_PARTS]), words[:MAX_WORDS_CHARS])


def _shares(texts: list[str]) -> list[str]:
    """The first texts that are told: as many and as long as fit, each cut at a space."""
    shares: list[str] = []
    left = _TOLD_CHARS
    for text in texts[: MAX_PARTS + 3]:
        # What somebody wrote may be as long as half of it, so that the items have their share.
        room = min(left, _TOLD_CHARS // 2)
        shares.append(text if len(text) <= room else text[: text.rfind(" ", 0, room) + 1])
        left -= len(shares[-1])
    return shares


def item_names(properties: dict[str, Any]) -> tuple[str, ...]:
    """The names of what the event was about: its products, the one product it is about, the feature that was used."""
    names = [str(product.get("name") or product.get("sku") or "")[:PART_CHARS] for product in _products(properties)]
    # A product without a name is known by its number: an item to be counted, but no meaning.
    lone = [str(properties["sku"])] if properties.get("sku") and not properties.get("name") else []
    return tuple(name for name in [*names, *_others(properties), *lone] if name)


def _others(properties: dict[str, Any]) -> list[str]:
    """What the event was about besides a list of products: one product by name, the feature that was used."""
    product = properties.get("name") if any(properties.get(each) for each in _PRODUCT_IDS) else None
    named = [name[:PART_CHARS] for name in (product, properties.get("feature")) if name and isinstance(name, str)]
    return list(dict.fromkeys(named))


#: Where people write in their own words, the fullest first.
_SAID = ("message", "comment", "body", "text", "reason", "subject")


def said(event: Event) -> str | None:
    """What somebody wrote in this event, if they wrote anything."""
    found = (event.properties.get(name) for name in _SAID)
    return next((text for text in found if isinstance(text, str) and text), None)


def _written(event: Event, headline: str) -> str:
    """What somebody wrote, where the headline is one piece: of a letter every later piece stands alone anyway.

    Where none of the usual labels holds it, it is the longest text that is a sentence.
    """
    if len(headline) > PART_CHARS:
        return ""
    return said(event) or max(_sentences(event.properties), key=len, default="")


#: A text of so many words is said, not chosen from a list.
_SENTENCE_WORDS = 4


def _sentences(properties: dict[str, Any]) -> Iterator[str]:
    """The properties that somebody may have written."""
    for label, value in properties.items():
        if isinstance(value, str) and len(value.split(None, _SENTENCE_WORDS)) >= _SENTENCE_WORDS and not _is_id(label):
            yield value


def gist(event: Event) -> str:
    """What the event says in full, personal data included, without ids and times: for comparing, never to be shown."""
    details = event.traits if event.type in ("identify", "group") else event.properties
    told = _tell(event.title, details)
    amounts, names, _ = _read_products(_products(details))
    _context(event.context, told)
    return "\n".join([*told.meaning, *told.numbers, *map(str.__add__, amounts, names)])


def ids_in(event: Event) -> frozenset[str]:
    """Every id that the event states, folded: of orders, tickets, documents and products, not of people.

    A text of digits and letters in one word is one whatever its label, as "PNR-7F3K" in `booking`.
    """
    details = event.traits if event.type in ("identify", "group") else event.properties
    stated = [(label, value) for label, value in _walk(details) if type(value) in (str, int)]
    skus = [str(product[key]) for product in _products(details) for key in _PRODUCT_IDS if product.get(key)]
    ids = [str(value) for label, value in stated if _is_id(label) or _one_id(value)]
    return frozenset(value.casefold() for value in [*skus, *ids])


def _one_id(value: object) -> bool:
    """Whether this is a text of one word, with digits and letters in it or of many digits."""
    return isinstance(value, str) and len(value) <= _CACHED_LABEL_CHARS and bool(_ONE_ID.fullmatch(value))


def _products(properties: dict[str, Any]) -> list[dict[str, Any]]:
    products = properties.get("products")
    return [product for product in products if isinstance(product, dict)] if isinstance(products, list) else []


def _read_products(products: list[dict[str, Any]]) -> tuple[list[str], list[str], list[str]]:
    """Of each product how many, its name as it is told, and words to find it by."""
    amounts: list[str] = []
    names: list[str] = []
    found: list[str] = []
    for product in products:
        name, sku, quantity = product.get("name"), product.get("sku"), product.get("quantity")
        if type(name) is not str or type(sku) is not str:
            name, sku = str(name or ""), str(sku or "")
        name, sku = name[:PART_CHARS], sku[:PART_CHARS]
        amounts.append(f"{quantity} x " if type(quantity) in _NUMBERS else "")
        names.append(name or sku)
        found.append(f"{name} {sku}".strip())
    return amounts, names, found


_NUMBERS = (int, float)


def _context(context: dict[str, Any], told: _Told) -> list[str]:
    """The place and campaign, to be searched by word; the campaign's name is told too."""
    campaign = context.get("campaign")
    if isinstance(campaign, dict) and isinstance(campaign.get("name"), str):
        told.meaning.append(f"campaign: {campaign['name']}")
    return [str(value) for key in ("location", "campaign") if key in context for _, value in _walk({key: context[key]})]


def _tell(title: str, details: dict[str, Any]) -> _Told:
    told = _Told([title], [], [])
    for label, value in _walk(details):
        if _is_id(label):
            told.ids.append(str(value))
        elif isinstance(value, str):
            told.meaning.append(f"{label}: {value}")
        else:
            told.numbers.append(f"{label}: {value}")
    return told


def _walk(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON object with their labels, products aside."""
    for key, item in value.items():
        if key == "products":
            continue
        label = f"{prefix} {key}".strip().replace("_", " ")
        if isinstance(item, list):
            item = ", ".join(str(part) for part in item if not isinstance(part, dict | list))
        if isinstance(item, dict):
            yield from _walk(item, label)
        elif item is not None and item != "":
            yield label, item


#: Longer labels are no names, and would fill the cache.
_CACHED_LABEL_CHARS = 64


def _is_id(label: str) -> bool:
    return _known_id(label) if len(label) <= _CACHED_LABEL_CHARS else _ends_like_id(label)


def _ends_like_id(label: str) -> bool:
    return _ID.search(label) is not None


_known_id = lru_cache(maxsize=4096)(_ends_like_id)


def _split(text: str) -> list[str]:
    """Pieces of at most PART_CHARS, cut at spaces where there are any."""
    pieces: list[str] = []
    while text:
        cut = len(text) if len(text) <= PART_CHARS else text.rfind(" ", 1, PART_CHARS)
        cut = cut if cut > 0 else PART_CHARS
        pieces.append(text[:cut].strip())
        text = text[cut:].lstrip()
    return pieces
