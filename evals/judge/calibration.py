"""How far a judge can be trusted: its verdicts against labels, and whether that is enough to let it decide."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from evals.judge.judge import JudgeModel, Verdict
from evals.judge.labelled import Labelled, labelled_hash
from evals.stats.estimate import Estimate, estimate, wilson
from evals.stats.weighted import Floats

#: With fewer, the interval of a rate is wider than the differences that a gate is for: 50 give about ±0.14 at worst.
MIN_LABELLED = 50
#: Where "substantial" agreement begins (Landis and Koch, 1977). The lower bound has to reach it: a judge below would
#: block changes, or let them through, for reasons of its own too often.
MIN_KAPPA = 0.6


class Rate(BaseModel):
    """A figure of `n` answers with its 95% interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Calibration(BaseModel):
    """What a judge (model and prompt) is worth on a labelled file; a verdict "unsure" does not count as "right".

    `mistakes` are the ids that it judged otherwise than they are labelled, each with its verdict.
    """

    model: str
    prompt_hash: str
    labelled_hash: str
    n: int
    verdicts: dict[str, int]
    true_positive_rate: Rate
    false_positive_rate: Rate
    kappa: Rate
    mistakes: dict[str, str]


async def calibrate(
    labelled: Sequence[Labelled], judge: JudgeModel, advance: Callable[[int], None] = lambda done: None
) -> Calibration:
    """Asks the judge about every labelled answer, one after the other; `advance` is called for each.

    Raises JudgeFailed; verdicts so far are not lost where the judge asks through a `ModelCache`.
    """
    verdicts: list[Verdict] = []
    for line in labelled:
        verdicts.append(await judge.verdict(line.question, line.expected, line.answer))
        advance(1)
    return measure(labelled, verdicts, judge.model, judge.prompt_hash)


def measure(labelled: Sequence[Labelled], verdicts: Sequence[Verdict], model: str, prompt_hash: str) -> Calibration:
    """The figures of verdicts in the order of the labelled answers; answers to one question are resampled together."""
    values = np.array(
        [(line.label == "right", said.verdict == "right") for line, said in zip(labelled, verdicts, strict=True)], float
    )
    clusters = np.array([line.question for line in labelled], object)
    is_right = values[:, 0] == 1
    of_right, of_wrong = values[is_right][:, 1:], values[~is_right][:, 1:]
    return Calibration(
        model=model,
        prompt_hash=prompt_hash,
        labelled_hash=labelled_hash(labelled),
        n=len(labelled),
        verdicts=dict(Counter(said.verdict for said in verdicts)),
        true_positive_rate=_rate(estimate(of_right, list(clusters[is_right]))),
        false_positive_rate=_rate(estimate(of_wrong, list(clusters[~is_right]))),
        kappa=_rate(_kappa(values, list(clusters))),
        mistakes={
            line.id: said.verdict for line, said in zip(labelled, verdicts, strict=True) if line.label != said.verdict
        },
    )


def kappa(values: Floats, weights: Floats) -> float:
    """Agreement of two yes-or-no columns beyond chance (Cohen, 1960); NaN where chance alone agrees on everything."""
    share = weights / weights.sum()
    agreed = float(share @ (values[:, 0] == values[:, 1]))
    label, said = (float(share @ values[:, column]) for column in (0, 1))
    by_chance = label * said + (1 - label) * (1 - said)
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def _kappa(values: Floats, clusters: Sequence[str]) -> Estimate:
    """Where all agree there is nothing to resample, which is not to be sure: as many tries as there are clusters."""
    found = estimate(values, clusters, kappa)
    if found.value < 1:
        return found
    label = float(values[:, 0].mean())
    by_chance = label**2 + (1 - label) ** 2
    agreed = wilson(found.clusters, found.clusters).low
    return Estimate(1.0, (agreed - by_chance) / (1 - by_chance), 1.0, found.n, found.clusters)


def _rate(found: Estimate) -> Rate:
    value, low, high = (None if math.isnan(each) else each for each in (found.value, found.low, found.high))
    return Rate(value=value, low=low, high=high, n=found.n)


def gate_refusal(calibration: Calibration | None, model: str, prompt_hash: str) -> str | None:
    """Why this judge may not decide, or None: it was calibrated as it is now, on enough answers, and agrees."""
    if calibration is None:
        return "it was not calibrated"
    if (calibration.model, calibration.prompt_hash) != (model, prompt_hash):
        return "it was calibrated with another model or prompt"
    if calibration.n < MIN_LABELLED:
        return f"it was calibrated on {calibration.n} answers, fewer than {MIN_LABELLED}"
    low = calibration.kappa.low
    if low is None or low < MIN_KAPPA:
        return f"the lower bound of its kappa is {'not defined' if low is None else f'{low:.2f}'}, below {MIN_KAPPA}"
    return None


def may_gate(calibration: Calibration | None, model: str, prompt_hash: str) -> bool:
    return gate_refusal(calibration, model, prompt_hash) is None


def save(calibration: Calibration, folder: Path) -> Path:
    """One file for each model, prompt and labelled file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, calibration.model, calibration.prompt_hash, calibration.labelled_hash)
    file.write_text(calibration.model_dump_json(indent=1) + "\n")
    return file


def load(folder: Path, model: str, prompt_hash: str, labelled: str) -> Calibration | None:
    """The calibration of this model and prompt on the labelled file of this hash, if there is one."""
    file = _file(folder, model, prompt_hash, labelled)
    found = Calibration.model_validate_json(file.read_text()) if file.is_file() else None
    # Two names of models may lead to the same name of a file.
    return found if found and found.model == model else None


def _file(folder: Path, model: str, prompt_hash: str, labelled: str) -> Path:
    return folder / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', model)}_{prompt_hash}_{labelled}.json"
