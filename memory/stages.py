"""The stage of a customer, folded from what their events state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from memory.record import Record

STAGES = ("visitor", "lead", "trial", "customer", "engaged")
_RANK = {stage: rank for rank, stage in enumerate(STAGES)}

#: A third purchase is a habit: in retail data most second orders are still a trial of the shop.
ENGAGED_PURCHASE_DAYS = 3
#: Or an active day in each week of a month, for products that are used rather than bought.
ENGAGED_ACTIVE_DAYS = 4
ENGAGED_WINDOW = timedelta(days=30)
#: Evidence of a change of stage lists its last events only: they are what tipped it.
MAX_EVIDENCE = 8


@dataclass(frozen=True, slots=True)
class StageChange:
    """From `since` on the customer is at `stage`, because of these events (message ids)."""

    stage: str
    since: datetime
    evidence: tuple[str, ...]


def fold_stages(records: Iterable[Record]) -> list[StageChange]:
    """The stages a customer went through, from records in order.

    Stages only rise, but for a trial that ends without a purchase: the customer is a lead again.
    """
    changes: list[StageChange] = []
    habit = _Habit()
    for record in records:
        current = changes[-1].stage if changes else None
        stage = _next_stage(current, record)
        evidence: tuple[str, ...] = (record.message_id,)
        if stage == "customer":
            shown = habit.after(record)
            stage, evidence = ("engaged", shown) if shown else (stage, evidence)
        if stage != current:
            changes.append(StageChange(stage, record.occurred_at, evidence))
    return changes


def _next_stage(current: str | None, record: Record) -> str:
    if current == "trial" and record.meaning.ends_trial:
        return "lead"
    proof = record.meaning.stage or ("lead" if record.person or record.email else "visitor")
    return proof if current is None or _RANK[proof] > _RANK[current] else current


class _Habit:
    """What is remembered of a customer until they are engaged: purchase days and recent active days."""

    def __init__(self) -> None:
        self._purchases: dict[date, str] = {}
        self._active: dict[date, str] = {}

    def after(self, record: Record) -> tuple[str, ...]:
        """The events that show a habit as of this record, or none."""
        if not record.meaning.active:
            return ()
        today = record.occurred_at.date()
        self._active[today] = record.message_id
        if record.meaning.money > 0:
            self._purchases[today] = record.message_id
        if len(self._purchases) >= ENGAGED_PURCHASE_DAYS:
            return tuple(self._purchases.values())[-MAX_EVIDENCE:]
        self._active = {day: seen for day, seen in self._active.items() if today - day < ENGAGED_WINDOW}
        return tuple(self._active.values()) if len(self._active) >= ENGAGED_ACTIVE_DAYS else ()
