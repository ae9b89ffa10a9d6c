"""What to recommend to one customer: the playbook's actions and the items they may want, in one list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from memory.given import NOTHING, Decision, RecommendationKind
from memory.masking import mask
from tools.experiment.effects import Effects
from tools.next_actions import Actions, Weighed, next_actions, recommended
from tools.offers import details_by_item, names_read, offer, own_events
from tools.playbook.because import Because
from tools.playbook.eligible import opted_out
from tools.playbook.shelf import InForce
from tools.playbook.starters import starter_for
from tools.recommendation import Kind, Recommendation
from tools.recommending.keeper import KnownItems
from tools.recommending.ranking import RankedItem, rank_items
from tools.survey import Customer, last_daily
from tools.tool import ToolContext

#: (item or action, which) that is not to be recommended again yet, and until when.
Resting = Mapping[tuple[RecommendationKind, str], datetime]

OPTED_OUT = "they want no recommendations"
NO_ITEMS = "no item is known here yet: none of the events names a product, a feature or a page that anybody took up"
NOTHING_FITS = "no action of the playbook fits them now, and there is no item to offer"
NO_ACTION = "no action of the playbook fits them now"
NO_OTHER_ITEM = "there is no other item to offer them"
NOT_NOW = "they are among those for whom nothing is done at present, to learn what actions cause"


@dataclass(frozen=True, slots=True)
class Foundations:
    """What all customers' recommendations of an instant are made from; `personal` are items that name a person."""

    playbook: InForce
    known: KnownItems
    effects: Effects
    personal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Advice:
    """Recommendations, best first, and the `decision` about actions that was made among them."""

    customer: Customer
    recommendations: list[Recommendation]
    decision: Decision | None = None
    #: What makes each of the actions fit, in their order.
    becauses: tuple[Because, ...] = ()
    reason: str | None = None
    #: The event that shows the reason, where one does.
    shown_by: str | None = None


async def foundations(context: ToolContext) -> Foundations:
    """Taken once for all customers of a request."""
    adviser, reference = context.adviser, await context.reference()
    playbook = await adviser.playbooks.in_force(context.scope, starter_for(reference.everyone))
    known = await adviser.items.known(
        context.scope, reference, context.settings, playbook.playbook.items.half_life_days, known_at=context.known_at
    )
    effects = await adviser.effects.effects(context.scope, reference.as_of, context.known_at)
    # Of the others only numbers are told, whatever they called what they bought.
    personal = frozenset(name for name in known.names if "@" in name and mask(name, ("email",)) != name)
    return Foundations(playbook, known, effects, personal)


async def advise(
    context: ToolContext,
    grounds: Foundations,
    customer: Customer,
    kind: Kind | None = None,
    limit: int = 3,
    *,
    exclude_owned: bool = False,
) -> Advice:
    """At most `limit` recommendations for a customer of this instant.

    Of both kinds, actions come first, and leave a third of the places to items, where there are any.
    """
    said = opted_out(grounds.playbook.playbook, customer)
    if said:
        return Advice(customer, [], reason=OPTED_OUT, shown_by=said.message_id)
    ids = (customer.client_id, *customer.profile.joined_ids)
    resting = await context.adviser.feedback.resting(context.scope, ids, context.as_of, context.known_at)
    actions = Actions() if kind == "item" else _actions(context, grounds, customer, resting)
    ranked = [] if kind == "action" else await _ranked(context, grounds, customer, resting, limit, exclude_owned)
    chosen = actions.chosen[: max(limit - len(ranked), limit - max(1, limit // 3), 1)]
    told = _to_do(context, customer, chosen, actions.decision)
    told += await _offers(context, grounds, customer, ranked[: limit - len(told)])
    becauses = tuple(each.eligible.reason for each in chosen)
    return Advice(customer, told, actions.decision, becauses, None if told else _nothing(grounds, kind, actions))


def _actions(context: ToolContext, grounds: Foundations, customer: Customer, resting: Resting) -> Actions:
    tired = {what: until for (kind, what), until in resting.items() if kind == "action"}
    return next_actions(
        context.scope, customer, grounds.playbook.playbook, grounds.effects, tired, context.as_of, context.settings
    )


async def _ranked(
    context: ToolContext, grounds: Foundations, customer: Customer, resting: Resting, limit: int, exclude_owned: bool
) -> list[RankedItem]:
    rules = grounds.playbook.playbook.items
    # Over a large catalogue it takes seconds for who has thousands of items, and at its first use.
    return await asyncio.to_thread(
        rank_items,
        grounds.known,
        customer.client_id,
        customer.records,
        context.as_of,
        limit,
        joined=customer.profile.joined_ids,
        exclude_owned=exclude_owned or rules.exclude_owned,
        without={*grounds.personal, *(what for kind, what in resting if kind == "item")},
    )


def _to_do(
    context: ToolContext, customer: Customer, chosen: Sequence[Weighed], decision: Decision | None
) -> list[Recommendation]:
    if decision is None:
        return []
    day = day_of(context)
    return [recommended(customer, each, decision, context.as_of, day) for each in chosen]


async def _offers(
    context: ToolContext, grounds: Foundations, customer: Customer, ranked: list[RankedItem]
) -> list[Recommendation]:
    read = await context.store.get(context.scope.whole(), names_read(ranked))
    details = details_by_item(ranked, {record.message_id: record for record in read})
    day, expires_at = day_of(context), context.as_of + timedelta(days=grounds.playbook.playbook.horizon_days)
    own = own_events(customer.records, ranked)
    return [offer(customer, item, details[item.item], own, context.as_of, day, expires_at) for item in ranked]


def day_of(context: ToolContext) -> date:
    """The day of the instant in the workspace's zone; the instant that ends a day belongs to it."""
    zone = context.settings.zone
    return last_daily(context.as_of, zone).astimezone(zone).date()


def _nothing(grounds: Foundations, kind: Kind | None, actions: Actions) -> str:
    """Why there is nothing to recommend."""
    if actions.decision and actions.decision.chosen == NOTHING:
        return NOT_NOW
    if kind == "action":
        return NO_ACTION
    if not grounds.known.names:
        return NO_ITEMS
    return NO_OTHER_ITEM if kind == "item" else NOTHING_FITS
