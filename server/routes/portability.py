"""GET /export and POST /import: all of a workspace as JSON lines, out and in again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from memory.portability import BadLine, Taken, export_lines
from server.auth import OperateScope
from server.bodies import read_lines
from server.bootstrap import ServicesDep
from server.openapi import problems

router = APIRouter(tags=["workspace"])

NDJSON = "application/x-ndjson"
#: Taken in together, by lines and by bytes: each keeps the others waiting for some 20 ms at most.
SLICE_LINES = 200
SLICE_BYTES = 1024 * 1024
#: Sent at a time: line by line each would cost a call down to the socket.
_CHUNK_BYTES = 64 * 1024
LINES = {"content": {NDJSON: {"schema": {"type": "string"}}}}


class ImportReply(BaseModel):
    """What an import did."""

    added: int = Field(description="Points that were not there before")
    lines: int = Field(description="Lines read, the header included, empty ones not")
    suppressed: int = Field(description="Points left out because their customer was erased here")
    forgotten: int = Field(description="Events left out because they are older than the workspace keeps")


class ExportResponse(StreamingResponse):
    media_type = NDJSON


@router.get(
    "/export",
    response_class=ExportResponse,
    responses={**problems(503), 200: {"description": "JSON lines, the header first", **LINES}},
)
async def get_export(scope: OperateScope, services: ServicesDep) -> StreamingResponse:
    """Everything the workspace holds, as JSON lines; vectors are made again on import."""
    lines = export_lines(services.store, scope)
    # Read before the answer begins, so that a store that is away is still a 503.
    header = await anext(lines)
    return ExportResponse(_chunks(header, lines))


@router.post(
    "/import",
    responses=problems(400, 409, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"required": True, **LINES}},
)
async def post_import(request: Request, scope: OperateScope, services: ServicesDep) -> ImportReply:
    """Take in an export. What is there already stays, so a file may be sent again after an error part-way."""
    taken, lines = Taken(), 0
    now = datetime.now(UTC)
    try:
        async for first, batch in _slices(read_lines(request)):
            taken += await services.importer.take(scope, batch, now, first_line=first)
            lines += sum(1 for line in batch if line.strip())
        if not lines:
            raise BadLine(1, "there is nothing to import: the first line of an export is its header")
    finally:
        # Also of an import that was cut short, what came is embedded, and who was erased stays away.
        await services.importer.finish(scope, now)
    await services.commit()
    return ImportReply(added=taken.added, lines=lines, suppressed=taken.suppressed, forgotten=taken.forgotten)


async def _slices(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Lines in slices, each with the number of its first line in the whole file."""
    first, size, batch = 1, 0, list[bytes]()
    async for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= SLICE_LINES or size >= SLICE_BYTES:
            yield first, batch
            first, size, batch = first + len(batch), 0, []
    if batch:
        yield first, batch


async def _chunks(header: bytes, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    chunk = bytearray(header)
    async for line in lines:
        chunk += line
        if len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)
