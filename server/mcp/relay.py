"""Passes calls of the protocol on to /mcp, so that every road to the tools has the same keys, scopes and bounds."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx

#: A revision of the protocol in which a request stands for itself; it settles only how the two of us talk.
_REVISION = "2025-11-25"
_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": _REVISION}


class RelayFailed(Exception):
    """One sentence for whoever called; with the protocol's own code, where it was told one."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class Relay:
    """A client of the API, as seen by the protocol."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._numbers = count(1)

    async def pass_on(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a request; raises RelayFailed."""
        sent = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}
        try:
            reply = await self._client.post("/mcp", json=sent, headers=_HEADERS)
            answer: dict[str, Any] = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RelayFailed(f"The server did not answer: {error or type(error).__name__}") from error
        if "result" in answer:
            return dict(answer["result"])
        if "error" in answer:
            raise RelayFailed(str(answer["error"]["message"]), int(answer["error"]["code"]))
        raise RelayFailed(f"{answer.get('title', reply.status_code)}: {answer.get('detail', 'no problem is told')}")
