"""The items that an event names: which the customer took up by it, and which it only showed."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from memory.record import Record
from memory.vocabulary import meaning_of, spelled

ItemKind = Literal["product", "feature", "page"]

#: What customers do around an item without taking it up, in Segment's e-commerce spec and its neighbours.
_BROWSING = frozenset({
    "products searched", "product searched", "product list viewed", "product list filtered", "product clicked",
    "product viewed", "promotion viewed", "promotion clicked", "banner clicked", "product added", "product removed",
    "cart viewed", "checkout started", "checkout step viewed", "checkout step completed", "payment info entered",
    "coupon entered", "coupon applied", "coupon removed", "product added to wishlist",
    "product removed from wishlist", "wishlist product added to cart", "product shared", "cart shared",
    "product reviewed", "email link clicked", "support ticket opened",
})  # fmt: skip
#: The same in other words: "Item Viewed", "Feature Tour Dismissed".
_BROWSING_ENDINGS = (
    " viewed", " clicked", " searched", " shown", " dismissed", " removed", " returned", " abandoned", " wishlisted",
    # What is asked for is not had yet, and an order that goes on its way was counted when it was made.
    " requested", " updated", " paid", " shipped", " fulfilled", " delivered", " cancelled", " canceled",
)  # fmt: skip
_BROWSING_BEGINNINGS = ("add to ", "added to ", "removed from ")
_PAGES = ("Page Viewed: ", "Screen Viewed: ")


def taken(record: Record) -> tuple[str, ...]:
    """What the customer took up: bought, used or read; each once an event.

    What a machine did in the customer's place takes nothing up, nor does what gives money back.
    """
    page = page_of(record.title)
    if page:
        return (page,)
    return tuple(dict.fromkeys(record.items)) if record.items and _takes_up(record.title) else ()


def seen(record: Record) -> tuple[str, ...]:
    """What the event names without being taken up by it: viewed, listed, put in the cart, given back."""
    if page_of(record.title) or not record.items or _takes_up(record.title):
        return ()
    return tuple(dict.fromkeys(record.items))


def kind_of(record: Record, item: str) -> ItemKind:
    """What the event says that this item of it is."""
    if page_of(record.title):
        return "page"
    return "feature" if item in features_of(record) else "product"


def features_of(record: Record) -> tuple[object, ...]:
    """The features that the event is about."""
    return tuple(value for label, value in record.details if label == "feature")


@lru_cache(maxsize=4096)
def page_of(title: str) -> str | None:
    """The name of the page or screen that was looked at, if the title is of a page."""
    return next((title[len(start) :] for start in _PAGES if title.startswith(start)), None) or None


@lru_cache(maxsize=4096)
def _takes_up(title: str) -> bool:
    meaning, name = meaning_of(title), spelled(title)
    return meaning.active and meaning.money >= 0 and not _is_browsing(name)


def _is_browsing(name: str) -> bool:
    return name in _BROWSING or name.endswith(_BROWSING_ENDINGS) or name.startswith(_BROWSING_BEGINNINGS)
