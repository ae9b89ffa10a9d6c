"""One attempt to deliver one body to one receiver."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import httpcore
import httpx

from server.webhooks.backend import GuardedBackend
from server.webhooks.backoff import retry_after_s
from server.webhooks.guard import Guard, TargetRefused, parse_target, port_of
from server.webhooks.signing import signed_headers

#: From the look-up of the name to the status line.
TIMEOUT_S = 10.0
GONE = 410
#: A receiver that was connected to and has no time gets a share of the whole.
_CONNECT_S = 4.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the receiver's status, or a sentence where there is none or it is no success."""

    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None

    @property
    def delivered(self) -> bool:
        return self.error is None


class Sender:
    """Follows no redirect, uses no proxy, and reads nothing of an answer but its head."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    async def send(self, url: str, secret: str, message_id: str, body: str, now: datetime) -> Outcome:
        """Never raises for what the receiver does."""
        try:
            target = parse_target(url)
            async with asyncio.timeout(TIMEOUT_S):
                return await self._post(target, secret, message_id, body.encode(), now)
        except TargetRefused as error:
            return Outcome(error=str(error))
        except (TimeoutError, httpcore.TimeoutException):
            return Outcome(error=f"no answer within {TIMEOUT_S:g} s")
        except httpcore.NetworkError as error:
            certificate = isinstance(error.__context__, ssl.SSLCertVerificationError)
            return Outcome(error="its certificate is not valid" if certificate else "the connection failed")
        except httpcore.ProtocolError:
            return Outcome(error="what it answered is not HTTP")

    async def _post(self, target: httpx.URL, secret: str, message_id: str, body: bytes, now: datetime) -> Outcome:
        headers: dict[bytes | str, bytes | str] = {
            "Host": target.netloc.decode(),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": "throughline-webhooks",
            **signed_headers(secret, message_id, now, body),
        }
        url = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=port_of(target), target=target.raw_path)
        # A pool for each attempt: the address is checked each time, and nothing of a broken-off one is left.
        async with (
            httpcore.AsyncConnectionPool(self._tls, network_backend=GuardedBackend(self.guard)) as pool,
            pool.stream(
                "POST", url, headers=headers, content=body, extensions={"timeout": {"connect": _CONNECT_S}}
            ) as answer,
        ):
            return _outcome(answer, now)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Reads the certificates, once: 20 ms."""
        return httpx.create_ssl_context()


def _outcome(answer: httpcore.Response, now: datetime) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(status)
    said = f"it answered {status}"
    if 300 <= status < 400:
        said += "; redirects are not followed"
    asked = _named(answer, b"retry-after")
    return Outcome(status, said, retry_after_s(asked.decode("latin-1") if asked else None, now))


def _named(answer: httpcore.Response, name: bytes) -> bytes | None:
    return next((value for key, value in answer.headers if key.lower() == name), None)
