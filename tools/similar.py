"""What customers with a like taste did next: counts over shared items, no model."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory.record import Record

#: The closest customers: beyond these, sharing one popular item is all they have in common.
MAX_NEIGHBOURS = 50
#: One neighbour's taste is an anecdote.
MIN_SUPPORT = 2


@dataclass(frozen=True, slots=True)
class NextItem:
    """An item that `support` of `neighbours` similar customers took up after what they share with this one.

    `score` in 0..1 is the similarity-weighted share of those neighbours; `shared` are this customer's items
    that connect them.
    """

    item: str
    score: float
    support: int
    neighbours: int
    shared: tuple[str, ...]


def next_items(client_id: str, everyone: Mapping[str, Sequence[Record]], limit: int) -> list[NextItem]:
    """New items for one customer, best first, ties by name. Empty when nobody is similar."""
    baskets = {other: _items(records) for other, records in everyone.items()}
    own = baskets.get(client_id, set())
    spread = Counter(item for basket in baskets.values() for item in basket)
    weights = _neighbours(client_id, own, baskets, spread)
    support: defaultdict[str, list[str]] = defaultdict(list)
    for other in weights:
        for item in _taken_up_after(everyone[other], own):
            support[item].append(other)
    total = sum(weights.values())
    found = [
        NextItem(
            item,
            round(sum(weights[o] for o in others) / total, 4),
            len(others),
            len(weights),
            _shared(own, others, baskets, spread),
        )
        for item, others in support.items()
        if len(others) >= MIN_SUPPORT
    ]
    return sorted(found, key=lambda n: (-n.score, n.item))[:limit]


def _items(records: Sequence[Record]) -> set[str]:
    return {item for record in records if record.meaning.money >= 0 for item in record.items}


def _neighbours(
    client_id: str, own: set[str], baskets: Mapping[str, set[str]], spread: Mapping[str, int]
) -> dict[str, float]:
    """The most similar customers: shared items, each worth more the fewer customers have it, over basket size."""
    weights = {
        other: sum(math.log(len(baskets) / spread[item]) + 0.01 for item in own & basket) / math.sqrt(len(basket))
        for other, basket in baskets.items()
        if other != client_id and own & basket
    }
    nearest = sorted(weights.items(), key=lambda pair: (-round(pair[1], 9), pair[0]))[:MAX_NEIGHBOURS]
    return dict(nearest)


def _taken_up_after(records: Sequence[Record], own: set[str]) -> set[str]:
    """Items, new to the customer with `own`, that appear later than the first shared one."""
    found: set[str] = set()
    shared = False
    for record in records:
        if record.meaning.money < 0:
            continue
        if shared:
            found.update(set(record.items) - own)
        shared = shared or bool(own & set(record.items))
    return found


def _shared(
    own: set[str], others: Sequence[str], baskets: Mapping[str, set[str]], spread: Mapping[str, int]
) -> tuple[str, ...]:
    """The two of the customer's items that most of these neighbours have, rarer first among equals."""
    counts = Counter(item for other in others for item in own & baskets[other])
    return tuple(sorted(counts, key=lambda item: (-counts[item], spread[item], item))[:2])
