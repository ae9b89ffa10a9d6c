"""The experiment through the product: intake, survey, features, decision log, and outcomes found in the events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evals.backtest.own_store import fill, own_store
from evals.progress import Advance
from evals.uplift.hillstrom import ARMS, HORIZON_DAYS, MAILED, NUMBERS, TEXTS, VISITED, Mailed
from memory.given import NOTHING, Decision, Given
from memory.scope import Scope
from memory.workspace import ChurnDefinition
from server.bootstrap import Services
from server.times import Moment
from tools.experiment.draw import period_of
from tools.experiment.features import features_of, hash_of
from tools.experiment.outcomes import Histories
from tools.survey import Customer

_WORKSPACE = "hillstrom"
_AFTER = MAILED + timedelta(days=HORIZON_DAYS + 1)
_LOGGED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """The log as it was read back, everyone's records, and the instant at which all outcomes are known."""

    given: list[Given]
    everyone: Histories
    as_of: datetime


async def replay(people: Sequence[Mailed], advance: Advance) -> Replayed:
    """Take the experiment into a store of its own, decision by decision; raises NotForetold for an event refused."""
    async with own_store() as services:
        scope = Scope(_WORKSPACE)
        definition = ChurnDefinition(customers="everyone")
        await fill(services, _WORKSPACE, [each.before for each in people], definition, advance)
        await _log(services, scope, people)
        await fill(services, _WORKSPACE, [event for each in people for event in each.after], definition, advance)
        given = await services.given.all(scope, _AFTER)
        return Replayed(given, await services.ledger.everyone(scope, _AFTER), _AFTER)


async def _log(services: Services, scope: Scope, people: Sequence[Mailed]) -> None:
    """Keep what each customer was chosen for, with what was known of them then."""
    settings = await services.workspaces.settings(scope)
    survey = await services.desk.context(scope, Moment(MAILED, settings)).survey()
    period = period_of(MAILED, settings, HORIZON_DAYS)
    given = [_given(survey.customers[each.client_id], each.arm, period) for each in people]
    for start in range(0, len(given), _LOGGED_AT_ONCE):
        await services.given.put(scope, given[start : start + _LOGGED_AT_ONCE])


def _given(customer: Customer, arm: str, period: int) -> Given:
    features = features_of(customer, MAILED, (*NUMBERS, *TEXTS))
    decision = Decision(
        eligible=(*(arm for arm in ARMS.values() if arm != NOTHING), NOTHING), chosen=arm, propensity=1 / len(ARMS),
        explored=True, period=period, features=features, features_hash=hash_of(features), playbook="hillstrom",
        ranking="drawn", horizon_days=HORIZON_DAYS, outcome=(VISITED,),
    )  # fmt: skip
    return Given(
        id=f"given-{customer.client_id}", client_id=customer.client_id, kind="action", what=arm, title=arm,
        made_at=MAILED, received_at=datetime.now(UTC), expires_at=MAILED + timedelta(days=HORIZON_DAYS),
        cool_down_days=0, decision=decision,
    )  # fmt: skip
