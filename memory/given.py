"""What was recommended to whom, and how that was decided: a log that is only added to."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.attribution import in_both_roles
from memory.kinds import GIVEN
from memory.points import control_point, read_control
from memory.scope import Scope
from memory.store import Control, Store, Where
from memory.suppression import Suppressions

#: The arm of doing nothing: to learn what an action adds, it has to be left out now and then.
NOTHING = "nothing"
#: Ten years, of which a playbook allows no more: dates have an end.
MOST_REST_DAYS = 3_650
#: Written at a time: a few milliseconds in which nobody else has a turn.
_AT_ONCE = 100
RecommendationKind = Literal["item", "action"]


class Decision(BaseModel):
    """How an action was chosen, at the time: all that is needed to learn from it later without looking back.

    `eligible` holds action ids in the order they would be taken in, with NOTHING where that was a possible choice.
    `propensity` is the probability, in (0, 1], with which `chosen` was chosen; None where nobody knows it. `period`
    counts horizons: a customer has one decision in each. `outcome` names the events that count as success within
    `horizon_days`. `ranking` says by what the actions were ordered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    eligible: tuple[str, ...]
    chosen: str = Field(min_length=1)
    propensity: float | None = Field(default=None, gt=0, le=1)
    explored: bool
    period: int
    features: dict[str, float]
    features_hash: str
    playbook: str
    churn_model: str | None = None
    ranking: str
    horizon_days: int = Field(ge=1, le=730)
    outcome: tuple[str, ...]


class Given(BaseModel):
    """One recommendation: `what` names an item, an action by its id, or NOTHING.

    `made_at` is by the workspace's clock, `received_at` is when it really was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    kind: RecommendationKind
    what: str = Field(min_length=1)
    title: str
    made_at: AwareDatetime
    received_at: AwareDatetime
    expires_at: AwareDatetime
    cool_down_days: int = Field(ge=0, le=MOST_REST_DAYS)
    decision: Decision | None = None

    @property
    def control(self) -> Control:
        return Control(GIVEN, self.id, self.model_dump(mode="json"))

    @property
    def order(self) -> tuple[datetime, str]:
        return self.made_at, self.id


class GivenLog:
    """Reads and writes it; one point a recommendation, found by its id and by its customer's."""

    def __init__(self, store: Store, suppressions: Suppressions) -> None:
        self._store = store
        self._suppressions = suppressions

    async def put(self, scope: Scope, given: Sequence[Given]) -> set[str]:
        """Keep what is new: of an id that is there already the first stays. Those who were erased, and are not kept."""
        whole = scope.whole()
        if not given:
            return set()
        for start in range(0, len(given), _AT_ONCE):
            some = given[start : start + _AT_ONCE]
            await self._store.restore(whole, [control_point(whole, each.control) for each in some])
            await asyncio.sleep(0)
        # After the write: an erasure that began before it would have found it, a later one suppresses first.
        gone = await self._suppressions.among(whole, in_both_roles(each.client_id for each in given))
        erased = {each.client_id for each in given if not gone.isdisjoint(in_both_roles([each.client_id]))}
        await self._store.delete_controls(whole, GIVEN, [each.id for each in given if each.client_id in erased])
        return erased

    async def get(self, scope: Scope, recommendation_id: str) -> Given | None:
        found = await self._store.control(scope.whole(), GIVEN, recommendation_id)
        return read_given(found) if found else None

    async def of(
        self, scope: Scope, client_ids: Collection[str], as_of: datetime, known_at: datetime | None = None
    ) -> list[Given]:
        """What a customer of these ids was given up to an instant, oldest first."""
        if not client_ids:
            return []
        return await self._read(scope, Where(ids=tuple(sorted(client_ids))), as_of, known_at)

    async def all(self, scope: Scope, as_of: datetime, known_at: datetime | None = None) -> list[Given]:
        """What anybody was given up to an instant, oldest first."""
        return await self._read(scope, None, as_of, known_at)

    async def _read(self, scope: Scope, where: Where | None, as_of: datetime, known_at: datetime | None) -> list[Given]:
        pages = self._store.dump(scope.whole(), GIVEN, where=where)
        found = [read_given(read_control(payload)) async for page in pages for payload in page]
        return in_force(found, as_of, known_at)


def in_force(given: Iterable[Given], as_of: datetime, known_at: datetime | None = None) -> list[Given]:
    """Those made up to an instant, in order.

    What was made at the very instant counts, as with bands set by hand: where the clock is pinned, all is made then.
    """
    seen = (g for g in given if g.made_at <= as_of and (known_at is None or g.received_at < known_at))
    return sorted(seen, key=lambda each: each.order)


def read_given(control: Control) -> Given:
    """What `Given.control` wrote; raises ValidationError for anything else."""
    return Given.model_validate(control.data)
