"""What an erasure leaves behind: a receipt that names nobody, kept for as long as the workspace is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from memory.kinds import RECEIPT
from memory.scope import Scope
from memory.store import Control, Store


class Receipt(BaseModel):
    """What was erased, where, how many, and when; the customer only as a keyed hash."""

    receipt_id: str
    cause: Literal["request", "retention"]
    customer: str | None = Field(description="Keyed hash of the customer's id; null where many were concerned")
    erased: dict[str, int] = Field(description="What each holder let go of")
    suppressed_ids: int = Field(description="Ids whose later events are not kept")
    digest: str = Field(description="SHA-256 over the ids of the removed points, sorted")
    found_by_id: int = Field(description="What a look-up by id still found afterwards: 0")
    found_by_search: int = Field(description="What a search by words and by meaning still found afterwards: 0")
    erased_at: AwareDatetime
    purge_by: AwareDatetime = Field(description="By then the bytes have left the disk")
    purge_pending: bool = True
    purged_at: AwareDatetime | None = None

    @property
    def control(self) -> Control:
        return Control(RECEIPT, self.receipt_id, self.model_dump(mode="json"))


async def read_receipts(store: Store, scope: Scope) -> list[Receipt]:
    """All receipts of a workspace that can be read, newest first."""
    found = [receipt for control in await store.controls(scope.whole(), RECEIPT) if (receipt := _read(control))]
    return sorted(found, key=lambda receipt: (receipt.erased_at, receipt.receipt_id), reverse=True)


async def read_receipt(store: Store, scope: Scope, receipt_id: str) -> Receipt | None:
    control = await store.control(scope.whole(), RECEIPT, receipt_id)
    return _read(control) if control else None


def _read(control: Control) -> Receipt | None:
    """The receipt of a control point; None for one that was damaged elsewhere: it must not hold up the others."""
    try:
        return Receipt.model_validate(control.data)
    except ValidationError:
        return None


async def pending_receipts(store: Store, scope: Scope) -> list[Receipt]:
    """Those whose bytes are still on the disk, as far as is known."""
    return [receipt for receipt in await read_receipts(store, scope) if receipt.purge_pending]


async def mark_purged(store: Store, scope: Scope, receipts: Sequence[Receipt], now: datetime) -> None:
    """The bytes of these erasures have left the disk."""
    purged = [receipt.model_copy(update={"purge_pending": False, "purged_at": now}) for receipt in receipts]
    await store.put(scope.whole(), [receipt.control for receipt in purged])
