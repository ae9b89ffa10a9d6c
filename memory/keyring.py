"""The API keys of an install: kept in the store, looked up in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from memory.keys import Key, KeyScope, matches, new_key, split
from memory.scope import SYSTEM, Scope
from memory.store import Control, Store

_KIND = "key"
#: Where several processes share a store, a key made or revoked by another one takes effect after this long at most.
REREAD_S = 3.0


class UnknownKey(LookupError):
    """The workspace has no key of this id."""


class KeyConflict(Exception):
    """The key is in no state for this."""


class LastKey(KeyConflict):
    """Without this key nobody could call any more."""


class Keyring:
    """All keys by id. `shared`: other processes write the same store, so that it is read again and again."""

    def __init__(self, store: Store, *, shared: bool) -> None:
        self._store = store
        self._shared = shared
        self._keys: Mapping[str, Key] = {}
        #: Whether any key stands, as last read. An expired one counts: time alone never opens an install.
        self.in_use = False
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None
        self._writes = 0
        self._writing = asyncio.Lock()

    def active(self, now: datetime) -> list[Key]:
        """The keys that open something, as last read, of all workspaces."""
        return [key for key in self._keys.values() if key.state(now) == "active"]

    def find(self, sent: str) -> Key | None:
        """The key of this text, in whatever state; the cost does not grow with the number of keys."""
        key_id, secret = split(sent)
        key = self._keys.get(key_id)
        return key if matches(key, secret) else None

    async def refresh(self) -> None:
        """Read the keys where they were not read yet, or may have changed; raises StoreUnavailable."""
        if self._read_at is not None and not (self._shared and time.monotonic() - self._read_at >= REREAD_S):
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
            # Seen to here as well, in case everyone who waits for it is gone.
            self._reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._reading)

    async def list(self, scope: Scope) -> list[Key]:
        """The workspace's keys in every state, oldest first."""
        await self._read()
        return sorted((k for k in self._keys.values() if k.workspace == scope.workspace), key=_age)

    async def create(
        self, scope: Scope, scopes: frozenset[KeyScope], label: str, now: datetime, lifetime: timedelta | None = None
    ) -> tuple[Key, str]:
        """A new key of the workspace and its text, to be told once."""
        key, text = new_key(scope.workspace, scopes, label, now, lifetime)
        async with self._writing:
            await self._write(key)
        return key, text

    async def rotate(self, scope: Scope, key_id: str, now: datetime, grace: timedelta) -> tuple[Key, str]:
        """A successor of as long a life, and its text; the key itself works on until the grace ends.

        Raises UnknownKey, or KeyConflict when it is not active or has a successor that is.
        """
        async with self._writing:
            old = await self._current(scope, key_id)
            if old.state(now) != "active":
                raise KeyConflict(f"the key {key_id} is {old.state(now)}: create a new one")
            successor = next((key.id for key in self.active(now) if key.rotated_from == key_id), None)
            if successor:
                raise KeyConflict(f"the key {key_id} was rotated before: its successor is {successor}")
            lifetime = old.expires_at - old.created_at if old.expires_at else None
            new, text = new_key(old.workspace, frozenset(old.scopes), old.label, now, lifetime, rotated_from=key_id)
            ends = min(filter(None, [old.expires_at, now + grace]))
            await self._write(new, old.model_copy(update={"expires_at": ends}))
        return new, text

    async def revoke(self, scope: Scope, key_id: str, now: datetime, *, keep_one: bool) -> Key:
        """The key, revoked at once and for good; again it changes nothing.

        Raises UnknownKey, or with `keep_one` LastKey when no other key of the install is active.
        """
        async with self._writing:
            key = await self._current(scope, key_id)
            if key.revoked_at is not None:
                return key
            if keep_one and not [other for other in self.active(now) if other.id != key_id]:
                raise LastKey(f"the key {key_id} is the last one that works")
            revoked = key.model_copy(update={"revoked_at": now})
            await self._write(revoked)
        return revoked

    async def _current(self, scope: Scope, key_id: str) -> Key:
        await self._read()
        key = self._keys.get(key_id)
        if key is None or key.workspace != scope.workspace:
            # Not told back: it may be a whole key, sent by mistake.
            raise UnknownKey(f"the workspace {scope.workspace!r} has no key of this id")
        return key

    async def _write(self, *keys: Key) -> None:
        await self._store.put(SYSTEM, [Control(_KIND, key.id, key.model_dump(mode="json")) for key in keys])
        self._writes += 1
        self._hold({**self._keys, **{key.id: key for key in keys}})

    async def _read(self) -> None:
        writes = self._writes
        found = await self._store.controls(SYSTEM, _KIND)
        # What was written here meanwhile is newer than what was read.
        if writes == self._writes:
            self._hold({control.key: Key.model_validate(control.data) for control in found})
            self._read_at = time.monotonic()

    def _hold(self, keys: Mapping[str, Key]) -> None:
        self._keys = keys
        self.in_use = any(key.revoked_at is None for key in keys.values())


def _age(key: Key) -> tuple[datetime, str]:
    return key.created_at, key.id
