"""What each customer's churn score was, day by day, as it was told then."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from memory.attribution import in_both_roles
from memory.kinds import SCORES
from memory.points import read_control
from memory.scope import Scope
from memory.store import Control, Store
from memory.suppression import Suppressions

#: More than a year, to compare with the same day of the last one.
MOST_DAYS = 400
_BANDS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class DayScore:
    """One customer's score of one day, as of its start. It was made at `made_at` by the workspace's clock, and really
    at `received_at`; whole seconds."""

    day: date
    made_at: datetime
    received_at: datetime
    probability: float
    band: str
    model: str


Days = Sequence[DayScore]


class ScoreHistory:
    """Reads and writes them; one point a customer, which is theirs and goes with them."""

    def __init__(self, store: Store, suppressions: Suppressions) -> None:
        self._store = store
        self._suppressions = suppressions

    async def read(self, scope: Scope, client_ids: Collection[str]) -> dict[str, list[DayScore]]:
        """The days of these customers, oldest first; of those who have any."""
        found = await self._store.controls(scope.whole(), SCORES, sorted(client_ids))
        return {each.key: _read(each) for each in found}

    async def write(self, scope: Scope, days: Mapping[str, Days]) -> set[str]:
        """Replace the days of these customers by their newest; who of them was erased meanwhile, and is not kept."""
        whole = scope.whole()
        await self._store.put(whole, [_control(client_id, each) for client_id, each in days.items()])
        # After the write: an erasure that began before it would have found it, a later one suppresses first.
        gone = await self._suppressions.among(whole, in_both_roles(days))
        erased = {client_id for client_id in days if not gone.isdisjoint(in_both_roles([client_id]))}
        await self._store.delete_controls(whole, SCORES, sorted(erased))
        return erased

    async def forget_older(self, scope: Scope, before: date) -> None:
        """Let go of all days before this one."""
        changed: dict[str, list[DayScore]] = {}
        gone: list[str] = []
        async for page in self._store.dump(scope.whole(), SCORES):
            for control in map(read_control, page):
                days = _read(control)
                young = [each for each in days if each.day >= before]
                if not young:
                    gone.append(control.key)
                elif len(young) < len(days):
                    changed[control.key] = young
        await self._store.delete_controls(scope.whole(), SCORES, gone)
        if changed:
            await self.write(scope, changed)


def with_day(days: Days, score: DayScore) -> list[DayScore]:
    """The days with this one, which takes the place of what was there for it."""
    kept = [each for each in days if each.day != score.day]
    return sorted([*kept, score], key=lambda each: each.day)[-MOST_DAYS:]


def _control(client_id: str, days: Days) -> Control:
    """Short, for there are many: bands by their place, times in seconds, models by their place in a list."""
    models = sorted({each.model for each in days})
    rows = [
        [
            each.day.toordinal(), int(each.made_at.timestamp()), int(each.received_at.timestamp()),
            round(each.probability, 6), _BANDS.index(each.band), models.index(each.model),
        ]
        for each in days[-MOST_DAYS:]
    ]  # fmt: skip
    return Control(SCORES, client_id, {"client_id": client_id, "models": models, "days": rows})


def _read(control: Control) -> list[DayScore]:
    data: Mapping[str, Any] = control.data
    return [
        DayScore(
            date.fromordinal(day), datetime.fromtimestamp(made, UTC), datetime.fromtimestamp(received, UTC),
            probability, _BANDS[band], data["models"][model],
        )
        for day, made, received, probability, band, model in data["days"]
    ]  # fmt: skip
