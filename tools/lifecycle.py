"""The whole life of a customer: the stages that events state, and churn as the workspace defines it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from memory.record import Record
from memory.stages import StageChange, fold_stages
from memory.workspace import ChurnDefinition

#: Every stage that an answer or a filter can name, in the order of a life.
ALL_STAGES = ("visitor", "lead", "trial", "customer", "engaged", "at_risk", "churned", "won_back")
#: Only who has bought can leave.
BUYING_STAGES = frozenset({"customer", "engaged", "at_risk", "won_back"})


#: For how long somebody counts as won back where no silence makes a customer churned.
WON_BACK_DAYS = 90


@dataclass(frozen=True, slots=True)
class _Absence:
    """A customer who left: since when and why, and the event that brought them back."""

    left: StageChange
    back: StageChange | None


def fold_lifecycle(
    records: Sequence[Record], definition: ChurnDefinition, as_of: datetime, *, buyers: bool = True
) -> list[StageChange]:
    """Stages from records in order, with `churned` and `won_back`; `at_risk` needs a score and is added by it.

    With `buyers` only who has bought can leave; else whoever was there.
    """
    base = fold_stages(records)
    bought = next((change.since for change in base if change.stage == "customer"), None)
    begun = bought if buyers or not records else records[0].occurred_at
    if begun is None:
        return base
    changes = list(base)
    absences = _absences(records, definition, begun, as_of)
    for absence, following in zip_longest(absences, absences[1:]):
        changes.append(absence.left)
        if absence.back:
            changes.append(absence.back)
            settled = absence.back.since + timedelta(days=definition.inactive_days or WON_BACK_DAYS)
            if settled < (following.left.since if following else as_of):
                changes.append(StageChange(stage_at(base, settled), settled, absence.back.evidence))
    return _in_order(changes)


def stage_at(changes: Sequence[StageChange], moment: datetime) -> str:
    """The stage that an event at this moment happened in, the change it causes included."""
    return next((change.stage for change in reversed(changes) if change.since <= moment), "visitor")


def _absences(
    records: Sequence[Record], definition: ChurnDefinition, begun: datetime, as_of: datetime
) -> list[_Absence]:
    found: list[_Absence] = []
    left: StageChange | None = None
    cancelled = False
    last_active: Record | None = None
    for record in (r for r in records if r.occurred_at >= begun):
        if left is None:
            left, cancelled = _silence(last_active, definition, record.occurred_at), False
        if left and (record.meaning.returns if cancelled else definition.is_activity(record.title)):
            found.append(_Absence(left, StageChange("won_back", record.occurred_at, (record.message_id,))))
            left = None
        if left is None and definition.leaves(record.title):
            left, cancelled = StageChange("churned", record.occurred_at, (record.message_id,)), True
        if definition.is_activity(record.title):
            last_active = record
    left = left or _silence(last_active, definition, as_of)
    return [*found, _Absence(left, None)] if left else found


def _silence(last_active: Record | None, definition: ChurnDefinition, moment: datetime) -> StageChange | None:
    """The churn that a silence up to this moment amounts to, if it does."""
    if last_active is None or definition.kind != "inactivity" or definition.inactive_days is None:
        return None
    gone = last_active.occurred_at + timedelta(days=definition.inactive_days)
    return StageChange("churned", gone, (last_active.message_id,)) if gone < moment else None


def _in_order(changes: Sequence[StageChange]) -> list[StageChange]:
    """By time, without what a churned customer's own events state, and without repeats."""
    kept: list[StageChange] = []
    for change in sorted(changes, key=lambda change: change.since):
        gone = bool(kept) and kept[-1].stage == "churned"
        if (gone and change.stage != "won_back") or (kept and kept[-1].stage == change.stage):
            continue
        kept.append(change)
    return kept
