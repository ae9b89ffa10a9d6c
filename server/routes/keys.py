"""/keys: who may call, made, listed, rotated and revoked; an admin's key reaches those of its own workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, status
from pydantic import BaseModel, ConfigDict, Field

from memory.keyring import KeyConflict, LastKey, UnknownKey
from memory.keys import Key, KeyScope, KeyState
from server.auth import AdminScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.problems import FieldError, Kind, Refusal

router = APIRouter(tags=["keys"])

UNKNOWN_KEY = Kind("unknown-key", 404, "Unknown key")
KEY_CONFLICT = Kind("key-conflict", 409, "The key is in no state for this")
LAST_KEY = Kind("last-key", 409, "The last key stays")
#: Ten years: longer is the same as without an end.
_MOST_DAYS = 3650
_MOST_GRACE_HOURS = 24 * 90
KeyId = Annotated[str, Path(description="The middle part of a key: tl_<id>_<secret>")]


class KeyRequest(BaseModel):
    """What a new key opens, and for how long."""

    model_config = ConfigDict(extra="forbid")

    scopes: Annotated[set[KeyScope], Field(min_length=1)]
    label: str = Field(default="", max_length=100, description="Who or what it is for")
    expires_days: int | None = Field(default=None, ge=1, le=_MOST_DAYS, description="null for no end")


class RotateRequest(BaseModel):
    """How long the key that is replaced still works."""

    model_config = ConfigDict(extra="forbid")

    grace_hours: float = Field(default=24, ge=0, le=_MOST_GRACE_HOURS, allow_inf_nan=False)


class KeyView(BaseModel):
    """A key without its secret, which is kept nowhere."""

    id: str
    workspace: str
    scopes: list[KeyScope]
    label: str
    state: KeyState
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rotated_from: str | None


class NewKey(KeyView):
    """A key that was just made, with its text."""

    key: str = Field(description="Send it as a Bearer token or as the user name of Basic. It is told this once.")


class KeysReply(BaseModel):
    """The workspace's keys in every state, oldest first."""

    keys: list[KeyView]


@router.get("/keys", responses=problems(503))
async def get_keys(scope: AdminScope, services: ServicesDep) -> KeysReply:
    """The workspace's keys, without their secrets."""
    return KeysReply(keys=[KeyView(**_shown(key)) for key in await services.keys.keyring.list(scope)])


@router.post("/keys", status_code=status.HTTP_201_CREATED, responses=problems(400, 413, 503))
async def post_key(asked: KeyRequest, scope: AdminScope, services: ServicesDep) -> NewKey:
    """Make a key. From the first one on, every call needs a key."""
    lifetime = None if asked.expires_days is None else timedelta(days=asked.expires_days)
    made = await services.keys.keyring.create(scope, frozenset(asked.scopes), asked.label, datetime.now(UTC), lifetime)
    await services.commit()
    return _told(*made)


@router.post("/keys/{key_id}/rotate", status_code=status.HTTP_201_CREATED, responses=problems(400, 404, 409, 413, 503))
async def rotate_key(
    key_id: KeyId, scope: AdminScope, services: ServicesDep, asked: RotateRequest | None = None
) -> NewKey:
    """Replace a key by one of the same scopes and as long a life; the old one works until the grace ends."""
    grace = timedelta(hours=(asked or RotateRequest()).grace_hours)
    try:
        made = await services.keys.keyring.rotate(scope, key_id, datetime.now(UTC), grace)
    except (UnknownKey, KeyConflict) as error:
        raise _refused(error) from None
    await services.commit()
    return _told(*made)


@router.delete("/keys/{key_id}", responses=problems(404, 409, 503))
async def revoke_key(key_id: KeyId, scope: AdminScope, services: ServicesDep) -> KeyView:
    """Revoke a key at once and for good. Where others can reach this server, the last one that works stays."""
    keys = services.keys
    try:
        revoked = await keys.keyring.revoke(scope, key_id, datetime.now(UTC), keep_one=keys.needs_stored_key)
    except (UnknownKey, KeyConflict) as error:
        raise _refused(error) from None
    await services.commit()
    return KeyView(**_shown(revoked))


def _shown(key: Key) -> dict[str, object]:
    return {**key.model_dump(exclude={"digest"}), "state": key.state(datetime.now(UTC))}


def _told(key: Key, text: str) -> NewKey:
    return NewKey(**_shown(key), key=text)


def _refused(error: Exception) -> Refusal:
    told = str(error)
    if isinstance(error, UnknownKey):
        return Refusal(UNKNOWN_KEY, told, [FieldError(field="key_id", reason="unknown_key", detail=told)])
    if isinstance(error, LastKey):
        told += ", and other machines can reach this server: make another key first, or listen on 127.0.0.1"
        return Refusal(LAST_KEY, told, [FieldError(field="key_id", reason="last_key", detail=told)])
    return Refusal(KEY_CONFLICT, told, [FieldError(field="key_id", reason="not_rotatable", detail=told)])
