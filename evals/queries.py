"""Searches drawn from what customers did: items in part or in other words, and ids as people paste them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from evals.oracle import Happening, World
from evals.sample import Gold, Sample

_SEED = 20110731
#: With fewer events nearly everything is among the first ten.
_MIN_EVENTS = 10
#: More orders of one item than this cannot all be among the first five.
_MAX_GOLD = 5
ITEM_QUERIES = 100
ID_QUERIES = 100
#: What a shop's customer would call the thing; the item's own words are left out.
_OTHER_WORDS = {
    "bag": "tote", "mug": "cup", "mugs": "cups", "holder": "stand", "box": "case", "boxes": "cases",
    "cushion": "pillow", "clock": "timepiece", "candle": "taper", "candles": "tapers", "napkins": "serviettes",
    "apron": "kitchen smock", "doormat": "door rug", "notebook": "jotter", "umbrella": "parasol", "bowl": "dish",
    "bowls": "dishes", "christmas": "xmas", "kitchen": "cooking", "garden": "gardening", "wood": "wooden",
    "wooden": "wood", "vintage": "old-fashioned", "retrospot": "polka dots", "polkadot": "dotted", "small": "little",
    "large": "big", "pink": "rose-coloured", "red": "scarlet", "ivory": "off-white", "cakestand": "stand for cakes",
    "hanging": "to hang up", "children's": "kids'", "childrens": "kids", "heart": "heart-shaped", "magic": "enchanted",
}  # fmt: skip
_FRAMES = ("{}", "something like {}", "the order with the {}", "did they ever get {}?")
#: Sizes of sets and marks of the catalogue: nobody searches by them.
_NOISE = re.compile(r"^(?:set|pack|box)?\s*(?:of|/)?\s*\d+\s*|\b(?:asstd?|s/\d+|hldr)\b|[^\w\s'-]", re.I)


def item_queries(workspace: str, world: World, count: int = ITEM_QUERIES) -> list[Sample]:
    """Items of one customer's orders, in part or in other words; the same on every run."""
    draw = random.Random(_SEED)
    people = {who: found for who, found in sorted(world.people().items()) if len(found) >= _MIN_EVENTS}
    found: dict[tuple[str, str], Sample] = {}
    while len(found) < count:
        who = draw.choice(list(people))
        item = draw.choice(sorted({item for h in people[who] for item in h.items}))
        gold = tuple(h.id for h in people[who] if item in h.items)
        kept = _some_words(item, draw)
        if kept and len(gold) <= _MAX_GOLD and _means_only(kept, item, people[who]):
            words = " ".join(_OTHER_WORDS.get(word, word) for word in kept)
            asked = draw.choice(_FRAMES).format(words)
            found[who, item] = _sample("items, one customer", workspace, who, asked, gold)
    return list(found.values())


def id_queries(workspace: str, world: World, count: int = ID_QUERIES) -> list[Sample]:
    """Ids of orders, tickets and invoices as people paste them, each within its customer."""
    by_id: dict[tuple[str, str], list[str]] = {}
    long = {who for who, found in world.people().items() if len(found) >= _MIN_EVENTS}
    for happening in (h for h in world.happenings if h.who in long):
        for name in ("order_id", "ticket_id", "invoice_id"):
            if name in happening.properties:
                by_id.setdefault((happening.who, happening.properties[name]), []).append(happening.id)
    chosen = random.Random(_SEED).sample(sorted(by_id), min(count, len(by_id)))
    return [_sample("exact id", workspace, who, key, tuple(by_id[who, key])) for who, key in chosen]


def _sample(category: str, workspace: str, who: str, query: str, gold: tuple[str, ...]) -> Sample:
    return Sample(
        id=f"{category} · {who} · {query}",
        category=category,
        workspace=workspace,
        customer_ids=(who,),
        bound_to=who,
        question=query,
        gold=Gold(kind="events", evidence=gold),
    )


def _some_words(item: str, draw: random.Random) -> list[str]:
    """The words of an item's name without its noise, one left out where three are left."""
    words = [word for word in _NOISE.sub(" ", item).lower().split() if len(word) > 1]
    if len(words) >= 3:
        words.pop(draw.randrange(len(words)))
    return words


def _means_only(words: Sequence[str], item: str, happenings: Sequence[Happening]) -> bool:
    """Whether no other item of the customer has all these words."""
    others = {other for h in happenings for other in h.items if other != item}
    return not any(set(words) <= set(_NOISE.sub(" ", other).lower().split()) for other in others)
