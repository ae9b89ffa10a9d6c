"""Who an id turned out to be: a log of joins, replayed at read time, never written into the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Literal

from memory.record import Record

#: More ids than anybody's devices: a shared login, a test account, or a default value that slipped through. The users
#: of an account are many people, and are not counted.
MAX_ALIASES = 200

How = Literal["identify", "alias", "group", "operator"]
Status = Literal["joined", "refused", "undone"]


@dataclass(frozen=True, slots=True)
class Join:
    """`alias` is `client_id` from `occurred_at` on, because an event says so, or an operator (no `message_id`).

    `to_visitor` where `client_id` is a visitor's id, who may later turn out to be a user.
    """

    alias: str
    client_id: str
    occurred_at: datetime
    received_at: datetime
    how: How
    message_id: str | None = None
    to_visitor: bool = False

    @property
    def order(self) -> tuple[datetime, str, str, str, str, bool]:
        return self.occurred_at, self.message_id or "", self.alias, self.client_id, self.how, self.to_visitor


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

    _visitors: dict[str, Join] = field(default_factory=dict)
    _known: dict[str, Join] = field(default_factory=dict)
    log: list[Judged] = field(default_factory=list)

    def owner(self, key: str, *, known: bool = False) -> str:
        """The customer behind an id, a user's or account's when `known`; one never joined stands for itself."""
        for join in self._way(key, known):
            key = join.client_id
        return key

    def person(self, key: str, *, known: bool = False) -> str:
        """As `owner`, but of the users of an account each is a person."""
        for join in takewhile(lambda join: join.how != "group", self._way(key, known)):
            key = join.client_id
        return key

    def _way(self, key: str, known: bool) -> Iterator[Join]:
        """The joins that lead from an id to its owner."""
        join = self._next(key, known)
        while join is not None:
            yield join
            join = self._next(join.client_id, not join.to_visitor)

    def _next(self, key: str, known: bool) -> Join | None:
        return self._known.get(key) or (None if known else self._visitors.get(key))

    def owner_of(self, record: Record) -> str:
        """The customer that an event belongs to."""
        return self.owner(record.customer_id, known=is_known(record, record.customer_id))

    def owned(self, record: Record, client_id: str) -> set[str]:
        """The ids of an event that lead to this customer."""
        return {key for key in record.ids if self.owner(key, known=is_known(record, key)) == client_id}

    def is_joined(self, alias: str) -> bool:
        """Whether an id was joined with anybody, in whatever role."""
        return alias in self._known or alias in self._visitors

    def holds(self, join: Join) -> bool:
        """Whether its alias was joined in every role that this join means."""
        return join.alias in self._known or (join.how == "identify" and join.alias in self._visitors)

    def closes_circle(self, join: Join) -> bool:
        """Whether the way from whom it names comes back to its alias, in a role that it joins."""
        way = (join, *self._way(join.client_id, not join.to_visitor))
        return any(each.client_id == join.alias and (each.to_visitor or join.how != "identify") for each in way)

    def join(self, join: Join) -> None:
        """Let the alias lead to its owner from now on."""
        (self._visitors if join.how == "identify" else self._known)[join.alias] = join


def is_known(record: Record, key: str) -> bool:
    """Whether the event names this id as a user's or an account's."""
    return key in (record.user_id, record.group_id)


def joins_of(records: Iterable[Record]) -> list[Join]:
    """The joins that these events state, the first of each pair of ids and way to join them, in the order of events."""
    found: dict[tuple[str, str, How, bool], Join] = {}
    for record in records:
        if len(record.ids) < 2:
            continue
        for alias, client_id, how in _pairs(record):
            to_visitor = how == "alias" and record.user_id is None
            key = alias, client_id, how, to_visitor
            earlier = found.get(key)
            join = Join(alias, client_id, record.occurred_at, record.received_at, how, record.message_id, to_visitor)
            if earlier is None or join.order < earlier.order:
                found[key] = join
    return sorted(found.values(), key=lambda join: join.order)


def users_among(records: Iterable[Record], corrections: Sequence[Correction]) -> set[str]:
    """Those whom operators joined an id with, and whom an event names as a user or an account."""
    asked = {correction.client_id for correction in corrections} - {None}
    if not asked:
        return set()
    return {key for record in records for key in record.ids if key in asked and is_known(record, key)}


def resolve(
    joins: Iterable[Join], corrections: Sequence[Correction] = (), users: Collection[str] = frozenset()
) -> Identity:
    """Replay joins in order: an id belongs to whom it was first joined with, unless an operator said otherwise.

    `corrections` in the order they were made; `users` as `users_among` finds them. What operators said is judged
    first, so that no late event can make it a circle.
    """
    said = {correction.alias: correction for correction in corrections}
    by_operator = [
        Join(c.alias, c.client_id, c.occurred_at, c.received_at, "operator", to_visitor=c.client_id not in users)
        for c in said.values() if c.client_id
    ]  # fmt: skip
    identity = Identity()
    sizes: Counter[str] = Counter()
    for join in sorted([*joins, *by_operator], key=lambda join: (join.how != "operator", join.order)):
        corrected = said.get(join.alias) if join.how != "operator" else None
        judged = Judged(join, "undone", "operator") if corrected else _judge(identity, sizes, join)
        identity.log.append(judged)
        if judged.status == "joined" and not identity.holds(join):
            _follow(identity, sizes, join)
    identity.log.sort(key=lambda judged: judged.join.order)
    return identity


def _judge(identity: Identity, sizes: Counter[str], join: Join) -> Judged:
    known = not join.to_visitor
    joined = identity.is_joined(join.alias)
    if joined and identity.owner(join.alias) != identity.owner(join.client_id, known=known):
        return Judged(join, "refused", "already_joined")
    if identity.holds(join):
        return Judged(join, "joined")
    if identity.closes_circle(join):
        return Judged(join, "refused", "circle")
    counted = join.how in ("identify", "alias") and not joined
    if counted and sizes[identity.person(join.client_id, known=known)] + sizes[join.alias] >= MAX_ALIASES:
        return Judged(join, "refused", "too_many_ids")
    return Judged(join, "joined")


def _follow(identity: Identity, sizes: Counter[str], join: Join) -> None:
    """Join the ids, and count them with the person they now are of."""
    counted = join.how != "group" and not identity.is_joined(join.alias)
    identity.join(join)
    if counted:
        sizes[identity.person(join.client_id, known=not join.to_visitor)] += 1 + sizes[join.alias]


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
