"""Cold start: how well silence is foretold when few customers have been seen, beside what could be fitted to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evals.backtest.bgnbd import Purchases
from evals.backtest.bgnbd import fit_bgnbd as fit_likeliest
from evals.backtest.logistic import fit_logistic
from evals.backtest.panels import seconds_of
from evals.stats.weighted import Floats
from tools.prediction.additive import Additive, logits, probabilities
from tools.prediction.bgnbd import fit_bgnbd
from tools.prediction.calibration import log_loss
from tools.prediction.candidates import quick_candidates
from tools.prediction.choice import Labelled, choose
from tools.prediction.features import Columns, Rows, Spec, columns, make_features
from tools.prediction.offset import fit_offset
from tools.prediction.outcome import eligible, happened, silence
from tools.prediction.prior import shipped_prior
from tools.prediction.table import DAY_S, Table

SIZES = (10, 20, 50, 100, 200, 500, 1000, 2000)
SEEDS = 8
#: The rivals that the product is held to, and what it may be worse by.
RIVALS, MARGIN = ("bg_nbd", "rfm"), 0.005
METHODS = ("product", "prior", "offset", "bg_nbd_weak_prior", *RIVALS)
_WEEK_DAYS = 7.0
#: Before half a month nothing can be told apart.
_FIRST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Task:
    """A data set, the horizon, the origins of the issue's table, how far apart training cut-offs are, and the aim."""

    panel: str
    horizon_days: int
    origins: tuple[str, ...]
    every_days: int
    at_fifty: float | None = None


TASKS = (
    Task("complete-journey", 30, ("2017-09-01", "2017-10-15", "2017-12-01"), 15, 0.323),
    Task("cdnow", 90, ("1998-01-01", "1998-02-15", "1998-04-01"), 30, 0.302),
    Task("online-retail", 60, ("2011-04-01", "2011-05-01", "2011-06-01"), 15),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """An origin: labelled rows at the cut-offs whose horizon was over, and everybody at the origin."""

    task: Task
    origin: str
    known: Labelled
    asked: Labelled


@dataclass(frozen=True, slots=True)
class Result:
    """The log loss of each method on everybody but the customers seen; `form` is what the product chose."""

    origin: str
    seen: int
    seed: int
    form: str
    log_loss: dict[str, float]


def settings_of(task: Task, table: Table) -> Iterator[Setting]:
    """The origins of a task, with features of everybody."""
    known, first = columns(table, Spec()), int(table.second.min())
    for origin in task.origins:
        at = seconds_of(origin)
        newest = at - task.horizon_days * DAY_S
        cut_offs = range(newest, first + _FIRST_DAYS * DAY_S, -task.every_days * DAY_S)
        labelled = rows_at(known, list(cut_offs), task.horizon_days)
        yield Setting(task, origin, labelled, rows_at(known, [at], task.horizon_days))


def rows_at(known: Columns, moments: Sequence[int], horizon_days: int) -> Labelled:
    """Everybody active before each instant, with whether they were silent for the horizon after it."""
    count, outcome = len(known.table.customers), silence(horizon_days)
    everyone = np.tile(np.arange(count, dtype=np.int64), len(moments))
    rows = Rows(everyone, np.repeat(np.array(moments, dtype=np.int64), count))
    asked = eligible(known, outcome, rows)
    rows = Rows(rows.customer[asked], rows.second[asked])
    labels = happened(known, outcome, rows).astype(np.float64)
    return Labelled(make_features(known, rows), labels, rows.customer, rows.second)


def play(setting: Setting, seen: int, seed: int) -> Result:
    """Draws who was seen, their whole history before the origin, and tests on the rest."""
    drawn = np.random.default_rng(seed).permutation(setting.asked.customer)[:seen]
    known = setting.known.where(np.isin(setting.known.customer, drawn))
    mine = np.isin(setting.asked.customer, drawn)
    now, rest = setting.asked.where(mine), setting.asked.where(~mine)
    days = setting.task.horizon_days
    prior = shipped_prior(days)
    choice = choose(quick_candidates(prior), known, now.features, days)
    form, product = (choice.form, choice.model) if choice else ("prior", prior)
    models: dict[str, Additive] = {
        "product": product,
        "prior": prior,
        "offset": fit_offset(prior, known.features, known.labels, known.customer) if len(known) else prior,
        "bg_nbd_weak_prior": fit_bgnbd(now.features, days),
    }
    found = {name: _log_loss(_foretold(model, rest), rest) for name, model in models.items()}
    found["bg_nbd"] = _log_loss(fit_likeliest(_purchases(now)).p_silent(_purchases(rest), days / _WEEK_DAYS), rest)
    found["rfm"] = _rfm_loss(known, rest)
    return Result(setting.origin, seen, seed, form, found)


def means(results: Sequence[Result]) -> dict[str, float]:
    """Each method's mean log loss; a rival that could not be fitted everywhere has none."""
    return {name: float(np.mean([result.log_loss[name] for result in results])) for name in METHODS}


def within(mean: Mapping[str, float]) -> bool:
    """Whether the product is no worse than the best rival by more than the margin."""
    rivals = [mean[name] for name in RIVALS if not np.isnan(mean[name])]
    return not rivals or mean["product"] <= min(rivals) + MARGIN


def _foretold(model: Additive, rows: Labelled) -> Floats:
    return probabilities(logits(model, model.contributions(rows.features)))


def _log_loss(probability: Floats, rows: Labelled) -> float:
    return log_loss(np.column_stack([probability, rows.labels]), np.ones(len(rows)))


def _rfm_loss(known: Labelled, rest: Labelled) -> float:
    """NaN where only one outcome was seen: there is nothing to fit."""
    if len(set(known.labels.tolist())) < 2:
        return float("nan")
    return _log_loss(fit_logistic(_rfm(known), known.labels)(_rfm(rest)), rest)


def _rfm(rows: Labelled) -> Floats:
    """Log recency, active days, and net money where the data tell it."""
    found = rows.features
    money = np.maximum(found["value_total"], 0.0)
    return np.column_stack([np.log1p(found["recency_days"]), np.log(found["active_days"]), np.log1p(money)])


def _purchases(rows: Labelled) -> Purchases:
    """Each customer's active days as BG/NBD takes them, in weeks since the first."""
    x = rows.features["active_days"] - 1
    tenure, recency = rows.features["tenure_days"], rows.features["recency_days"]
    last = np.clip(np.where(x > 0, tenure - recency, 0.0), 0.0, tenure)
    return Purchases(x, last / _WEEK_DAYS, tenure / _WEEK_DAYS)
