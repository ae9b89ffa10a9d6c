"""A customer's profile, folded from their events, each field with the events it rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from memory.record import Record

#: A field's evidence is whole up to here; past it, the newest events and the full count.
MAX_EVIDENCE = 50
TOP_ITEMS = 5
UNKNOWN_CURRENCY = "unknown"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a customer before one instant. `value` is net of refunds, by currency."""

    client_id: str
    name: str | None
    email: str | None
    company: str | None
    first_seen: datetime
    last_seen: datetime
    last_active: datetime | None
    events: int
    active_days: int
    purchases: int
    refunds: int
    value: dict[str, Decimal]
    top_items: list[tuple[str, int]]
    joined_ids: tuple[str, ...]
    evidence: dict[str, list[str]] = field(default_factory=dict)


def fold_profile(client_id: str, records: Sequence[Record]) -> Profile:
    """The profile of one customer from their records in order; raises ValueError for none."""
    if not records:
        raise ValueError("a profile needs at least one event")
    named = _last(records, lambda r: bool(r.person))
    mailed = _last(records, lambda r: bool(r.email))
    employed = _last(records, lambda r: bool(r.company))
    active = [r for r in records if r.meaning.active]
    bought = [r for r in records if r.meaning.money > 0]
    refunded = [r for r in records if r.meaning.money < 0]
    evidence = {
        "name": ids([named] if named else []),
        "email": ids([mailed] if mailed else []),
        "company": ids([employed] if employed else []),
        "first_seen": ids(records[:1]),
        "last_seen": ids(records[-1:]),
        "last_active": ids(active[-1:]),
        "active_days": ids(active),
        "purchases": ids(bought),
        "refunds": ids(refunded),
        "value": ids([r for r in records if r.amount is not None]),
        "top_items": ids([r for r in records if r.items]),
    }
    return Profile(
        client_id=client_id,
        name=named.person if named else None,
        email=mailed.email if mailed else None,
        company=employed.company if employed else None,
        first_seen=records[0].occurred_at,
        last_seen=records[-1].occurred_at,
        last_active=active[-1].occurred_at if active else None,
        events=len(records),
        active_days=len({r.occurred_at.date() for r in active}),
        purchases=len(bought),
        refunds=len(refunded),
        value=net_value(records),
        top_items=top_items(records),
        joined_ids=tuple(sorted({r.customer_id for r in records} - {client_id})),
        evidence={key: found for key, found in evidence.items() if found},
    )


def net_value(records: Sequence[Record]) -> dict[str, Decimal]:
    """What was paid less what was given back, by currency: sums never mix currencies."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for record in records:
        if record.amount is not None:
            sums[record.currency or UNKNOWN_CURRENCY] += record.amount
    return dict(sorted(sums.items()))


def top_items(records: Sequence[Record], limit: int = TOP_ITEMS) -> list[tuple[str, int]]:
    """The items in most of the customer's own events, refunds aside, with the number of events."""
    counts: Counter[str] = Counter()
    for record in records:
        if record.meaning.money >= 0:
            counts.update(set(record.items))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


def ids(records: Sequence[Record]) -> list[str]:
    """The message ids of the newest MAX_EVIDENCE records, in order."""
    return [record.message_id for record in records[-MAX_EVIDENCE:]]


def _last(records: Sequence[Record], wanted: Callable[[Record], bool]) -> Record | None:
    return next((record for record in reversed(records) if wanted(record)), None)
