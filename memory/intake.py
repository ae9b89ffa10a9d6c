"""The way in: each item is read, kept or quarantined, and told what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from memory.attribution import ids_in_item, ids_of, owners_of
from memory.bm25 import document_words
from memory.cleaning import clean_text
from memory.counters import Counters
from memory.event import Rejected
from memory.indexer import Indexer
from memory.ledger import Ledger
from memory.mentions import mentioned_ids
from memory.narration import Narration
from memory.quarantine import QUARANTINE, Quarantined, item_digest, item_text
from memory.reading import MAX_EVENT_BYTES, Ready, Rules, read_item, without_ids
from memory.record import Record, point_id
from memory.scope import Scope
from memory.store import Control, SparseVector, Store, Verdict
from memory.suppression import Suppressions
from memory.workspace import WorkspaceSettings
from memory.workspaces import Workspaces

#: What is kept of an item that is too large to keep.
HEAD_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item. `reason` is a stable code, `field` a JSON pointer, `detail` a sentence."""

    message_id: str | None
    verdict: Verdict
    reason: str | None = None
    field: str | None = None
    detail: str | None = None


class Intake:
    """Turns decoded JSON items into kept events, in the order sent."""

    def __init__(
        self,
        store: Store,
        workspaces: Workspaces,
        ledger: Ledger,
        suppressions: Suppressions,
        indexer: Indexer,
        counters: Counters,
    ) -> None:
        self._store = store
        self._workspaces = workspaces
        self._ledger = ledger
        self._suppressions = suppressions
        self._indexer = indexer
        self._counters = counters

    async def receive(
        self,
        scope: Scope,
        items: Sequence[Any],
        received_at: datetime,
        rules: Rules | None = None,
        arrived_at: datetime | None = None,
    ) -> list[Result]:
        """A result for each item, after the write. Raises StoreUnavailable when nothing could be kept.

        `arrived_at` is when the items first came here, where they could not be kept then.
        """
        await self._workspaces.register(scope)
        settings = await self._workspaces.settings(scope)
        rules = rules or Rules()
        read = [read_item(item, received_at, settings, rules, arrived_at) for item in items]
        batch = _Batch(items, read, settings)
        batch.refuse_old(settings.forgotten_before(received_at))
        batch.suppress(await self._suppressions.among(scope, batch.ids()))
        await self._quarantine(scope, batch, arrived_at or received_at)
        await self._keep(scope, batch)
        await self._take_back(scope, batch)
        results = batch.results()
        self._counters.add(scope, (result.verdict for result in results))
        return results

    async def _quarantine(self, scope: Scope, batch: _Batch, received_at: datetime) -> None:
        controls = [_quarantined(batch.items[n], why, received_at) for n, why in batch.rejected.items()]
        if not controls:
            return
        # Sent again, an item keeps the time it was first received.
        there = {each.key for each in await self._store.controls(scope, QUARANTINE, [each.key for each in controls])}
        await self._store.put(scope, [each for each in controls if each.key not in there])

    async def _keep(self, scope: Scope, batch: _Batch) -> None:
        """Write what is ready; who folds and who embeds are told of what is new."""
        # Of the same id twice the first is written.
        by_id = {ready.record.message_id: ready for ready in reversed(batch.ready.values())}
        told: dict[str, Narration] = {}

        def words_of(record: Record) -> SparseVector:
            told[record.message_id] = by_id[record.message_id].narration
            return document_words(told[record.message_id].words)

        records = [ready.record for ready in batch.ready.values()]
        verdicts = await self._store.insert(scope, records, words_of) if records else []
        batch.verdicts = dict(zip(batch.ready, verdicts, strict=True))
        accepted = [r for r, verdict in zip(records, verdicts, strict=True) if verdict is Verdict.ACCEPTED]
        self._ledger.add(scope, accepted)
        self._indexer.offer(scope, {record.message_id: told[record.message_id].parts for record in accepted})

    async def _take_back(self, scope: Scope, batch: _Batch) -> None:
        """Remove what was written while its customer was being erased: the erasure may have looked before."""
        ids = await self._suppressions.among(scope, batch.ids())
        if not ids:
            return
        written, quarantined = batch.verdicts, set(batch.rejected)
        gone = batch.suppress(ids)
        await self._store.delete(scope, [_written_id(scope, ready.record, written[n]) for n, ready in gone.items()])
        digests = [item_digest(item_text(batch.items[n])) for n in quarantined - set(batch.rejected)]
        await self._store.delete_controls(scope, QUARANTINE, digests)
        self._indexer.backlog.drop(scope, {ready.record.message_id for ready in gone.values()})
        self._ledger.forget(scope)


