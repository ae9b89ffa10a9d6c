"""What became of decisions, found in the events: one trial for each whose horizon has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.given import Decision, Given
from memory.record import Record
from memory.vocabulary import spelled

Histories = Mapping[str, Sequence[Record]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether success came within the horizon, and the event that was the first of it."""

    happened: bool
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A decision about one customer, and what became of it: `success` is 0 or 1."""

    recommendation_id: str
    client_id: str
    decision: Decision
    success: float

    @property
    def arm(self) -> str:
        return self.decision.chosen

    def had_chance(self, arm: str) -> bool:
        """Whether it could have been chosen: it was, or it was eligible where the choice was left to chance."""
        propensity = self.decision.propensity
        if propensity is None:
            return False
        return arm == self.arm or (propensity < 1 and arm in self.decision.eligible)


@dataclass(frozen=True, slots=True)
class Trials:
    """The trials in order of their decisions; and how many decisions still wait for their horizon's end, came after
    another of the same customer and period, or are about customers of whom no event is left."""

    known: tuple[Trial, ...]
    waiting: int
    repeated: int
    gone: int


def horizon_end(given: Given, decision: Decision) -> datetime:
    """The last instant at which success counts."""
    return given.made_at + timedelta(days=decision.horizon_days)


def outcome_of(given: Given, records: Iterable[Record], as_of: datetime) -> Outcome | None:
    """What became of a decision by an instant, from its customer's records before it, in order.

    None where its horizon has not ended, or where nothing was named that would be success.
    """
    decision = given.decision
    if decision is None or not decision.outcome:
        return None
    end = horizon_end(given, decision)
    if end >= as_of:
        return None
    wanted = {spelled(title) for title in decision.outcome}
    for record in records:
        if given.made_at < record.occurred_at <= end and spelled(record.title) in wanted:
            return Outcome(True, record.message_id)
    return Outcome(False)


def trials_of(given: Iterable[Given], everyone: Histories, as_of: datetime) -> Trials:
    """The trials of decisions made before an instant, as everyone's records before it tell of them.

    Of one customer only the first decision of a period counts: it is for the whole of it.
    """
    owners = {r.customer_id: client_id for client_id, records in everyone.items() for r in records}
    seen: set[tuple[str, int]] = set()
    known, waiting, repeated, gone = [], 0, 0, 0
    for each in sorted(given, key=lambda g: g.order):
        if each.decision is None or not each.decision.outcome:
            continue
        owner = each.client_id if each.client_id in everyone else owners.get(each.client_id)
        if owner is None:
            gone += 1
            continue
        if (owner, each.decision.period) in seen:
            repeated += 1
            continue
        seen.add((owner, each.decision.period))
        outcome = outcome_of(each, everyone[owner], as_of)
        if outcome is None:
            waiting += 1
        else:
            known.append(Trial(each.id, owner, each.decision, float(outcome.happened)))
    return Trials(tuple(known), waiting, repeated, gone)
