"""Lists of scores made one: by ranks, so that a cosine and a word score can be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

#: Reciprocal rank fusion, 1 / (K + rank): lists over one customer are short, so first ranks weigh more than with 60.
RRF_K = 10
#: Equal up to here is equal: embedding in another batch moves scores by 1e-7.
SCORE_DIGITS = 4

#: A score for each message id.
Scores = Mapping[str, float]


def fuse(lists: Sequence[Scores]) -> dict[str, float]:
    """The fused score of everything that a list holds, as a share of first place in all (Cormack et al., 2009)."""
    fused: dict[str, float] = {}
    best = len(lists) / (RRF_K + 1)
    for scores in lists:
        for key, rank in ranks(scores).items():
            fused[key] = fused.get(key, 0.0) + 1 / (RRF_K + rank) / best
    return fused


def ranks(scores: Scores) -> dict[str, int]:
    """The rank of each from 1; equal scores share one, so that the order in which they come shows nowhere."""
    rounded = np.round(np.fromiter(scores.values(), float, len(scores)), SCORE_DIGITS)
    _, places = np.unique(-rounded, return_inverse=True)
    return dict(zip(scores, (places + 1).tolist(), strict=True))