class _Batch:
    """Items on their way in, by their place in what was sent."""

    def __init__(self, items: Sequence[Any], read: Sequence[Ready | Rejected], settings: WorkspaceSettings) -> None:
        self.items = items
        self._settings = settings
        self.ready = {n: entry for n, entry in enumerate(read) if isinstance(entry, Ready)}
        self.rejected = {n: entry for n, entry in enumerate(read) if isinstance(entry, Rejected)}
        self.refused: dict[int, Result] = {}
        self.verdicts: dict[int, Verdict] = {}

    def ids(self) -> set[str]:
        """Every id that an item carries."""
        named = [ids_of(ready.record) for ready in self.ready.values()]
        return set[str]().union(*named, *(ids_in_item(self.items[n]) for n in self.rejected))

    def refuse_old(self, before: datetime | None) -> None:
        """Events from before this instant are not kept."""
        for n, ready in list(self.ready.items()):
            if before and ready.record.occurred_at < before:
                told = "older than this workspace keeps events"
                self._refuse(n, Result(ready.record.message_id, Verdict.SUPPRESSED, "retention", "/timestamp", told))

    def suppress(self, ids: set[str]) -> dict[int, Ready]:
        """Take out what is about these customers; what is about others loses only the ids. What was taken out."""
        if not ids:
            return {}
        gone: dict[int, Ready] = {}
        for n, ready in list(self.ready.items()):
            found = ids_of(ready.record) & ids
            if found & owners_of(ready.record) or (found and not ready.event.user_id):
                self._refuse(n, _suppressed(ready.record.message_id))
                gone[n] = ready
            elif found and n not in self.verdicts:
                self.ready[n] = without_ids(ready, found, self._settings)
        for n in [n for n in self.rejected if not ids.isdisjoint(ids_in_item(self.items[n]))]:
            self._refuse(n, _suppressed(sent_id(self.items[n])))
        return gone

    def results(self) -> list[Result]:
        return [self._result(n) for n in range(len(self.items))]

    def _refuse(self, n: int, result: Result) -> None:
        self.ready.pop(n, None)
        self.rejected.pop(n, None)
        self.refused[n] = result

    def _result(self, n: int) -> Result:
        if n in self.refused:
            return self.refused[n]
        if n in self.rejected:
            why = self.rejected[n]
            return Result(sent_id(self.items[n]), Verdict.QUARANTINED, why.reason, why.field, why.detail)
        return _kept(self.ready[n], self.verdicts[n])


def _kept(ready: Ready, verdict: Verdict) -> Result:
    message_id = ready.record.message_id
    if verdict is Verdict.CONFLICT:
        return Result(
            message_id, verdict, "known_id_other_content", "/messageId",
            "an event with this id and other content is already kept; both are kept, the first stays in force",
        )  # fmt: skip
    if verdict is Verdict.ACCEPTED and not ready.repeatable:
        return Result(
            message_id, verdict, "not_repeatable", "/messageId",
            "without a messageId and a timestamp a repeat of this event cannot be recognised",
        )  # fmt: skip
    return Result(message_id, verdict)


def _written_id(scope: Scope, record: Record, verdict: Verdict) -> str:
    """The point that this verdict left behind: a conflict lies beside the event of whoever came first."""
    key = (record.message_id, record.content_hash) if verdict is Verdict.CONFLICT else (record.message_id,)
    return point_id(scope, *key)


def _suppressed(message_id: str | None) -> Result:
    told = "this customer was erased; an operator can let their events in again"
    return Result(message_id, Verdict.SUPPRESSED, "erased_customer", "/userId", told)


def sent_id(item: Any) -> str | None:
    """The message id of an item, as far as it has one."""
    found = (item.get("messageId") or item.get("message_id")) if isinstance(item, dict) else None
    return clean_text(str(found))[:200] if isinstance(found, str | int) else None


def _quarantined(item: Any, why: Rejected, received_at: datetime) -> Control:
    raw = item_text(item)
    size = len(raw)
    whole = size <= MAX_EVENT_BYTES
    kept = Quarantined(
        message_id=sent_id(item), reason=why.reason, field=why.field, detail=why.detail,
        received_at=received_at.isoformat(), sha256=item_digest(raw), bytes=size,
        whole=whole, ids=sorted(mentioned_ids(item)), item=raw if whole else raw[:HEAD_CHARS],
    )  # fmt: skip
    return kept.control
