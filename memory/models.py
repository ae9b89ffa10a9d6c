"""Trained models of a workspace, as points of the store: every replica reads the same, and erasure reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from memory.cleaning import format_time, parse_time
from memory.holders import Person
from memory.kinds import MODEL, MODEL_IN_FORCE
from memory.scope import Scope
from memory.store import Control, Store, Where
from memory.workspace import list_workspaces

#: Looks back at five years month by month, and as many versions that were in force.
MOST_MODELS = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as JSON, and what it was trained on: `asked` by key, events before `until` with this `digest`.

    `retired`: it has seen somebody who was erased since, and goes by their purge date.
    """

    asked: str
    until: datetime
    digest: str
    made_at: datetime
    model: Mapping[str, Any]
    retired: bool = False

    @property
    def version(self) -> str:
        return version_of(self.asked, self.until, self.digest)

    @property
    def control(self) -> Control:
        data = {
            "asked": self.asked,
            "until": format_time(self.until),
            "digest": self.digest,
            "made_at": format_time(self.made_at),
            "model": dict(self.model),
            "retired": self.retired,
        }
        return Control(MODEL, self.version, data)


@dataclass(frozen=True, slots=True)
class InForce:
    """The version that answers about the present, and those before it, newest first."""

    version: str
    since: datetime
    earlier: tuple[str, ...] = ()


def version_of(asked: str, until: datetime, digest: str) -> str:
    """The name of a model: the same for what is trained on the same events, since training knows no chance."""
    return f"{until:%Y%m%dT%H%M%S}-{asked[:6]}-{digest[:10]}"


class Models:
    """Reads and writes the models of any workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, scope: Scope, kept: Kept) -> None:
        """Keep a model; of too many the one that was made first goes, unless it is or was in force."""
        await self._store.put(scope.whole(), [kept.control])
        every = await self.all(scope)
        if len(every) > MOST_MODELS:
            needed = await self._needed(scope)
            spare = sorted((each for each in every if each.version not in needed), key=lambda each: each.made_at)
            await self.remove(scope, [each.version for each in spare[: len(every) - MOST_MODELS]])

    async def get(self, scope: Scope, version: str) -> Kept | None:
        found = await self._store.control(scope.whole(), MODEL, version)
        return read_kept(found) if found else None

    async def all(self, scope: Scope) -> list[Kept]:
        """Every model, by version."""
        return [read_kept(each) for each in await self._store.controls(scope.whole(), MODEL)]

    async def find(self, scope: Scope, asked: str, until: datetime, digest: str) -> Kept | None:
        """The model that was trained for this on exactly these events."""
        found = await self.get(scope, version_of(asked, until, digest))
        return found if found and not found.retired else None

    async def remove(self, scope: Scope, versions: Sequence[str]) -> None:
        await self._store.delete_controls(scope.whole(), MODEL, versions)

    async def in_force(self, scope: Scope, asked: str) -> InForce | None:
        """What answers about the present; None before a first promotion."""
        found = await self._store.control(scope.whole(), MODEL_IN_FORCE, asked)
        if found is None:
            return None
        data = found.data
        return InForce(data["version"], parse_time(data["since"]), tuple(data["earlier"]))

    async def promote(self, scope: Scope, asked: str, version: str, now: datetime) -> None:
        """Let a version answer about the present."""
        current = await self.in_force(scope, asked)
        earlier = [each for each in ((current.version, *current.earlier) if current else ()) if each != version]
        await self._point(scope, asked, InForce(version, now, tuple(earlier[:10])))

    async def roll_back(self, scope: Scope, asked: str, now: datetime) -> InForce | None:
        """Let the version before answer again, and forget that this one did; None where none is left."""
        current = await self.in_force(scope, asked)
        known = {each.version for each in await self.all(scope) if not each.retired}
        left = [version for version in (current.earlier if current else ()) if version in known]
        if not left:
            return None
        found = InForce(left[0], now, tuple(left[1:]))
        await self._point(scope, asked, found)
        return found

    async def _point(self, scope: Scope, asked: str, to: InForce) -> None:
        data = {"version": to.version, "since": format_time(to.since), "earlier": list(to.earlier)}
        await self._store.put(scope.whole(), [Control(MODEL_IN_FORCE, asked, data)])

    async def _needed(self, scope: Scope) -> set[str]:
        pointers = await self._store.controls(scope.whole(), MODEL_IN_FORCE)
        return {version for each in pointers for version in (each.data["version"], *each.data["earlier"])}


class ModelHolder:
    """Models hold values of the customers they were trained on: an erased one's go by the purge date.

    Until then a model in force answers on, so that there is time to train another; all others go at once.
    """

    name = "models"
    kind = MODEL

    def __init__(self, store: Store) -> None:
        self._store = store
        self._models = Models(store)

    async def count(self, scope: Scope, person: Person) -> int:
        return len(await self._trained_on(scope, person))

    async def erase(self, scope: Scope, person: Person) -> int:
        return await self._retire(scope, await self._trained_on(scope, person))

    async def forget_older(self, scope: Scope, before: datetime) -> int:
        """Those that have seen nothing younger than this."""
        return await self._retire(scope, [each for each in await self._alive(scope) if each.until <= before])

    async def purge(self) -> bool:
        """Let go of the retired ones that are in force still."""
        for name in await list_workspaces(self._store):
            scope = Scope(name)
            gone = {each.version for each in await self._models.all(scope) if each.retired}
            pointers = await self._store.controls(scope, MODEL_IN_FORCE)
            await self._store.delete_controls(
                scope, MODEL_IN_FORCE, [each.key for each in pointers if each.data["version"] in gone]
            )
            await self._models.remove(scope, sorted(gone))
        return True

    async def _trained_on(self, scope: Scope, person: Person) -> list[Kept]:
        """The models that have seen an event which carries one of their ids."""
        alive = await self._alive(scope)
        if not alive or not person.ids:
            return []
        where = Where(ids=tuple(sorted(person.ids)), before=max(each.until for each in alive))
        pages = [page async for page in self._store.pages(scope.whole(), where)]
        first = min((record.occurred_at for page in pages for record in page), default=datetime.max.replace(tzinfo=UTC))
        return [each for each in alive if each.until > first]

    async def _alive(self, scope: Scope) -> list[Kept]:
        return [each for each in await self._models.all(scope) if not each.retired]

    async def _retire(self, scope: Scope, found: Sequence[Kept]) -> int:
        pointers = await self._store.controls(scope.whole(), MODEL_IN_FORCE)
        answering = {each.data["version"] for each in pointers}
        stays = [each for each in found if each.version in answering]
        await self._store.put(scope.whole(), [_retired(each) for each in stays])
        await self._models.remove(scope, [each.version for each in found if each.version not in answering])
        return len(found)


def read_kept(control: Control) -> Kept:
    """The model that its control point holds."""
    data = control.data
    return Kept(
        asked=data["asked"],
        until=parse_time(data["until"]),
        digest=data["digest"],
        made_at=parse_time(data["made_at"]),
        model=data["model"],
        retired=data["retired"],
    )


def _retired(kept: Kept) -> Control:
    found = kept.control
    return Control(found.kind, found.key, {**found.data, "retired": True})
