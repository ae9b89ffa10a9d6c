"""What a sent key opens: the keys of the settings, the stored ones, and the operator's token on this machine."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from memory.keyring import Keyring
from memory.keys import EVERYTHING, Key, KeyScope
from server.address import is_loopback
from server.settings import InvalidSettings, Settings


class KeyRefused(Exception):
    """One sentence for whoever sent the key."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a caller may do, in one workspace or where it is None in whichever they name; `by` names no secret."""

    workspace: str | None
    scopes: frozenset[KeyScope]
    by: str


#: Without keys: whoever is on this machine.
LOCAL = Grant(None, EVERYTHING, "local")
OPERATOR = Grant(None, EVERYTHING, "operator")


@dataclass
class Access:
    """All that may be sent as a key. The token opens every workspace to who can read the data directory."""

    settings: Settings
    keyring: Keyring
    operator_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        configured = self.settings.keys.items()
        self._configured = [(_digest(key.get_secret_value()), workspace) for key, workspace in configured]
        self._operator = _digest(self.operator_token)
        self._reachable = not is_loopback(self.settings.host)

    @property
    def required(self) -> bool:
        """Whether callers need a key, as far as is known without reading the store."""
        return self._reachable or bool(self._configured) or self.keyring.in_use

    async def refresh(self) -> None:
        """Learn of stored keys that are not known here yet; raises StoreUnavailable."""
        await self.keyring.refresh()

    @property
    def needs_stored_key(self) -> bool:
        """Whether without any active stored key only the operator could still call, while others can reach here."""
        return self._reachable and not self._configured

    def grant(self, sent: str, *, same_machine: bool) -> Grant:
        """What this key opens; raises KeyRefused. Every kind is compared, whichever it is."""
        digest, now = _digest(sent), datetime.now(UTC)
        stored = self.keyring.find(sent)
        found = [Grant(name, EVERYTHING, "configured") for kept, name in self._configured if _same(kept, digest)]
        if _same(self._operator, digest) and same_machine:
            found.append(OPERATOR)
        if stored:
            found.append(_usable(stored, now))
        if not found:
            raise KeyRefused("This key is not known.")
        return found[-1]


def check_exposure(settings: Settings, *, stored_keys: int = 0) -> None:
    """Raises InvalidSettings when others can reach this address and nobody has a key; counts active stored keys."""
    if not settings.keys and not stored_keys and not is_loopback(settings.host):
        raise InvalidSettings(
            f"THROUGHLINE_HOST is {settings.host or 'every address'}, which others can reach, and no key works: "
            "make one with `throughline keys create`, set THROUGHLINE_KEYS=key=workspace, or listen on 127.0.0.1"
        )


def _usable(key: Key, now: datetime) -> Grant:
    state = key.state(now)
    if state != "active":
        raise KeyRefused(f"This key is {state}." if state == "revoked" else "This key has expired.")
    return Grant(key.workspace, frozenset(key.scopes), f"key {key.id}")


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()


def _same(kept: bytes, sent: bytes) -> bool:
    return hmac.compare_digest(kept, sent)
