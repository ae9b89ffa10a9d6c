"""A model as it is kept: what it foretells, from when it is, how it scores, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from memory.cleaning import format_time, parse_time
from tools.prediction.additive import Additive
from tools.prediction.asked import Asked, asked_json, read_asked
from tools.prediction.features import Spec, read_spec
from tools.prediction.reading import read_model

#: The form where nothing could be learnt, and nothing is usual elsewhere.
NO_MODEL = "none"
FEW_CUSTOMERS = "Too few customers to learn from"


@dataclass(frozen=True, slots=True)
class Trained:
    """`until`: it has seen nothing from then on. `form`: steps, offset, bgnbd; prior, which is
    not calibrated here; or none.

    `base_rate`: how often the outcome came to pass in training; of a prior, how often it expects it. `value`: the
    coefficients of the expected value, empty where nobody paid. `card` is the model's card as JSON. `span_days`: what
    the events it has seen cover. `why` the prior stands in, or nothing does; without a stop.
    """

    asked: Asked
    until: datetime
    form: str
    buyers: bool
    spec: Spec
    model: Additive
    base_rate: float
    value: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    span_days: float = 0.0
    version: str = ""
    why: str = ""

    @property
    def calibrated(self) -> bool:
        return self.form != "prior"

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": asked_json(self.asked),
            "until": format_time(self.until),
            "form": self.form,
            "buyers": self.buyers,
            "spec": self.spec.to_json(),
            "model": self.model.to_json(),
            "base_rate": self.base_rate,
            "value": dict(self.value),
            "card": dict(self.card),
            "span_days": self.span_days,
            "why": self.why,
        }


def read_trained(data: Mapping[str, Any], version: str = "") -> Trained:
    """The model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    return Trained(
        asked=read_asked(data["asked"]),
        until=parse_time(data["until"]),
        form=str(data["form"]),
        buyers=bool(data["buyers"]),
        spec=read_spec(data["spec"]),
        model=read_model(data["model"]),
        base_rate=float(data["base_rate"]),
        value=data["value"],
        card=data["card"],
        span_days=float(data["span_days"]),
        version=version,
        why=str(data.get("why", "")),
    )
