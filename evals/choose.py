"""Which samples of which suites are run."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence

from evals.backtest.history import TooShort
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


def all_samples(suite: Suite) -> Sequence[Sample]:
    """The samples of a suite; raises NothingChosen where its data have none."""
    try:
        return suite.samples()
    except TooShort as error:
        raise NothingChosen(f"The suite {suite.name!r} has nothing to ask: {error}. Name those that fit.") from None


def refuse_unknown(suites: Iterable[Suite], categories: Collection[str], ids: Collection[str]) -> None:
    """Raises NothingChosen for a category or an id that no suite has: a word misspelt is not to be passed over."""
    samples = [sample for suite in suites for sample in all_samples(suite)]
    known = sorted({sample.category for sample in samples})
    for name in categories:
        if name not in known:
            raise NothingChosen(f"There is no category {name!r}; there are {', '.join(known)}.")
    for name in set(ids) - {sample.id for sample in samples}:
        raise NothingChosen(f"There is no sample of the id {name!r}.")


def samples_of(
    suite: Suite, categories: Collection[str], ids: Collection[str], limit: int | None, seed: int
) -> list[Sample]:
    """The suite's samples of these categories and ids (any where there is none), at most `limit` of a category."""
    chosen = [
        sample
        for sample in all_samples(suite)
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
