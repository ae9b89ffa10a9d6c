"""Erasure: DELETE /clients/{id} with its receipt, the customer's own copy, suppressions, and purging on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from memory.portability import export_line
from memory.receipt import Receipt, read_receipt, read_receipts
from memory.scope import Scope
from server.auth import OperateScope, ReadScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import NOTHING_TO_LIFT, PURGED_ELSEWHERE, UNKNOWN_RECEIPT, Refusal
from server.routes.clients import ClientId
from server.routes.portability import LINES, ExportResponse

router = APIRouter(tags=["erasure"])


class ErasurePreview(BaseModel):
    """What an erasure would let go of."""

    client_id: str
    would_erase: dict[str, int] = Field(description="By holder")
    ids: int = Field(description="Ids that lead to this customer, and would be suppressed")


class ErasureRequest(BaseModel):
    """Whom to erase, or with `dry_run` only to count."""

    model_config = ConfigDict(extra="forbid")

    client_id: Annotated[str, Field(min_length=1, max_length=256)]
    dry_run: bool = False


class ReceiptsReply(BaseModel):
    """Newest first."""

    receipts: list[Receipt]


class LiftReply(BaseModel):
    lifted_ids: int


class CompactReply(BaseModel):
    purged_receipts: int = Field(description="Erasures of this workspace whose bytes have now left the disk")


@router.get("/erasures", responses=problems(503))
async def list_erasures(scope: OperateScope, services: ServicesDep) -> ReceiptsReply:
    """The receipts of all erasures; they name nobody."""
    return ReceiptsReply(receipts=await read_receipts(services.store, scope))


@router.post("/erasures", response_model=Receipt | ErasurePreview, responses=problems(400, 404, 413, 422, 503))
async def post_erasure(asked: ErasureRequest, scope: OperateScope, services: ServicesDep) -> Receipt | ErasurePreview:
    """Erase a customer, as DELETE /clients/{id} does, whatever characters their id has."""
    return await _erase(services, scope, asked.client_id, asked.dry_run)


@router.get("/erasures/{receipt_id}", responses=problems(404, 503))
async def get_erasure(receipt_id: str, scope: OperateScope, services: ServicesDep) -> Receipt:
    """One receipt: whether its purge is still pending."""
    receipt = await read_receipt(services.store, scope, receipt_id)
    if receipt is None:
        raise Refusal(UNKNOWN_RECEIPT, "No erasure of this workspace has this receipt.")
    return receipt


@router.post("/compact", responses=problems(409, 503))
async def compact(scope: OperateScope, services: ServicesDep) -> CompactReply:
    """Purge the bytes of everything erased so far, now rather than at the deadline. Requests go on meanwhile."""
    purged = await services.caretaker.compact(datetime.now(UTC))
    if purged is None:
        raise Refusal(PURGED_ELSEWHERE, "A Qdrant server purges deleted points itself, in its own time.")
    return CompactReply(purged_receipts=purged.get(scope, 0))


@router.get(
    "/clients/{client_id:path}/export",
    response_class=ExportResponse,
    responses={**problems(404, 503), 200: {"description": "JSON lines, one for each point", **LINES}},
)
async def export_client(client_id: ClientId, scope: ReadScope, services: ServicesDep) -> StreamingResponse:
    """The customer's own copy: everything that is kept about them, as JSON lines."""
    points = services.eraser.copy_of(scope, client_id)
    # Read before the answer begins, so that an unknown customer is still a 404.
    first = await anext(points)

    async def lines() -> AsyncIterator[bytes]:
        yield export_line(first)
        async for payload in points:
            yield export_line(payload)

    return ExportResponse(lines())


@router.delete("/clients/{client_id:path}/suppression", responses=problems(404, 503))
async def lift_suppression(client_id: ClientId, scope: OperateScope, services: ServicesDep) -> LiftReply:
    """Let the events of an erased customer in again. What was erased stays erased."""
    lifted = await services.suppressions.lift(scope, client_id)
    if not lifted:
        raise Refusal(NOTHING_TO_LIFT, "Nobody of this id was erased, or it was lifted already.")
    await services.commit()
    return LiftReply(lifted_ids=lifted)


@router.delete("/clients/{client_id:path}", response_model=Receipt | ErasurePreview, responses=problems(404, 422, 503))
async def erase_client(
    client_id: ClientId,
    scope: OperateScope,
    services: ServicesDep,
    dry_run: Annotated[bool, Query(description="Only say what there is")] = False,
) -> Receipt | ErasurePreview:
    """Erase a customer: unreachable at once, purged from the disk by the receipt's date, and not taken in again."""
    return await _erase(services, scope, client_id, dry_run)


async def _erase(services: Services, scope: Scope, client_id: str, dry_run: bool) -> Receipt | ErasurePreview:
    if dry_run:
        seen = await services.eraser.preview(scope, client_id)
        return ErasurePreview(client_id=seen.client_id, would_erase=seen.found, ids=seen.ids)
    return await services.eraser.erase(scope, client_id, datetime.now(UTC))
