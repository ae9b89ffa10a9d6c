"""Which model answers: the one that foretold best at the newest instants whose outcome is known, never one by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.prediction.additive import Additive, Floats, logits
from tools.prediction.table import DAY_S, Bools, Ints

#: Of ten customers some are too new for an outcome to be known; of fewer than these nothing is learnt.
FEWEST_CUSTOMERS = 5
#: More origins tell little more, and each costs a training of every candidate.
ORIGINS = 3
#: An error told by so few customers is half of what it is: their spread is hardly known.
_FEW = 20.0
#: A forecast that was certain and wrong costs 13.8 nats, not an infinite amount.
_MOST_LOGIT = 13.8


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows whose outcome is known: features, labels (0 or 1), and of each row the customer's number and the instant."""

    features: Mapping[str, Floats]
    labels: Floats
    customer: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: Bools) -> Labelled:
        features = {name: values[chosen] for name, values in self.features.items()}
        return Labelled(features, self.labels[chosen], self.customer[chosen], self.second[chosen])


#: (rows that were known, features of everybody at the instant of the forecast) -> a model.
Fit = Callable[[Labelled, Mapping[str, Floats]], Additive]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to make a model. `fewest` customers are needed to try it, and with `both` also both outcomes."""

    form: str
    fit: Fit
    fewest: int = FEWEST_CUSTOMERS
    both: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did: its log loss over all origins (seconds) and at each; `better` by how much than the one
    preferred until then, with its standard error (by customer), NaN for the first."""

    form: str
    log_loss: float
    cases: int
    origins: tuple[int, ...]
    by_origin: tuple[float, ...]
    better: float
    error: float
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """Forecasts (log-odds) of rows that their model had not seen, and what came of them (0 or 1)."""

    odds: Floats
    labels: Floats
    customer: Ints
    second: Ints

    @property
    def loss(self) -> Floats:
        """The negative log-likelihood of each row, in nats."""
        odds = np.clip(self.odds, -_MOST_LOGIT, _MOST_LOGIT)
        return np.asarray(np.logaddexp(0, odds) - self.labels * odds, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that answers, its form, the log losses that chose it and the forecasts that the chosen form was judged
    by: none where nothing could be compared."""

    form: str
    model: Additive
    trials: tuple[Trial, ...]
    judged: Judged | None = None


def choose(
    candidates: Sequence[Candidate],
    known: Labelled,
    now: Mapping[str, Floats],
    horizon_days: int,
    most_origins: int = ORIGINS,
) -> Choice | None:
    """The candidate to be used, fitted to all that is known; None where none may be tried.

    `candidates` stand in order of preference, the safest first: a later one is taken when its log loss is better than
    the preferred one's by more than the standard error of the difference. `now`: features of everybody at the instant
    of the forecast. A candidate is judged at origins on rows that it had not seen: those whose horizon was not over.
    """
    able = [each for each in candidates if _may(each, known)]
    if not able:
        return None
    trials: list[Trial] = []
    origins = origins_of(known.second, horizon_days, most_origins)
    preferred, judged = able[0], None
    for candidate in able if origins else ():
        found = _try(candidate, known, origins, horizon_days)
        if found is None:
            continue
        better, error = _difference(judged, found) if judged else (float("nan"), float("nan"))
        trials.append(_trial(candidate.form, found, origins, better, error))
        if judged is None or better > error:
            preferred, judged = candidate, found
    marked = tuple(_marked(trial, trial.form == preferred.form) for trial in trials)
    return Choice(preferred.form, preferred.fit(known, now), marked, judged)


def origins_of(second: Ints, horizon_days: int, most: int = ORIGINS) -> tuple[int, ...]:
    """The newest instants, half a horizon apart or more, before which the outcome of earlier rows was known."""
    instants, found = sorted(set(second.tolist()), reverse=True), list[int]()
    for instant in instants:
        apart = not found or found[-1] - instant >= horizon_days * DAY_S // 2
        if apart and instants[-1] + horizon_days * DAY_S <= instant and len(found) < most:
            found.append(instant)
    return tuple(found)


def _may(candidate: Candidate, known: Labelled) -> bool:
    enough = len(np.unique(known.customer)) >= candidate.fewest and len(known) > 0
    return enough and (not candidate.both or len(np.unique(known.labels)) > 1)


def _try(candidate: Candidate, known: Labelled, origins: Sequence[int], horizon_days: int) -> Judged | None:
    """None where the candidate could not be made at one of the origins."""
    parts = []
    for origin in origins:
        before = known.where(known.second + horizon_days * DAY_S <= origin)
        asked = known.where(known.second == origin)
        if not _may(Candidate(candidate.form, candidate.fit, 1, candidate.both), before):
            return None
        model = candidate.fit(before, asked.features)
        parts.append(Judged(odds_of(model, asked), asked.labels, asked.customer, asked.second))
    return Judged(
        np.concatenate([part.odds for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.second for part in parts]),
    )


def odds_of(model: Additive, rows: Labelled) -> Floats:
    """The forecast of each row in log-odds."""
    return logits(model, model.contributions(rows.features))


def _difference(preferred: Judged, other: Judged) -> tuple[float, float]:
    """By how much the other's mean loss is lower, and the standard error of that, customers being independent."""
    gained = preferred.loss - other.loss
    mean = float(gained.mean())
    _, which = np.unique(other.customer, return_inverse=True)
    by_customer = np.asarray(np.bincount(which, gained - mean), dtype=np.float64)
    error = float(np.sqrt(by_customer @ by_customer)) / len(gained)
    return mean, error * (1 + _FEW / len(by_customer))


def _trial(form: str, found: Judged, origins: tuple[int, ...], better: float, error: float) -> Trial:
    by_origin = tuple(float(found.loss[found.second == origin].mean()) for origin in origins)
    return Trial(form, float(found.loss.mean()), len(found.loss), origins, by_origin, better, error)


def _marked(trial: Trial, chosen: bool) -> Trial:
    return Trial(
        trial.form,
        trial.log_loss,
        trial.cases,
        trial.origins,
        trial.by_origin,
        trial.better,
        trial.error,
        chosen,
    )
