"""Connecting to the very address that was checked: between the check and the connection no name is resolved again."""

from __future__ import annotations

from collections.abc import Iterable

import httpcore
from httpcore import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from server.webhooks.guard import Guard

#: Of a name with many addresses no more are tried.
_MOST_TRIED = 3


class GuardedBackend(AsyncNetworkBackend):
    """Resolves a host, has every address checked, and connects to one of them.

    TLS and the Host header go by the name, which the pool takes from the URL. There is no way to a Unix socket.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Raises TargetRefused, or what the last of the addresses did."""
        *others, last = (await self._guard.addresses(host, port))[:_MOST_TRIED]
        for address in others:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)
