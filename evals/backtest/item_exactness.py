"""Whether lists of items know nothing of what came later, and are the same however they were counted."""

from __future__ import annotations

import random
from collections.abc import Sequence, Sized
from datetime import datetime

from evals.backtest.datasets import Event
from evals.backtest.exactness import Check, poison
from evals.backtest.item_cases import Case

_MOST_ITEMS = 12
_NEVER_SOLD = 20


def poison_items(customers: Sequence[str], items: Sequence[str], at: datetime, number: int = 10_000) -> list[Event]:
    """Events at and after an instant that take up items in heaps, those of today and such as were never seen."""
    draw = random.Random(number)
    names = [*items, *(f"Poisoned item {index}" for index in range(max(1, len(items) // _NEVER_SOLD)))]
    return [_with_items(draw, event, names) for event in poison(customers, at, number)]


def same_lists(name: str, cases: Sequence[Case], one: Sequence[Sized], other: Sequence[Sized]) -> Check:
    """Whether two stores ranked the same items with the same numbers, to the last bit."""
    differ = [case.customer for case, a, b in zip(cases, one, other, strict=True) if a != b]
    items = sum(map(len, one))
    words = f"{len(cases):,} lists with {items:,} items, {len(differ):,} differ"
    return Check(name, not differ and items > 0, f"{words}, the first of {differ[0]}" if differ else words)


def shuffled(events: Sequence[Event], seed: int = 7) -> list[Event]:
    """The same events in another order of arrival."""
    found = list(events)
    random.Random(seed).shuffle(found)
    return found


def _with_items(draw: random.Random, event: Event, names: Sequence[str]) -> Event:
    if event["type"] != "track":
        return event
    chosen = draw.sample(names, min(len(names), draw.randint(1, _MOST_ITEMS)))
    products = [{"name": name, "quantity": draw.randint(1, 9)} for name in chosen]
    return {**event, "properties": {**event["properties"], "products": products, "feature": draw.choice(names)}}
