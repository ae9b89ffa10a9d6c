"""Rules by which actions could be chosen, each judged on the decisions that there were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from memory.given import NOTHING
from tools.experiment.estimates import Estimate, estimate_of
from tools.experiment.outcomes import Trial
from tools.experiment.uplift import LEAST_OUTCOMES, learn

#: For each trial the arm that a rule chooses; None where it cannot say.
Chosen = list[str | None]


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule, in words and as a function of the trials."""

    says: str
    choose: Callable[[Sequence[Trial]], Chosen]


def _first(trials: Sequence[Trial]) -> Chosen:
    return [next((arm for arm in trial.decision.eligible if arm != NOTHING), NOTHING) for trial in trials]


def _nothing(trials: Sequence[Trial]) -> Chosen:
    return [NOTHING for _ in trials]


def _best(trials: Sequence[Trial]) -> Chosen:
    """By the uplift learnt from the other half of the customers: nobody is judged by what was learnt from them."""
    halves = [[trial for trial in trials if _half(trial) == half] for half in (0, 1)]
    found: dict[str, str] = {}
    for learnt_from, judged in (halves, reversed(halves)):
        uplift = learn(learnt_from, LEAST_OUTCOMES // 2)
        if uplift is None:
            return [None for _ in trials]
        found |= dict(zip((trial.recommendation_id for trial in judged), uplift.best(judged), strict=True))
    return [found[trial.recommendation_id] for trial in trials]


POLICIES = {
    "first": Policy("the first eligible action, as they were ranked", _first),
    "uplift": Policy("the action with the greatest estimated uplift, or nothing where none adds anything", _best),
    "nothing": Policy("nothing for anybody", _nothing),
}


def policy_estimate(name: str, trials: Sequence[Trial]) -> tuple[Estimate | None, str | None]:
    """The success rate that a policy would have had, or why that is not known."""
    chosen = POLICIES[name].choose(trials)
    if None in chosen:
        return None, f"No effect has been learnt yet: nothing and an action need {LEAST_OUTCOMES:,} decisions each."
    pairs = [(t, arm) for t, arm in zip(trials, chosen, strict=True) if arm is not None and t.had_chance(arm)]
    found = estimate_of([trial for trial, _ in pairs], [float(trial.arm == arm) for trial, arm in pairs])
    if found is None:
        return None, "What it chooses was never chosen."
    missing = len(trials) - len(pairs)
    return found, f"Not of {missing:,} decisions in which what it chooses had no chance." if missing else None


def _half(trial: Trial) -> int:
    return sha256(trial.client_id.encode(errors="surrogatepass")).digest()[0] & 1
