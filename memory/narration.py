"""An event in words: one text to read, parts to embed, and words to search by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from memory.event import Event

#: MiniLM reads 256 word pieces, about 1,000 characters; a longer text becomes several parts.
PART_CHARS = 800
#: Covers the longest real order seen (294 lines); beyond it keyword search still finds every item.
MAX_PARTS = 300
MAX_TEXT_CHARS = 2_000
MAX_WORDS_CHARS = 32_000
#: Properties whose value names this one delivery or document: searched by word, never read as meaning.
_ID = re.compile(r"(?:(?:^|[ _-])[Ii][Dd]|(?<=[a-z])I[Dd]|(?i:sku|url|uuid|hash|token))$")


@dataclass(frozen=True, slots=True)
class Narration:
    """`text` is read by people and models, `parts` are embedded one by one, `words` feed BM25."""

    text: str
    parts: tuple[str, ...]
    words: str


def narrate(event: Event) -> Narration:
    """The event in words: a headline, then its items. Ids and times stay out of text and parts."""
    details = event.traits if event.type in ("identify", "group") else event.properties
    items = item_names(details)
    told = [(label, value) for label, value in _walk(details) if not _ID.search(label)]
    meaning = [f"{label}: {value}" for label, value in told if isinstance(value, str)]
    numbers = [f"{label}: {value}" for label, value in told if not isinstance(value, str)]
    campaign = event.context.get("campaign")
    if isinstance(campaign, dict) and isinstance(campaign.get("name"), str):
        meaning.append(f"campaign: {campaign['name']}")
    context = [
        value for _, value in _walk({k: event.context[k] for k in ("location", "campaign") if k in event.context})
    ]
    headline = ". ".join([event.title, *meaning])
    listed = "; ".join(_line(product) for product in _products(details))
    text = ". ".join([event.title, *meaning, *numbers]) + (f". Items: {listed}" if listed else "")
    parts = [*_split(headline), *dict.fromkeys(items)][:MAX_PARTS]
    ids = [str(value) for label, value in _walk(details) if _ID.search(label)]
    skus = [str(product["sku"]) for product in _products(details) if product.get("sku")]
    words = " ".join([headline, *numbers, *items, *map(str, context), *ids, *skus])
    return Narration(text[:MAX_TEXT_CHARS], tuple(parts), words[:MAX_WORDS_CHARS])


def item_names(properties: dict[str, Any]) -> tuple[str, ...]:
    """The names of what the event was about: its products, or the feature that was used."""
    names = [str(product.get("name") or product.get("sku") or "") for product in _products(properties)]
    feature = properties.get("feature")
    if isinstance(feature, str):
        names.append(feature)
    return tuple(name[:PART_CHARS] for name in names if name)


#: Where people write in their own words, the fullest first.
_SAID = ("message", "comment", "body", "text", "reason", "subject")


def said(event: Event) -> str | None:
    """What somebody wrote in this event, if they wrote anything."""
    found = (event.properties.get(name) for name in _SAID)
    return next((text for text in found if isinstance(text, str) and text), None)


def _products(properties: dict[str, Any]) -> list[dict[str, Any]]:
    products = properties.get("products")
    return [product for product in products if isinstance(product, dict)] if isinstance(products, list) else []


def _line(product: dict[str, Any]) -> str:
    name = str(product.get("name") or product.get("sku") or "item")
    quantity = product.get("quantity")
    return f"{quantity} x {name}" if isinstance(quantity, int | float) else name


def _walk(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON object with their labels, products aside."""
    for key, item in value.items():
        label = f"{prefix} {key}".strip().replace("_", " ")
        if key == "products":
            continue
        if isinstance(item, list):
            item = ", ".join(str(part) for part in item if not isinstance(part, dict | list))
        if isinstance(item, dict):
            yield from _walk(item, label)
        elif item is not None and item != "":
            yield label, item


def _split(text: str) -> list[str]:
    """Pieces of at most PART_CHARS, cut at spaces where there are any."""
    pieces: list[str] = []
    while text:
        cut = len(text) if len(text) <= PART_CHARS else text.rfind(" ", 1, PART_CHARS)
        cut = cut if cut > 0 else PART_CHARS
        pieces.append(text[:cut].strip())
        text = text[cut:].lstrip()
    return pieces
