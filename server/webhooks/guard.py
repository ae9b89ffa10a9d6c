"""Which addresses a webhook may reach: none inside the operator's own network, unless a setting allows it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

MAX_URL_CHARS = 2048
_RESOLVED_WITHIN_S = 4.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Inside by purpose, though the registries call some of them public.
_SPECIAL = {
    "carrier-grade NAT": [ip_network("100.64.0.0/10")],
    "NAT64": [ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48")],
    "6to4": [ip_network("2002::/16")],
    "reserved": [ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"), ip_network("3fff::/20")],
    # Azure's platform address; the other clouds' lie in ranges that are refused anyway.
    "metadata": [ip_network("168.63.129.16/32")],
}

_GLOBAL_UNICAST = ip_network("2000::/3")

#: A host and a port -> every address of it; raises OSError or UnicodeError where there is none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class TargetRefused(ValueError):
    """An address that nothing is sent to; `reason` is a stable code."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


async def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says, in good time."""
    async with asyncio.timeout(_RESOLVED_WITHIN_S):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def parse_target(text: str) -> httpx.URL:
    """A URL that something can be sent to; raises TargetRefused."""
    if len(text) > MAX_URL_CHARS:
        raise TargetRefused("bad_url", f"a URL has at most {MAX_URL_CHARS} characters")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise TargetRefused("bad_url", "this is no URL") from None
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise TargetRefused("bad_url", "a webhook's URL begins with https:// or http:// and names a host")
    if url.userinfo:
        raise TargetRefused("credentials_in_url", "a webhook's URL holds no user name or password")
    if not 0 < port_of(url) < 1 << 16:
        raise TargetRefused("bad_url", "a port lies between 1 and 65535")
    return url


def port_of(url: httpx.URL) -> int:
    return _DEFAULT_PORTS[url.scheme] if url.port is None else url.port


@dataclass
class Guard:
    """Says which addresses of a host may be connected to."""

    allow_private: bool = False
    resolve: Resolve = resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """Every address of a host; raises TargetRefused where one of them is inside, or there is none."""
        try:
            found = await self.resolve(host, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise TargetRefused("unknown_host", "its host name cannot be resolved")
        for address in () if self.allow_private else found:
            if kind := inside(address):
                raise TargetRefused("private_address", f"its host leads to a {kind} address, which is refused")
        return list(found)

    async def check(self, url: httpx.URL) -> None:
        """Raises TargetRefused for what could not be sent to now; where all is allowed a name may come later."""
        if not self.allow_private:
            await self.addresses(url.raw_host.decode(), port_of(url))


def inside(address: str) -> str | None:
    """What kind of inner address this is; None for one on the public internet."""
    found = _unwrapped(ip_address(address))
    for kind, networks in _SPECIAL.items():
        if any(found in network for network in networks):
            return kind
    kinds = {
        "loopback": found.is_loopback, "link-local": found.is_link_local, "multicast": found.is_multicast,
        "unspecified": found.is_unspecified, "private": found.is_private, "reserved": found.is_reserved,
    }  # fmt: skip
    public = found.is_global and (found.version == 4 or found in _GLOBAL_UNICAST)
    return next((kind for kind, holds in kinds.items() if holds), None if public else "reserved")


def _unwrapped(found: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address in IPv6 clothes as what it is."""
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found
