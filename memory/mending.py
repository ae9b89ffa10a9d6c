"""The way out of quarantine: an item is replayed, mended or as it was, or discarded, and a record of that stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from memory.intake import Intake, Result
from memory.kinds import RESOLUTION
from memory.points import read_control
from memory.quarantine import (
    DAMAGED,
    QUARANTINE,
    Brief,
    Place,
    Quarantined,
    brief_of,
    item_digest,
    item_text,
    place_of,
    read_quarantined,
)
from memory.record import point_id
from memory.resolution import Resolution, read_resolution, resolved_at
from memory.scope import Scope
from memory.store import Control, Store, Verdict

#: Verdicts after which the event lies in the store.
_KEPT = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.CONFLICT})


class UnknownItem(LookupError):
    """Nothing with this digest is quarantined in the workspace."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"no quarantined item has the id {sha256!r}; it may have been replayed or discarded")
        self.sha256 = sha256


@dataclass(frozen=True, slots=True)
class Repair:
    """A quarantined item, and the decoded item to be sent in its place."""

    kept: Quarantined
    item: Any


@dataclass(frozen=True, slots=True)
class By:
    """Who resolves items, when and why. `label` names the caller's key, `why` is a sentence or empty."""

    at: datetime
    label: str | None = None
    why: str = ""


class Mender:
    """Resolves quarantined items. What takes an item's place is written before the item goes, so that nothing is
    lost in between; doing it again changes nothing."""

    def __init__(self, store: Store, intake: Intake) -> None:
        self._store = store
        self._intake = intake

    async def find(self, scope: Scope, sha256: str) -> Quarantined:
        """The item with this digest; raises UnknownItem."""
        control = await self._store.control(scope, QUARANTINE, sha256)
        if control is None:
            raise UnknownItem(sha256)
        return read_quarantined(control)

    async def find_all(self, scope: Scope, digests: Sequence[str]) -> dict[str, Quarantined]:
        """Those of these items that are quarantined, by digest, in the order given."""
        controls = {each.key: each for each in await self._store.controls(scope, QUARANTINE, digests)}
        return {key: read_quarantined(controls[key]) for key in dict.fromkeys(digests) if key in controls}

    async def briefs(self, scope: Scope) -> list[Brief]:
        """Every quarantined item in brief, in no order.

        Reads all that is quarantined in the workspace: 20 to 50 ms for 1,000 items, a page at a time.
        """
        return [brief_of(control) async for control in self._each(scope, QUARANTINE)]

    async def resolved(self, scope: Scope) -> list[Place]:
        """When each resolution was made, and its key, in no order; costs as much as `briefs`."""
        return [resolved_at(control) async for control in self._each(scope, RESOLUTION)]

    async def resolutions(self, scope: Scope, keys: Sequence[str]) -> list[Resolution]:
        """The resolutions with these keys, in the order given."""
        found = {each.key: each for each in await self._store.controls(scope, RESOLUTION, keys)}
        return [read_resolution(found[key]) for key in keys if key in found]

    async def replay(self, scope: Scope, repairs: Sequence[Repair], by: By) -> list[Result]:
        """Send these items through the intake again; a result for each, in order.

        They count as received now: nobody knew of them before. But an event without a time of its own happened when
        the quarantined item came, and a device's clock is compared with then. One that is quarantined again stays, in
        its new form.
        """
        results: list[Result] = []
        for arrived_at, group in groupby(repairs, key=lambda repair: _arrived_at(repair.kept, by.at)):
            same = list(group)
            items = [repair.item for repair in same]
            found = await self._intake.receive(scope, items, by.at, arrived_at=arrived_at)
            records = [await self._record(scope, *each, by) for each in zip(same, found, strict=True)]
            await self._close(scope, [record for record in records if record])
            results += found
        return results

    async def discard(self, scope: Scope, items: Sequence[Quarantined], by: By) -> list[Resolution]:
        """Remove these items for good; the records that stay of them, in order."""
        records = [_resolution(kept, by, how="discarded") for kept in items]
        await self._close(scope, records)
        return records

    async def _each(self, scope: Scope, kind: str) -> AsyncIterator[Control]:
        async for page in self._store.dump(scope, kind):
            for payload in page:
                yield read_control(payload)

    async def _record(self, scope: Scope, repair: Repair, result: Result, by: By) -> Resolution | None:
        """The record of an item whose event is kept, or whose successor is; None for one that stays."""
        if result.verdict is not Verdict.QUARANTINED:
            event = point_id(scope, result.message_id) if result.verdict in _KEPT and result.message_id else None
            return _resolution(repair.kept, by, how="replayed", verdict=result.verdict, event=event)
        successor = item_digest(item_text(repair.item))
        # The same item again is the same control; what cannot be found, or never was an event, replaces nothing.
        if not isinstance(repair.item, dict) or successor == repair.kept.sha256:
            return None
        if await self._store.control(scope, QUARANTINE, successor) is None:
            return None
        return _resolution(repair.kept, by, how="replayed", verdict=result.verdict, replaced_by=successor)

    async def _close(self, scope: Scope, records: Sequence[Resolution]) -> None:
        await self._store.put(scope, [record.control for record in records])
        await self._store.delete_controls(scope, QUARANTINE, [record.sha256 for record in records])


def _arrived_at(kept: Quarantined, now: datetime) -> datetime:
    """When the item first came; of a damaged one nobody knows."""
    return now if kept.reason == DAMAGED else place_of(kept.control).at


def _resolution(kept: Quarantined, by: By, **outcome: Any) -> Resolution:
    return Resolution(
        sha256=kept.sha256, reason=kept.reason, field=kept.field, received_at=kept.received_at,
        resolved_at=by.at.isoformat(), why=by.why, by=by.label, **outcome,
    )  # fmt: skip
