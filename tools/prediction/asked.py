"""What a model is asked to foretell: an outcome of a workspace's customers, by its definition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from memory.vocabulary import meaning_of
from memory.workspace import ChurnDefinition
from tools.prediction.outcome import Outcome, OutcomeName, cancellation, conversion, repeat_purchase, silence
from tools.prediction.table import Kind, Table

#: What decides which model is needed; bands, and who counts as gone already, only say how its words are read.
_DECIDES = ("kind", "horizon_days", "activity", "cancel_events", "customers")


@dataclass(frozen=True, slots=True)
class Asked:
    """An outcome and the workspace's definition."""

    outcome: OutcomeName
    definition: ChurnDefinition

    @property
    def horizon_days(self) -> int:
        return self.definition.horizon_days

    @property
    def key(self) -> str:
        """The same for all that one model can answer: 16 hex digits."""
        return hashlib.sha256(orjson.dumps([self.outcome, self.decides()])).hexdigest()[:16]

    def decides(self) -> dict[str, Any]:
        """The part of the definition that a model is trained for."""
        return {name: value for name, value in self.definition.model_dump(mode="json").items() if name in _DECIDES}

    def outcome_of(self, buyers: bool) -> Outcome:
        """The outcome in the form that labels are made by; with `buyers`, of who has bought."""
        days, definition = self.horizon_days, self.definition
        if self.outcome == "conversion":
            return conversion(days)
        if self.outcome == "repeat_purchase":
            return repeat_purchase(days)
        if definition.kind == "cancel":
            return cancellation(days, frozenset(definition.cancel_events))
        return replace(silence(days), after=bought) if buyers else silence(days)

    def activity_of(self, table: Table) -> tuple[str, ...] | None:
        """The event types that count as activity, None for all that customers start. Who buys again is known by their
        purchases."""
        if self.outcome == "repeat_purchase":
            return tuple(kind.title for kind in table.kinds if kind.money > 0)
        return self.definition.activity or None

    def only_buyers(self, table: Table) -> bool:
        """Whether churn is foretold of buyers only: by the definition, or once anybody has bought."""
        if self.definition.customers == "auto":
            return any(bought(kind) for kind in table.kinds)
        return self.definition.customers == "buyers"


def bought(kind: Kind) -> bool:
    """Whether an event proves that somebody is a customer."""
    return meaning_of(kind.title).stage == "customer"


def read_asked(data: Mapping[str, Any]) -> Asked:
    """What `to_json` wrote; raises ValueError or KeyError."""
    return Asked(data["outcome"], ChurnDefinition.model_validate(data["definition"]))


def asked_json(asked: Asked) -> dict[str, Any]:
    return {"outcome": asked.outcome, "definition": asked.decides()}
