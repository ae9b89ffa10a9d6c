"""What is known of actions' effects, arm by arm and policy by policy; and where nothing can be claimed, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from memory.feedback import Feedback, Reaction
from memory.given import NOTHING, Given
from tools.experiment.causes import cause_of_doubt
from tools.experiment.effects import comparable
from tools.experiment.estimates import Contrast, Estimate, contrast, estimate_of
from tools.experiment.outcomes import Histories, Trial, trials_of
from tools.experiment.policies import POLICIES, policy_estimate
from tools.experiment.uplift import LEAST_OUTCOMES


class ArmReport(BaseModel):
    """One action, or doing nothing. `observed` is what came of those who were chosen for it: no effect."""

    arm: str
    decisions: int = Field(description="Decisions that chose it and whose outcome is known")
    successes: int
    observed: float | None = Field(description="successes / decisions")
    feedback: dict[Reaction, int]
    support: float = Field(description="The share of decisions in which it could have been chosen")
    estimate: Estimate | None = Field(description="The success rate if it were always chosen where it could be")
    effect: Contrast | None = Field(description="What it adds to doing nothing, where both could have been chosen")
    why_none: str | None = Field(description="Why there is no effect")


class PolicyReport(BaseModel):
    """A rule by which actions could be chosen, and the success rate that it would have had."""

    policy: str
    says: str
    estimate: Estimate | None
    why_none: str | None = Field(description="Why there is none, or of what it is not")


class EffectsReport(BaseModel):
    """All that decisions up to `as_of` tell. Where `causal` is false there are no effects, and `reason` says why."""

    as_of: datetime
    causal: bool
    reason: str
    outcome: tuple[str, ...] = Field(description="The events that count as success")
    horizon_days: int | None
    decisions: int = Field(description="Actions, or nothing, decided for a customer")
    waiting: int = Field(description="Those whose horizon has not ended")
    repeated: int = Field(description="Those that came after another of the same customer and period")
    gone: int = Field(description="Those about customers of whom no event is left")
    otherwise: int = Field(description="Those with no outcome to look for, or another one or horizon than the newest")
    known: int = Field(description="Those that are left: what this report rests on")
    needed: int = Field(default=LEAST_OUTCOMES, description="Known decisions from which on an arm's effect is learnt")
    model: str | None = Field(description="The version of what was learnt, by which actions are ranked")
    arms: list[ArmReport]
    policies: list[PolicyReport]


def make_report(
    given: Sequence[Given], feedback: Iterable[Feedback], everyone: Histories, as_of: datetime, model: str | None
) -> EffectsReport:
    """The report of an instant, from what was given and told up to it, and everyone's records before it."""
    decided = [each for each in given if each.decision is not None]
    found = trials_of(decided, everyone, as_of)
    trials = comparable(found.known)
    doubt = cause_of_doubt(trials)
    told = _feedback(trials, feedback)
    arms = sorted({arm for trial in trials for arm in (*trial.decision.eligible, trial.arm)})
    return EffectsReport(
        as_of=as_of,
        causal=doubt is None,
        reason=doubt or "Every decision's propensity is known, and chance had a part in them.",
        outcome=trials[-1].decision.outcome if trials else (),
        horizon_days=trials[-1].decision.horizon_days if trials else None,
        decisions=len(decided),
        waiting=found.waiting,
        repeated=found.repeated,
        gone=found.gone,
        otherwise=len(decided) - found.waiting - found.repeated - found.gone - len(trials),
        known=len(trials),
        model=model,
        arms=[_arm(arm, trials, told, doubt) for arm in arms],
        policies=[_policy(name, trials, doubt) for name in POLICIES],
    )


def _arm(arm: str, trials: Sequence[Trial], told: Counter[tuple[str, Reaction]], doubt: str | None) -> ArmReport:
    mine = [trial for trial in trials if trial.arm == arm]
    possible = [trial for trial in trials if trial.had_chance(arm)]
    successes = round(sum(trial.success for trial in mine))
    estimate = None if doubt else estimate_of(possible, [float(trial.arm == arm) for trial in possible])
    effect, why = (None, doubt) if doubt else contrast(arm, trials)
    return ArmReport(
        arm=arm,
        decisions=len(mine),
        successes=successes,
        observed=successes / len(mine) if mine else None,
        feedback={reaction: told[arm, reaction] for reaction in ("accepted", "rejected", "ignored")},
        support=len(possible) / len(trials),
        estimate=estimate,
        effect=effect,
        why_none=why if arm != NOTHING or doubt else "It is what others are compared with.",
    )


def _policy(name: str, trials: Sequence[Trial], doubt: str | None) -> PolicyReport:
    estimate, why = (None, doubt) if doubt else policy_estimate(name, trials)
    return PolicyReport(policy=name, says=POLICIES[name].says, estimate=estimate, why_none=why)


def _feedback(trials: Sequence[Trial], feedback: Iterable[Feedback]) -> Counter[tuple[str, Reaction]]:
    arms = {trial.recommendation_id: trial.arm for trial in trials}
    return Counter((arms[each.recommendation_id], each.verdict) for each in feedback if each.recommendation_id in arms)
