"""Who an id turned out to be: a log of joins, replayed at read time, never written into the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from memory.record import Record

#: More ids than anybody's devices: a shared login, a test account, or a default value that slipped through.
MAX_ALIASES = 200

How = Literal["identify", "alias", "group", "operator"]
Status = Literal["joined", "refused", "undone"]


@dataclass(frozen=True, slots=True)
class Join:
    """`alias` is `client_id` from `occurred_at` on, because an event says so, or an operator (no `message_id`)."""

    alias: str
    client_id: str
    occurred_at: datetime
    received_at: datetime
    how: How
    message_id: str | None = None

    @property
    def order(self) -> tuple[datetime, str, str, str]:
        return self.occurred_at, self.message_id or "", self.alias, self.client_id


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator said last about an alias: whose it is, or nobody's but its own (None)."""

    alias: str
    client_id: str | None
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A join with what became of it; `reason` is a stable code where it does not hold."""

    join: Join
    status: Status
    reason: str | None = None


@dataclass(slots=True)
class Identity:
    """Whose each id is, and why.

    A visitor's id and a user's may be the same text and mean two people, so an identify joins visitors only.
    """

    _visitors: dict[str, str] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)
    log: list[Judged] = field(default_factory=list)

    def owner(self, key: str, *, known: bool = False) -> str:
        """The customer behind an id, a user's or account's when `known`; one never joined stands for itself."""
        if not known and key not in self._known:
            key = self._visitors.get(key, key)
        while key in self._known:
            key = self._known[key]
        return key

    def owner_of(self, record: Record) -> str:
        """The customer that an event belongs to."""
        return self.owner(record.customer_id, known=is_known(record, record.customer_id))

    def owned(self, record: Record, client_id: str) -> set[str]:
        """The ids of an event that lead to this customer."""
        return {key for key in record.ids if self.owner(key, known=is_known(record, key)) == client_id}

    def direct(self, alias: str) -> str | None:
        """Whom an id was joined with, if with anybody."""
        return self._known.get(alias) or self._visitors.get(alias)

    def join(self, join: Join) -> None:
        """Let the alias lead to its owner from now on."""
        (self._visitors if join.how == "identify" else self._known)[join.alias] = join.client_id


def is_known(record: Record, key: str) -> bool:
    """Whether the event names this id as a user's or an account's."""
    return key in (record.user_id, record.group_id)


def joins_of(records: Iterable[Record]) -> list[Join]:
    """The joins that these events state, the first of each pair of ids, in the order of events."""
    found: dict[tuple[str, str], Join] = {}
    for record in records:
        if len(record.ids) < 2:
            continue
        for alias, client_id, how in _pairs(record):
            join = Join(alias, client_id, record.occurred_at, record.received_at, how, record.message_id)
            earlier = found.get((alias, client_id))
            if earlier is None or join.order < earlier.order:
                found[alias, client_id] = join
    return sorted(found.values(), key=lambda join: join.order)


def resolve(joins: Iterable[Join], corrections: Sequence[Correction] = ()) -> Identity:
    """Replay joins in order: an id belongs to whom it was first joined with, unless an operator said otherwise.

    `corrections` in the order they were made.
    """
    said = {correction.alias: correction for correction in corrections}
    by_operator = [
        Join(c.alias, c.client_id, c.occurred_at, c.received_at, "operator") for c in said.values() if c.client_id
    ]
    identity = Identity()
    sizes: Counter[str] = Counter()
    for join in sorted([*joins, *by_operator], key=lambda join: join.order):
        corrected = said.get(join.alias) if join.how != "operator" else None
        judged = Judged(join, "undone", "operator") if corrected else _judge(identity, sizes, join)
        identity.log.append(judged)
        if judged.status == "joined" and identity.direct(join.alias) is None:
            identity.join(join)
            sizes[identity.owner(join.client_id, known=True)] += 1 + sizes[join.alias]
    return identity


def _judge(identity: Identity, sizes: Counter[str], join: Join) -> Judged:
    client_id = identity.owner(join.client_id, known=True)
    if identity.direct(join.alias) is not None:
        same = identity.owner(join.alias) == client_id
        return Judged(join, "joined") if same else Judged(join, "refused", "already_joined")
    if client_id == join.alias and join.how != "identify":
        return Judged(join, "refused", "circle")
    if sizes[client_id] + sizes[join.alias] >= MAX_ALIASES and join.how != "operator":
        return Judged(join, "refused", "too_many_ids")
    return Judged(join, "joined")


def _pairs(record: Record) -> list[tuple[str, str, How]]:
    """Alias and owner, as an event states them: what was anonymous or former leads to who it is now."""
    user, group = record.user_id, record.group_id if record.group_id in record.ids else None
    known = user or record.anonymous_id
    found: list[tuple[str | None, str | None, How]] = [
        (record.anonymous_id, user, "identify"),
        (record.previous_id, known, "alias"),
        (known, group, "group"),
    ]
    return [(alias, owner, how) for alias, owner, how in found if alias and owner and alias != owner]
