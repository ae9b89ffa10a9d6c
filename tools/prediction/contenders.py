"""All models that an outcome may be foretold by, the safest first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.prediction.additive import Additive, Floats
from tools.prediction.boosting import fit_steps
from tools.prediction.candidates import local_candidate, quick_candidates
from tools.prediction.choice import Candidate, Labelled
from tools.prediction.columns import Columns
from tools.prediction.directions import directions
from tools.prediction.outcome import Outcome
from tools.prediction.prior import prior_for, shipped_prior

#: Of fewer customers a boosting machine has too few to hold out, and was not the best on any data seen.
FEWEST_FOR_STEPS = 500


def contenders(known: Columns, outcome: Outcome) -> tuple[Candidate, ...]:
    """What may foretell this outcome: where no prior is about it, only what is learnt here."""
    prior = prior_for(outcome)
    if prior is None:
        return (local_candidate(shipped_prior(outcome.horizon_days)), _boosted(known, outcome))
    return (*quick_candidates(prior, silence=not outcome.happens), _boosted(known, outcome))


def _boosted(known: Columns, outcome: Outcome) -> Candidate:
    def fit(rows: Labelled, now: Mapping[str, Floats]) -> Additive:
        ways = directions(known, outcome, rows.features)
        return fit_steps(rows.features, rows.labels.astype(np.bool_), rows.customer, ways)

    return Candidate("steps", fit, FEWEST_FOR_STEPS, both=True)
