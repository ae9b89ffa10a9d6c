"""Which samples of which suites are run."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence

from evals.sample import Sample
from evals.suite import Suite


class NothingChosen(ValueError):
    """What was asked for fits no sample; the sentence says what there is."""


def suites_named(names: Sequence[str], known: Mapping[str, Suite]) -> list[Suite]:
    """The suites of these names, all where there is none; raises NothingChosen."""
    for name in names:
        if name not in known:
            raise NothingChosen(f"There is no suite {name!r}; there are {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


def samples_of(
    suite: Suite, categories: Collection[str], ids: Collection[str], limit: int | None, seed: int
) -> list[Sample]:
    """The suite's samples of these categories and ids (any where there is none), at most `limit` of a category."""
    chosen = [
        sample
        for sample in suite.samples()
        if (not categories or sample.category in categories) and (not ids or sample.id in ids)
    ]
    return _drawn(chosen, limit, seed) if limit else chosen


def _drawn(samples: Sequence[Sample], limit: int, seed: int) -> list[Sample]:
    """So many of each category, in their order."""
    draw = random.Random(seed)
    groups: dict[str, list[int]] = {}
    for n, sample in enumerate(samples):
        groups.setdefault(sample.category, []).append(n)
    kept = {n for group in groups.values() for n in draw.sample(group, min(limit, len(group)))}
    return [sample for n, sample in enumerate(samples) if n in kept]
