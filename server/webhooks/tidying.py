"""Which deliveries have outlived their use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from memory.webhooks import Brief, DeliveryState

#: Of each receiver these stay to be looked at.
NEWEST = 50
#: What arrived is remembered for this long, so that the same event published again is not sent again.
_REMEMBERED = timedelta(days=2)
#: Long enough for somebody to come back from a holiday and replay it.
_DEAD_FOR = timedelta(days=30)


def outlived(
    briefs: Iterable[Brief], receivers: Collection[str], now: datetime, before: datetime | None, most: int
) -> list[str]:
    """The ids of deliveries that go: without a receiver, about what the workspace forgets (`before`), or long ended.

    At most `most` dead ones stay in any case.
    """
    gone, kept = list[str](), defaultdict[tuple[DeliveryState, str], list[Brief]](list)
    for each in briefs:
        if each.webhook_id not in receivers or (before and each.occurred_at < before):
            gone.append(each.id)
        elif each.state is DeliveryState.DELIVERED:
            kept[each.state, each.webhook_id].append(each)
        elif each.state is DeliveryState.DEAD:
            kept[each.state, ""].append(each)
    for (state, _), ended in kept.items():
        ended.sort(key=lambda brief: (brief.ended_at or now, brief.id), reverse=True)
        arrived = state is DeliveryState.DELIVERED
        gone += [
            each.id
            for place, each in enumerate(ended)
            if _is_over(each, place, now, *((NEWEST, None, _REMEMBERED) if arrived else (0, most, _DEAD_FOR)))
        ]
    return gone


def _is_over(brief: Brief, place: int, now: datetime, least: int, most: int | None, lasting: timedelta) -> bool:
    """Whether one that ended goes, of its kind the `place`th newest."""
    if most is not None and place >= most:
        return True
    return place >= least and (brief.ended_at or now) + lasting <= now
