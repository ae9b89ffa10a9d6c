"""Who was erased and must not come back: keyed hashes of ids, which name nobody without their key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable

from memory.attribution import visitor
from memory.kinds import SUPPRESSION, SUPPRESSION_KEY
from memory.scope import Scope
from memory.store import Control, Store

_SECRET_BYTES = 32


class Suppressions:
    """The suppressed ids of each workspace. Nothing is kept here, so that every process sees the same at once.

    Ids are in their role: plain, or as `visitor` makes them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def among(self, scope: Scope, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are suppressed."""
        keys = await self._keys(scope)
        asked = {_name(control, key): key for control in keys for key in set(ids)}
        if not asked:
            return set()
        return {asked[found.key] for found in await self._store.controls(scope.whole(), SUPPRESSION, list(asked))}

    async def add(
        self, scope: Scope, users: Collection[str], visitors: Collection[str], receipt_id: str, client_id: str
    ) -> None:
        """Suppress these ids, as one customer's of this receipt: `users` where they name a user or an account,
        `visitors` where they name nobody but a visitor."""
        key, data = await self._key(scope), {"receipt_id": receipt_id}
        found = {_name(key, name): {**data, "main": name == client_id} for name in users}
        found |= {_name(key, visitor(name)): {**data, "again": name in users} for name in visitors}
        await self._store.put(scope.whole(), [Control(SUPPRESSION, name, each) for name, each in found.items()])

    async def receipt_of(self, scope: Scope, names: Iterable[str]) -> str | None:
        """The receipt of the erasure that suppressed one of these ids."""
        keys = [_name(key, name) for name in names for key in await self._keys(scope)]
        found = await self._store.controls(scope.whole(), SUPPRESSION, keys) if keys else []
        return str(found[0].data["receipt_id"]) if found else None

    async def receipts(self, scope: Scope) -> set[str]:
        """The receipts of all erasures that suppress ids, whether or not they came to their end."""
        return {str(each.data["receipt_id"]) for each in await self._store.controls(scope.whole(), SUPPRESSION)}

    async def count(self, scope: Scope, receipt_id: str) -> int:
        """How many ids an erasure suppresses."""
        return sum(not each.data.get("again") for each in await self._of(scope, receipt_id))

    async def customer_of(self, scope: Scope, receipt_id: str) -> str | None:
        """The keyed hash of the customer whose erasure suppresses these ids, if it was one customer's."""
        found = await self._of(scope, receipt_id)
        return next((each.key for each in found if each.data.get("main")), found[0].key if len(found) == 1 else None)

    async def lift(self, scope: Scope, client_id: str) -> int:
        """Let everything of this erased customer in again; how many ids that were."""
        lifted = 0
        # Of several erasures, as after an import under another key, all.
        while receipt_id := await self.receipt_of(scope, [client_id, visitor(client_id)]):
            found = await self._of(scope, receipt_id)
            await self._store.delete_controls(scope.whole(), SUPPRESSION, [each.key for each in found])
            lifted += sum(not each.data.get("again") for each in found)
        return lifted

    async def _of(self, scope: Scope, receipt_id: str) -> list[Control]:
        everyone = await self._store.controls(scope.whole(), SUPPRESSION)
        return [each for each in everyone if each.data["receipt_id"] == receipt_id]

    async def _keys(self, scope: Scope) -> list[Control]:
        return await self._store.controls(scope.whole(), SUPPRESSION_KEY)

    async def _key(self, scope: Scope) -> Control:
        """The workspace's key, made with its first erasure. An import may bring others: all of them count."""
        found = await self._keys(scope)
        if found:
            return found[0]
        key = Control(SUPPRESSION_KEY, secrets.token_hex(4), {"secret": secrets.token_hex(_SECRET_BYTES)})
        await self._store.put(scope.whole(), [key])
        return key


def _name(key: Control, client_id: str) -> str:
    """The key's name and the id's HMAC-SHA256 under it."""
    digest = hmac.new(bytes.fromhex(key.data["secret"]), client_id.encode(errors="surrogatepass"), hashlib.sha256)
    return f"{key.key}:{digest.hexdigest()}"


def check_key(control: Control) -> str:
    """The key that a suppression key's data demand: its own; raises ValueError or KeyError for data that are none."""
    if len(bytes.fromhex(control.data["secret"])) != _SECRET_BYTES or not control.key.isalnum():
        raise ValueError("its secret has another length")
    return control.key


def check_suppression(control: Control) -> str:
    """As `check_key`, of a suppression."""
    key, _, digest = control.key.partition(":")
    if not key.isalnum() or len(bytes.fromhex(digest)) != hashlib.sha256().digest_size:
        raise ValueError("its key is not a keyed hash")
    if not isinstance(control.data["receipt_id"], str):
        raise ValueError("its receipt_id is not a text")
    return control.key
