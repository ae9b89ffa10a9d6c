"""The way to the protocol: its SDK takes most of a second to import, so that is done for its first caller."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.mcp.protocol import Endpoint


#: Where the state of a request has the workspace that its key opens.
WORKSPACE = "mcp_workspace"


class Door:
    """Holds the one endpoint of this process."""

    def __init__(self, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes
        self._endpoint: Endpoint | None = None
        self._opening = asyncio.Lock()

    async def endpoint(self) -> Endpoint:
        """The endpoint, opened when first asked for, beside the running server."""
        async with self._opening:
            if self._endpoint is None:
                protocol = await asyncio.to_thread(import_module, "server.mcp.protocol")
                endpoint: Endpoint = protocol.Endpoint(self._max_body_bytes)
                await endpoint.open()
                self._endpoint = endpoint
            return self._endpoint

    async def close(self) -> None:
        if self._endpoint:
            await self._endpoint.close()
