"""Whether scores know nothing of what came later, add up, and do not call silence a good sign: checked on real data."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evals.backtest.datasets import Event
from evals.backtest.own_store import Said
from tools.churn import Forecast, Signal
from tools.prediction.trained import Trained

#: Days of nothing, after which nobody should look safer.
SILENT_DAYS = 7
#: Who did something within so many days counts as active.
ACTIVE_DAYS = 30
_POISON_DAYS = 300
_TITLES = ("Order Completed", "Order Refunded", "Subscription Cancelled", "Assessment Submitted", "Poison Taken")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, whether it held, and what was found in words."""

    name: str
    held: bool
    found: str


def same(name: str, one: Said, other: Said) -> Check:
    """Whether two stores gave the same model and the same numbers to the last bit."""
    differ = [who for who, signal in one.signals.items() if _numbers(signal) != _numbers(other.signals.get(who))]
    strangers = other.signals.keys() - one.signals.keys()
    models = _model(one.model) == _model(other.model)
    held = not differ and not strangers and models and bool(one.signals)
    words = f"{len(one.signals):,} customers, {len(differ) + len(strangers)} differ; the models are "
    return Check(name, held, words + ("the same" if models else "different"))


def adds_up(said: Said, most: float = 1e-6) -> Check:
    """Whether contributions and intercept are the log-odds of each."""
    gaps = [abs(f.intercept + sum(f.terms.values()) - f.logit) for f in _forecasts(said.signals)]
    worst = max(gaps, default=float("inf"))
    return Check("contributions sum to the logit", worst <= most, f"{len(gaps):,} scores, at most {worst:.1e} apart")


def no_window_crosses(said: Said) -> Check:
    """Whether the label windows that the model learnt from had ended at the origin, by its card."""
    name = "no label window crosses the origin"
    card = said.model.card if said.model else {}
    cut_offs = [datetime.fromisoformat(each) for each in card.get("learnt", {}).get("cut_offs", ())]
    if said.model is None or not cut_offs:
        return Check(name, False, "the card names no cut-offs")
    horizon = timedelta(days=said.model.asked.horizon_days)
    crossing = sum(cut_off + horizon > said.at for cut_off in cut_offs)
    return Check(name, not crossing, f"{len(cut_offs)} cut-offs, {crossing} windows cross")


def silence_raises(
    now: Mapping[str, Signal], later: Mapping[str, Signal], recency_days: Mapping[str, float], most: float = 0.05
) -> Check:
    """Whether few active customers look safer SILENT_DAYS later, nothing having happened."""
    active = [
        (signal.probability, later[who].probability)
        for who, signal in now.items()
        if recency_days.get(who, float("inf")) <= ACTIVE_DAYS and signal.status in ("scored", "prior")
    ]
    pairs = [(before, after) for before, after in active if before is not None and after is not None]
    share = sum(after < before for before, after in pairs) / len(pairs) if pairs else float("nan")
    name = f"{SILENT_DAYS} silent days lower few probabilities"
    return Check(name, share < most, f"{share:.1%} of {len(pairs):,} active customers look safer")


def by_chance(area: float, most: float = 0.03) -> Check:
    """Whether a model of shuffled labels orders nobody."""
    return Check("shuffled labels teach nothing", abs(area - 0.5) <= most, f"ROC-AUC {area:.3f}")


def poison(customers: Sequence[str], at: datetime, number: int = 10_000) -> list[Event]:
    """Events at and after an instant, of these customers and of strangers: what no score of the instant may see."""
    draw = random.Random(number)
    begin = at.timestamp()
    return [_poisonous(draw, customers, begin, index) for index in range(number)]


def _poisonous(draw: random.Random, customers: Sequence[str], begin: float, index: int) -> Event:
    # Some right on the edge, in the first second that is no longer the past.
    second = begin + (0 if index % 100 == 0 else draw.randrange(_POISON_DAYS * 86_400))
    who = f"stranger-{index}" if index % 10 == 0 else draw.choice(customers)
    event: Event = {
        "messageId": f"poison-{index}", "userId": who,
        "timestamp": datetime.fromtimestamp(second, UTC).isoformat(),
    }  # fmt: skip
    if index % 25 == 0:
        return {**event, "type": "identify", "anonymousId": f"shadow-{index}", "traits": {"plan": "poison"}}
    properties = {"revenue": draw.randrange(10**6), "currency": "USD", "days_late": draw.randrange(-400, 400)}
    return {**event, "type": "track", "event": draw.choice(_TITLES), "properties": properties}


def _forecasts(signals: Mapping[str, Signal]) -> list[Forecast]:
    return [signal.forecast for signal in signals.values() if signal.forecast]


def _numbers(signal: Signal | None) -> object:
    if signal is None or signal.forecast is None:
        return signal and (signal.status, signal.reason)
    found = signal.forecast
    return signal.status, signal.band, found.probability, found.logit, found.intercept, found.terms, found.expected


def _model(model: Trained | None) -> object:
    return model and {name: part for name, part in model.to_json().items() if name != "card"}
