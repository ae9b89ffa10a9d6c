"""Whom a rule would target, and what e-mails added for those 30 %: what was learnt on one half, on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.given import NOTHING
from tools.experiment.columns import Floats
from tools.experiment.estimators import difference
from tools.experiment.outcomes import Trial
from tools.experiment.uplift import Uplift, learn

SHARE = 0.3


class NothingLearnt(Exception):
    """Too few outcomes of some arm."""


@dataclass(frozen=True, slots=True)
class Targeted:
    """What e-mails added to the rate of visits among those a rule targets, with its standard error."""

    value: float
    se: float


#: By rule: "uplift", "risk" (least likely to come without an e-mail), and "random", which is everybody.
Judged = dict[str, Targeted]


def judge(trials: Sequence[Trial], seed: int, *, best: bool) -> Judged:
    """Every rule on a half of the trials drawn by the seed, learnt from the other half.

    What is added is that of any e-mail (either as likely), or of each customer's `best` by the model; against none, by
    SNIPS. Raises NothingLearnt.
    """
    order = np.random.default_rng(seed).permutation(len(trials))
    half = len(trials) // 2
    learnt_from, judged_on = ([trials[at] for at in part] for part in (order[:half], order[half:]))
    uplift = learn(learnt_from)
    if uplift is None:
        raise NothingLearnt(f"seed {seed}: too few outcomes in half of the trials")
    rows = uplift.columns.table([trial.decision.features for trial in judged_on])
    added = np.stack([uplift.lifts(action, rows) for action in uplift.actions], axis=1)
    chosen = added.max(axis=1) if best else added.mean(axis=1)
    risk = -uplift.arms[NOTHING].chance(rows)
    offered = _offered(uplift, judged_on, added, best=best)
    everyone = np.arange(len(judged_on))
    return {
        "uplift": _added(judged_on, offered, _top(chosen)),
        "risk": _added(judged_on, offered, _top(risk)),
        "random": _added(judged_on, offered, everyone),
    }


def _offered(uplift: Uplift, trials: Sequence[Trial], added: Floats, *, best: bool) -> Floats:
    """The probability with which the targeting policy would have chosen what was chosen."""
    if not best:
        return np.array([float(trial.arm in uplift.actions) / len(uplift.actions) for trial in trials])
    wanted = added.argmax(axis=1)
    return np.array([float(t.arm == uplift.actions[at]) for t, at in zip(trials, wanted, strict=True)])


def _top(scores: Floats) -> NDArray[np.intp]:
    """The places of the highest; ties in the order drawn."""
    return np.argsort(-scores, kind="stable")[: round(SHARE * len(scores))]


def _added(trials: Sequence[Trial], offered: Floats, places: NDArray[np.intp]) -> Targeted:
    some = [trials[at] for at in places]
    nothing = np.array([float(trial.arm == NOTHING) for trial in some])
    outcomes = np.array([trial.success for trial in some])
    propensities = np.array([trial.decision.propensity for trial in some], dtype=np.float64)
    found = difference(outcomes, offered[places], nothing, propensities, [trial.client_id for trial in some])
    if found is None:
        raise NothingLearnt("nobody was mailed, or everybody was")
    return Targeted(*found)
