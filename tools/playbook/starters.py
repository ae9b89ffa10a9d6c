"""The playbooks that come with the package: in force until a workspace has one of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from memory.record import Record
from memory.vocabulary import spelled
from tools.playbook.playbook import Playbook
from tools.playbook.reading import read_playbook

Starter = Literal["shop", "software"]
STARTERS: tuple[Starter, ...] = get_args(Starter)
#: Enough to tell a shop from a product, and looked through in milliseconds.
_CUSTOMERS, _EVENTS = 500, 30
_OF_SHOPS = frozenset({"order completed", "product added", "product viewed", "checkout started", "cart viewed"})
_OF_SOFTWARE = frozenset({
    "trial started", "subscription started", "subscription created", "subscription renewed", "plan upgraded",
    "plan downgraded", "account created", "signed in",
})  # fmt: skip


@cache
def starter_text(name: Starter) -> bytes:
    """A starter as it is written, to be copied and changed."""
    return Path(__file__).with_name(f"{name}.yaml").read_bytes()


@cache
def starter_playbook(name: Starter) -> Playbook:
    return read_playbook(starter_text(name))


def starter_for(everyone: Mapping[str, Sequence[Record]]) -> Starter:
    """Which starter fits: of the first customers by id, whether more buy in a shop or more use a product.

    `everyone` is what a `Reference` holds, so that the answer is as of the start of its day. Nobody known: a shop.
    """
    titles = [
        {spelled(record.title) for record in islice(own, _EVENTS)} for own in islice(everyone.values(), _CUSTOMERS)
    ]
    buying = sum(not _OF_SHOPS.isdisjoint(each) for each in titles)
    using = sum(not _OF_SOFTWARE.isdisjoint(each) for each in titles)
    return "software" if using > buying else "shop"
