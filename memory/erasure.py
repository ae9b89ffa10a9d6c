"""Erasure: a customer becomes unreachable at once, by every road, and stays so."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from memory.attribution import point_owners, visitor
from memory.bm25 import query_words
from memory.embedder import Embedder
from memory.event import read_event
from memory.holders import AgingHolder, Holder, Person, PointHolder, holders, person_of, point_holders
from memory.identity import is_known
from memory.indexer import Indexer
from memory.kinds import CONFLICT, EVENT, FEEDBACK, GIVEN, QUARANTINE
from memory.ledger import Ledger, UnknownCustomer
from memory.narration import narrate
from memory.points import EVENT_KINDS, read_control
from memory.quarantine import place_of
from memory.receipt import Receipt, read_receipt, read_receipts
from memory.record import Record, from_payload
from memory.scope import Scope
from memory.store import Store, Where
from memory.suppression import Suppressions

#: Later than any event can be: erasure knows no "as of".
_END = datetime.max.replace(tzinfo=UTC)
#: What grows too old, as a receipt counts it.
_AGING = {
    EVENT: "events", CONFLICT: "conflicts", QUARANTINE: "quarantine", GIVEN: "recommendations", FEEDBACK: "feedback",
}  # fmt: skip
#: Those with an indexed time.
_DATED = (EVENT, CONFLICT, GIVEN, FEEDBACK)
#: A customer whose events keep coming in is looked for again, until nothing is found.
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would let go of, by holder."""

    client_id: str
    found: dict[str, int]
    ids: int


