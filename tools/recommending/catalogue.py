"""The catalogue that fills itself: every item that events named, and what the newest of them says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from memory.cleaning import parse_amount
from memory.event import Event
from tools.recommending.known import KnownItems

_IDS = ("product_id", "productId", "sku", "feature_id", "featureId")
_TEXTS = ("description", "text", "summary")
_MAX_CHARS = 500
#: As long as the longest code of what is paid with.
_MAX_CURRENCY = 5


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One item as of the start of a day; `times` are events of `takers` customers. `newest` is the id of the newest
    event that names it, in anybody's history: to be read, never shown.
    """

    name: str
    kind: str
    first_seen: datetime
    last_seen: datetime
    takers: int
    times: int
    newest: str


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """What one event says of an item."""

    item_id: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    category: str | None = None
    text: str | None = None


def list_items(known: KnownItems, search: str = "", limit: int | None = None) -> list[CatalogueItem]:
    """Items whose name holds every word of the search, those that most customers took up first, ties by name."""
    words = search.casefold().split()
    found = [number for number, name in enumerate(known.names) if all(word in name.casefold() for word in words)]
    found.sort(key=lambda number: (-int(known.takers[number]), known.names[number]))
    return [_item(known, number) for number in found[:limit]]


def details_of_item(event: Event, name: str) -> ItemDetails:
    """Id, price, category and text of an item in an event that names it."""
    said = _said_of(event.properties, name)
    currency = said.get("currency") or event.properties.get("currency")
    return ItemDetails(
        item_id=_first(said, _IDS),
        price=parse_amount(said.get("price")),
        currency=currency.upper() if isinstance(currency, str) and len(currency) <= _MAX_CURRENCY else None,
        category=_first(said, ("category",)),
        text=_first(said, _TEXTS),
    )


def _item(known: KnownItems, number: int) -> CatalogueItem:
    named = known.named[number]
    return CatalogueItem(
        name=known.names[number],
        kind=named.kind,
        first_seen=named.first,
        last_seen=named.newest[0],
        takers=int(known.takers[number]),
        times=int(known.times[number]),
        newest=named.newest[1],
    )


def _said_of(properties: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The product of the event's list with this name; else the event is about nothing else."""
    products = properties.get("products")
    for product in products if isinstance(products, list) else ():
        if isinstance(product, dict) and str(product.get("name") or product.get("sku") or "") == name:
            return product
    return properties


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    found = (said[name] for name in names if isinstance(said.get(name), str | int) and said[name] not in ("", True))
    return next((str(value)[:_MAX_CHARS] for value in found), None)
