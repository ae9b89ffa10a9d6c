"""Models from their JSON, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tools.prediction.additive import Additive, read_steps
from tools.prediction.bgnbd import read_bgnbd
from tools.prediction.prior import read_splines

READERS: dict[str, Callable[[Mapping[str, Any]], Additive]] = {
    "steps": read_steps,
    "splines": read_splines,
    "bgnbd": read_bgnbd,
}


def read_model(data: Mapping[str, Any]) -> Additive:
    """The model that `to_json` wrote; raises KeyError, TypeError or ValueError for what is none."""
    return READERS[data["kind"]](data)