class Eraser:
    """Lets go of one customer, or of what is older than a workspace keeps."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        embedder: Embedder,
        indexer: Indexer,
        suppressions: Suppressions,
        purge_within: timedelta,
        others: Sequence[AgingHolder] = (),
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._embedder = embedder
        self._indexer = indexer
        self._suppressions = suppressions
        self._purge_within = purge_within
        self._points: list[PointHolder] = point_holders(store)
        self._others = others
        # The others first: a crash before the points are gone is mended by what these still say of the customer.
        self._holders: list[Holder] = [*others, *holders(store, embedder)]
        self._turn = asyncio.Lock()

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Everything that an erasure reaches."""
        return tuple(self._holders)

    async def preview(self, scope: Scope, client_id: str) -> Preview:
        """What there is of a customer; raises UnknownCustomer when no holder has anything."""
        person = await self._person(scope, client_id)
        found = {holder.name: await holder.count(scope, person) for holder in self._holders}
        if not any(found.values()):
            raise UnknownCustomer(client_id)
        return Preview(person.client_id, found, len(person.ids))

    async def erase(self, scope: Scope, client_id: str, now: datetime) -> Receipt:
        """Erase a customer, and suppress their ids. Of somebody erased before, the receipt of then.

        Raises UnknownCustomer when there is nothing to erase and never was.
        """
        async with self._turn:
            return await self._erase(scope, client_id, now)

    async def _erase(self, scope: Scope, client_id: str, now: datetime) -> Receipt:
        person = await self._person(scope, client_id)
        # Somebody erased is not resolved again: who is left and shares an id with them must not go, too.
        itself = person.client_id == client_id and client_id in person.users
        names = [client_id] if itself else [client_id, visitor(client_id)]
        receipt_id = await self._suppressions.receipt_of(scope, names)
        if receipt_id:
            return await self._again(scope, receipt_id, now)
        if not any([await holder.count(scope, person) for holder in self._holders]):
            raise UnknownCustomer(client_id)
        receipt_id = uuid4().hex
        # Before anything goes: what comes in from here on is not kept.
        await self._suppressions.add(scope, person.users, person.visitors, receipt_id, person.client_id)
        return await self._let_go(scope, person, receipt_id, now)

    async def resume(self, scope: Scope, now: datetime) -> int:
        """Finish the erasures that were cut short, by a crash or by an import of an older copy; how many."""
        async with self._turn:
            known = {receipt.receipt_id for receipt in await read_receipts(self._store, scope)}
            unfinished = await self._suppressions.receipts(scope) - known
            for receipt_id in sorted(unfinished):
                await self._again(scope, receipt_id, now)
            return len(unfinished)

    async def copy_of(self, scope: Scope, client_id: str) -> AsyncIterator[dict[str, Any]]:
        """Everything the store holds of a customer, point by point; raises UnknownCustomer before the first."""
        person = await self._person(scope, client_id)
        if not any([await holder.count(scope, person) for holder in self._points]):
            raise UnknownCustomer(client_id)
        for holder in self._points:
            async for page in holder.points(scope, person):
                for payload in page:
                    yield payload

    async def forget_older(self, scope: Scope, before: datetime, now: datetime) -> Receipt | None:
        """Let go of events, recommendations and feedback from before an instant, and of items quarantined before it.

        None when there are none.
        """
        for other in self._others:
            await other.forget_older(scope, before)
        found: dict[str, set[str]] = {kind: set() for kind in _AGING}
        names, texts = set[str](), set[str]()
        async for payload in self._older(scope, before):
            found[payload["kind"]].add(payload["id"])
            if payload["kind"] in EVENT_KINDS:
                names.add(payload["message_id"])
                texts.update(_texts(payload))
        points = set[str]().union(*found.values())
        if not points:
            return None
        erased = {name: len(found[kind]) for kind, name in _AGING.items()}
        receipt = self._receipt(now, cause="retention", erased=erased, digest=_digest(points))
        # Before anything goes: a crash half-way leaves bytes to be purged, whoever removes the rest.
        await self._store.put(scope.whole(), [receipt.control])
        async with self._indexer.paused():
            self._indexer.backlog.drop(scope, names)
            await self._delete(scope, points)
            self._embedder.forget(texts, ())
        self._ledger.forget(scope)
        await self._indexer.recount(scope)
        await self._store.flush()
        return receipt

    async def purge(self) -> bool:
        """Take the bytes of what was erased outside of the store off the disk; False when that has to wait."""
        return all([await other.purge() for other in self._others])

    async def _older(self, scope: Scope, before: datetime) -> AsyncIterator[dict[str, Any]]:
        async for page in self._store.dump(scope.whole(), *_DATED, where=Where(before=before)):
            for payload in page:
                yield payload
        async for page in self._store.dump(scope.whole(), QUARANTINE):
            for payload in page:
                if place_of(read_control(payload)).at < before:
                    yield payload

    async def enforce(self, scope: Scope, now: datetime) -> None:
        """Erase whoever is suppressed and yet there, as after an import of an older copy."""
        await self.resume(scope, now)
        async with self._turn:
            left = await self._left(scope)
            if left.ids:
                receipt = self._receipt(now)
                await self._store.put(scope.whole(), [receipt.control])
                await self._let_go(scope, left, receipt.receipt_id, now)

    async def _again(self, scope: Scope, receipt_id: str, now: datetime) -> Receipt:
        """Let go of what is left of an erased customer, or is there again; the receipt of then, when that is nothing.

        After a crash their names are known by their hashes alone, and so are looked for in all that is left.
        """
        left, receipt = await self._left(scope), await read_receipt(self._store, scope, receipt_id)
        if receipt and not left.ids:
            return receipt
        return await self._let_go(scope, left, receipt_id, now)

    async def _left(self, scope: Scope) -> Person:
        """Suppressed customers of whom something is still there, as if they were one."""
        owners = set[str]()
        async for page in self._store.dump(scope.whole(), *(holder.kind for holder in self._points)):
            owners.update(*map(point_owners, page))
        return person_of(await self._suppressions.among(scope, owners))

    async def _person(self, scope: Scope, client_id: str) -> Person:
        """Who is meant by an id, over all time: the customer behind it, with every id that leads to them."""
        try:
            history = await self._ledger.history(scope, client_id, _END)
        except UnknownCustomer:
            return Person(client_id, frozenset({client_id}), frozenset({client_id}))
        mine, records, identity = history.client_id, history.records, history.identity
        named = {key for r in records for key in r.ids if is_known(r, key) or key == r.previous_id}
        named |= {each.join.alias for each in identity.log if each.join.how != "identify"}
        ids = {mine, *(key for r in records for key in r.ids), *(each.join.alias for each in identity.log)}
        users = frozenset(key for key in ids & named if identity.owner(key, known=True) == mine)
        visitors = frozenset(key for key in ids if identity.owner(key) == mine)
        return Person(mine, users, visitors, words=_words(records))

    async def _let_go(self, scope: Scope, person: Person, receipt_id: str, now: datetime) -> Receipt:
        """Go round the holders until none has anything left, and leave a receipt."""
        gone, points = dict.fromkeys((holder.name for holder in self._holders), 0), set[str]()
        for _ in range(_ROUNDS):
            found = await self._round(scope, person, points)
            gone = {name: number + found[name] for name, number in gone.items()}
            if not any(found.values()):
                break
        await self._indexer.recount(scope)
        by_id, by_search = await self._probe(scope, person)
        earlier = await read_receipt(self._store, scope, receipt_id)
        before = earlier.erased if earlier else {}
        receipt = self._receipt(
            now, receipt_id=receipt_id, customer=await self._suppressions.customer_of(scope, receipt_id),
            erased={name: number + before.get(name, 0) for name, number in gone.items()}, digest=_digest(points),
            suppressed_ids=await self._suppressions.count(scope, receipt_id),
            found_by_id=by_id, found_by_search=by_search,
        )  # fmt: skip
        await self._store.put(scope.whole(), [receipt.control])
        await self._store.flush()
        return receipt

    def _receipt(self, now: datetime, **fields: Any) -> Receipt:
        given: dict[str, Any] = {
            "receipt_id": uuid4().hex, "cause": "request", "customer": None, "erased": {}, "suppressed_ids": 0,
            "digest": _digest(()), "found_by_id": 0, "found_by_search": 0, **fields,
        }  # fmt: skip
        return Receipt(**given, erased_at=now, purge_by=now + self._purge_within)

    async def _round(self, scope: Scope, person: Person, points: set[str]) -> dict[str, int]:
        """What each holder let go of; the ids of points are added to `points`."""
        names, texts, words = set[str](), set[str](), set(person.words)
        # No text in the middle of being embedded may be remembered afterwards.
        async with self._indexer.paused():
            for holder in self._points:
                async for page in holder.points(scope, person):
                    points |= {payload["id"] for payload in page}
                    words |= _words(from_payload(each) for each in page if each["kind"] in (EVENT, CONFLICT))
                    events = [payload for payload in page if payload["kind"] == EVENT]
                    names |= {payload["message_id"] for payload in events}
                    texts.update(text for payload in events for text in _texts(payload))
            self._indexer.backlog.drop(scope, names)
            whole = replace(person, texts=frozenset(texts), words=frozenset(words))
            found = {holder.name: await holder.erase(scope, whole) for holder in self._holders}
        self._ledger.forget(scope)
        return found

    async def _delete(self, scope: Scope, points: Iterable[str]) -> None:
        ordered = sorted(points)
        for start in range(0, len(ordered), 500):
            await self._store.delete(scope.whole(), ordered[start : start + 500])

    async def _probe(self, scope: Scope, person: Person) -> tuple[int, int]:
        """What can still be found of these ids: by look-up, and by searches that any event of theirs would answer."""
        if not person.ids:
            return 0, 0
        by_id = sum([await holder.count(scope, person) for holder in self._points])
        # A user and a visitor of the same id are two people: only ids in one role can be searched for as they lie.
        alone = sorted(person.users & person.visitors) or sorted(person.ids)
        bound = scope.whole().of(*alone)
        even = [self._embedder.dimensions**-0.5] * self._embedder.dimensions
        by_meaning = await self._store.search_meaning(bound, even, Where(), 1)
        by_words = await self._store.search_words(bound, query_words(" ".join(alone)), Where(), 1)
        return by_id, len(by_meaning) + len(by_words)


def _words(records: Iterable[Record]) -> frozenset[str]:
    """The names and addresses that a customer's events tell."""
    return frozenset(word for record in records for word in (record.person, record.email) if word)


def _texts(payload: dict[str, Any]) -> tuple[str, ...]:
    return narrate(read_event(payload["body"])).parts


def _digest(points: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(points)).encode()).hexdigest()
