"""The next best action for one customer: what the playbook allows, by what it is worth where that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from memory.given import Decision
from memory.scope import Scope
from memory.workspace import WorkspaceSettings
from tools.experiment.draw import choose, period_of
from tools.experiment.effects import Effects
from tools.experiment.features import features_of, hash_of
from tools.experiment.uplift import Lift
from tools.playbook.eligible import Eligible, eligible
from tools.playbook.playbook import Action, Playbook
from tools.recommendation import UNKNOWN, Effect, Recommendation, recommendation_id
from tools.signal_view import expected_value
from tools.survey import Customer

PLAYBOOK_ORDER = "playbook order"
_NO_EFFECT = "the playbook's order: what this action causes is not known"
_BY_CHANCE = "chosen at random, to learn what it causes"


@dataclass(frozen=True, slots=True)
class Weighed:
    """An eligible action with its estimated effect, and what that is worth: effect x value - cost, in `currency`."""

    eligible: Eligible
    lift: Lift | None = None
    worth: float | None = None
    currency: str | None = None

    @property
    def action(self) -> Action:
        return self.eligible.action


@dataclass(frozen=True, slots=True)
class Actions:
    """What is recommended, best first, and the decision behind it; none where nothing is eligible."""

    chosen: tuple[Weighed, ...] = ()
    decision: Decision | None = None


def next_actions(
    scope: Scope,
    customer: Customer,
    playbook: Playbook,
    effects: Effects,
    resting: Mapping[str, datetime],
    as_of: datetime,
    settings: WorkspaceSettings,
) -> Actions:
    """The actions for a customer. Where the playbook explores, it is one at most, so that its effect can be told."""
    allowed = eligible(playbook, customer, as_of, resting)
    if not allowed:
        return Actions()
    features = features_of(customer, as_of, playbook.features)
    found = in_order([_weighed(each, playbook, customer, effects, features) for each in allowed])
    if not found:
        return Actions()
    period = period_of(as_of, settings, playbook.horizon_days)
    # By the id they were first seen with, and the playbook's name: neither who they turn out to be nor a retouched
    # sentence moves somebody to another arm while the outcome of the first is watched.
    choice = choose(
        [each.action.id for each in found], playbook.explore, workspace=scope.workspace,
        client_id=customer.records[0].customer_id, period=period, playbook=playbook.name,
    )  # fmt: skip
    decision = Decision(
        eligible=choice.eligible,
        chosen=choice.chosen,
        propensity=choice.propensity,
        explored=choice.explored,
        period=period,
        features=features,
        features_hash=hash_of(features),
        playbook=playbook.digest,
        churn_model=customer.signal.model,
        ranking=_ranking(found, effects),
        horizon_days=playbook.horizon_days,
        outcome=playbook.outcome,
    )
    shown = [each for each in found if each.action.id == choice.chosen] if playbook.explore else found
    return Actions(tuple(shown), decision)


def _ranking(found: Sequence[Weighed], effects: Effects) -> str:
    """By what the actions are ordered."""
    known = any(each.worth is not None for each in found)
    return effects.version if known and effects.version else PLAYBOOK_ORDER


def in_order(found: Sequence[Weighed]) -> list[Weighed]:
    """What pays first, best first; then what is not known to, in the playbook's order; what does not pay is left out
    where even the top of its interval does not, else comes last."""
    paying = sorted(
        (each for each in found if each.worth is not None and each.worth > 0), key=lambda w: -(w.worth or 0)
    )
    unknown = [each for each in found if each.worth is None]
    doubtful = [
        each for each in found if each.worth is not None and each.worth <= 0 and each.lift and each.lift.high > 0
    ]
    return [*paying, *unknown, *doubtful]


def _weighed(
    each: Eligible, playbook: Playbook, customer: Customer, effects: Effects, features: Mapping[str, float]
) -> Weighed:
    lift = effects.lift(each.action.id, features)
    if lift is None:
        return Weighed(each)
    value, cost = expected_value(customer), float(each.action.cost)
    if value is not None and (not cost or value.currency == playbook.currency):
        return Weighed(each, lift, round(lift.value * value.amount - cost, 2), value.currency)
    # Without an amount to set against it, a cost cannot be weighed.
    return Weighed(each, lift, None if cost else lift.value)


def recommended(customer: Customer, weighed: Weighed, decision: Decision, as_of: datetime, day: date) -> Recommendation:
    """One action as it is told."""
    action = weighed.action
    return Recommendation(
        id=recommendation_id(customer.client_id, "action", action.id, day),
        kind="action",
        action=action.id,
        title=action.title,
        why=weighed.eligible.why,
        evidence=list(weighed.eligible.evidence),
        score=weighed.worth,
        score_meaning=_meaning(weighed, decision),
        expected_effect=_effect(weighed.lift, decision),
        action_reference=action.reference,
        says=action.says or None,
        channel=action.channel,
        accept_label=action.accept,
        reject_label=action.reject,
        expires_at=as_of + timedelta(days=action.expires_days),
        as_of=as_of,
    )


def _meaning(weighed: Weighed, decision: Decision) -> str:
    if decision.explored:
        return _BY_CHANCE
    if weighed.worth is None or weighed.lift is None:
        return _NO_EFFECT
    if weighed.currency:
        return f"estimated effect x expected value - cost, in {weighed.currency}"
    return "estimated effect, for no amount is expected of them"


def _effect(lift: Lift | None, decision: Decision) -> Effect | Literal["unknown"]:
    if lift is None:
        return UNKNOWN
    outcome = f"{' or '.join(decision.outcome)} within {decision.horizon_days} days"
    return Effect(value=lift.value, low=lift.low, high=lift.high, outcome=outcome, model=decision.ranking)
