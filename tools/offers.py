"""Items that one customer may want, as recommendations: why in a sentence, and their own events behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from memory.record import Record
from tools.prediction.known import plural
from tools.recommendation import Recommendation, recommendation_id
from tools.recommending.catalogue import ItemDetails, details_of_item
from tools.recommending.items import taken
from tools.recommending.ranking import RankedItem
from tools.survey import Customer

#: So many of the customer's own events show why.
_EVIDENCE = 5
#: What taking an item up is called, by what kind of item it is.
TAKEN = {"product": "bought", "feature": "used", "page": "read"}
#: The events of one customer by the items that they took up by them, in order.
OwnEvents = Mapping[str, Sequence[Record]]
_MEANING = {
    "again": "standard deviations above the usual item: how often they took it up, and what goes with what they have",
    "together": "standard deviations above the usual item: what goes with what they have, and is in demand",
    "popular": "standard deviations above the usual item: how much it is in demand lately",
    "alike": "standard deviations above the usual item: as far up among what is new to them as its name is like theirs",
}


def offer(
    customer: Customer,
    item: RankedItem,
    details: ItemDetails,
    own: OwnEvents,
    as_of: datetime,
    day: date,
    expires_at: datetime,
) -> Recommendation:
    """One ranked item as it is told; `day` is that of `as_of` in the workspace's zone."""
    return Recommendation(
        id=recommendation_id(customer.client_id, "item", item.item, day),
        kind="item",
        item_id=details.item_id or item.item,
        title=item.item,
        why=_why(item),
        evidence=_evidence(customer.records, own, item),
        others=_others(item),
        score=item.score,
        score_meaning=_MEANING[item.why],
        item_kind=item.kind,
        category=details.category,
        price=None if details.price is None else float(details.price),
        currency=details.currency,
        new=item.new,
        times=item.times,
        support=item.support,
        similar=item.similar,
        lately=item.lately,
        lately_days=item.lately_days,
        after=list(item.shared),
        accept_label="Offer it",
        reject_label="Not for them",
        expires_at=expires_at,
        as_of=as_of,
    )


def _why(item: RankedItem) -> str:
    done = TAKEN[item.kind]
    shared = " and ".join(f'"{name}"' for name in item.shared)
    if item.why == "again":
        return f"{done} {plural(item.times, 'time')} so far"
    if item.why == "alike":
        return f"nobody has {done} it yet; its name is like {shared}"
    if item.support and shared:
        people = plural(item.similar, "other customer")
        return f"{done} by {item.support} of {people} with whom they share an item; it goes best with {shared}"
    if item.lately:
        return f"{done} by {plural(item.lately, 'other customer')} in the last {plural(item.lately_days, 'day')}"
    return f"{done} by {plural(item.takers, 'other customer')} so far"


def _others(item: RankedItem) -> int:
    if item.why in ("again", "alike"):
        return 0
    return item.support if item.support and item.shared else item.lately or item.takers


def _evidence(records: Sequence[Record], own: OwnEvents, item: RankedItem) -> list[str]:
    """The customer's newest events that name the item or what leads to it; else the last that is known of them."""
    wanted = [name for name in sorted(_leading_to(item)) if name in own]
    every = {record.order: record for name in wanted for record in own[name]}
    # Last, because the last are shown first: for each of these items an event that names it.
    named = [own[name][-1] for name in wanted]
    newest = [every[order] for order in sorted(every, reverse=True)]
    shown = list(dict.fromkeys(r.message_id for r in [*reversed(named), *newest]))[:_EVIDENCE][::-1]
    return shown or [records[-1].message_id]


def own_events(records: Sequence[Record], items: Sequence[RankedItem]) -> OwnEvents:
    """The events by which a customer took up what shows why they are offered these items: gone through once for all."""
    wanted, found = {name for item in items for name in _leading_to(item)}, dict[str, list[Record]]()
    for record in records if wanted else ():
        for name in wanted.intersection(taken(record)):
            found.setdefault(name, []).append(record)
    return found


def _leading_to(item: RankedItem) -> set[str]:
    return {item.item} if item.why == "again" else set(item.shared)


def names_read(items: Sequence[RankedItem]) -> list[str]:
    """The events that tell of these items what their name does not."""
    return list(dict.fromkeys(item.newest for item in items if item.newest))


def details_by_item(items: Sequence[RankedItem], events: Mapping[str, Record]) -> dict[str, ItemDetails]:
    """What the newest event that names it tells of each item; nothing where it is gone."""
    return {
        item.item: details_of_item(events[item.newest].event, item.item) if item.newest in events else ItemDetails()
        for item in items
    }
