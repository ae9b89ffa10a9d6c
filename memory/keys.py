"""An API key: what it opens, what is kept of it, and how a sent one is compared."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

KeyState = Literal["active", "expired", "revoked"]
_PREFIX = "tl"
_ID_BYTES = 6
_SECRET_BYTES = 32


class KeyScope(StrEnum):
    """What a key is for. None includes another, except that `admin` includes all."""

    INGEST = "ingest"
    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


EVERYTHING = frozenset({KeyScope.ADMIN})


class Key(BaseModel):
    """A key as it is kept, without its secret. `digest` is the SHA-256 of the secret, in hex.

    The secret has 256 random bits, so that a plain digest cannot be guessed back and a slow one would gain nothing.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    workspace: str
    scopes: tuple[KeyScope, ...]
    label: str = ""
    digest: str = Field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_from: str | None = None

    def state(self, now: datetime) -> KeyState:
        """Whether it opens anything at this instant."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def new_key(
    workspace: str,
    scopes: frozenset[KeyScope],
    label: str,
    now: datetime,
    lifetime: timedelta | None = None,
    rotated_from: str | None = None,
) -> tuple[Key, str]:
    """A key and its text `tl_<id>_<secret>`, which exists nowhere else and cannot be shown again."""
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    key = Key(
        id=key_id,
        workspace=workspace,
        scopes=tuple(sorted(scopes)),
        label=label,
        digest=_digest(secret),
        created_at=now,
        expires_at=now + lifetime if lifetime is not None else None,
        rotated_from=rotated_from,
    )
    return key, f"{_PREFIX}_{key_id}_{secret}"


def allows(scopes: frozenset[KeyScope], need: KeyScope) -> bool:
    return need in scopes or KeyScope.ADMIN in scopes


def split(sent: str) -> tuple[str, str]:
    """The id and the secret of a key as it was sent; the id is empty in what is no such key."""
    prefix, _, rest = sent.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == _PREFIX else ("", sent)


def matches(key: Key | None, secret: str) -> bool:
    """Whether the secret is the key's. An unknown key is compared as well, so that time does not tell it apart."""
    same = hmac.compare_digest(_digest(secret), key.digest if key else _NOBODY)
    return same and key is not None


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


#: The digest of a secret that nobody has.
_NOBODY = _digest(secrets.token_hex(_SECRET_BYTES))
