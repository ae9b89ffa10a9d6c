"""The models that a workspace of few customers can have, the safest first."""

from __future__ import annotations

from tools.prediction.bgnbd import fit_bgnbd
from tools.prediction.choice import Candidate
from tools.prediction.offset import fit_offset
from tools.prediction.prior import SplineModel


def quick_candidates(prior: SplineModel, silence: bool = True) -> tuple[Candidate, ...]:
    """For an outcome that the prior is about: the offset, the prior itself, and for silence BG/NBD.

    The offset stands first: it goes to the prior where little is known, and was the best on the mean from ten customers
    on. `silence`: whether the outcome is to be silent, or, by a reversed prior, to come back.
    """
    offset = Candidate("offset", lambda known, _: fit_offset(prior, known.features, known.labels, known.customer))
    alone = Candidate("prior", lambda known, now: prior)
    bought = Candidate("bgnbd", lambda known, now: fit_bgnbd(now, prior.horizon_days))
    return (offset, alone, bought) if silence else (offset, alone)


def local_candidate(shapes: SplineModel) -> Candidate:
    """For an outcome that no prior is about: the prior's terms with scales learnt here alone, of both outcomes."""
    return Candidate(
        "offset",
        lambda known, _: fit_offset(shapes, known.features, known.labels, known.customer, about=False),
        both=True,
    )
