"""Decisions and experiments in one line each, for tests of what is learnt from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from memory.given import NOTHING, Decision, Given
from tests.builders import at
from tools.experiment.features import hash_of
from tools.experiment.outcomes import Trial

BOUGHT = "Order Completed"
ARMS = ("call", "discount", NOTHING)


def decided(
    client_id: str,
    chosen: str = "call",
    made: datetime | None = None,
    eligible: Sequence[str] = ARMS,
    propensity: float | None = 1 / 3,
    features: dict[str, float] | None = None,
    **fields: Any,
) -> Given:
    """An action decided for a customer; of `fields`, `id` and `period` and whatever else a decision has."""
    made = made or at("2026-03-01")
    known = features or {}
    decision: dict[str, Any] = {
        "eligible": tuple(eligible), "chosen": chosen, "propensity": propensity, "explored": True, "period": 1,
        "features": known, "features_hash": hash_of(known), "playbook": "p1", "ranking": "playbook order",
        "horizon_days": 30, "outcome": (BOUGHT,),
    }  # fmt: skip
    recommendation_id = fields.pop("id", f"{client_id}:{made.isoformat()}")
    return Given(
        id=recommendation_id, client_id=client_id, kind="action", what=chosen, title=chosen.capitalize(), made_at=made,
        received_at=made, expires_at=made + timedelta(days=30), cool_down_days=30,
        decision=Decision(**decision | fields),
    )  # fmt: skip


def trial(client_id: str, success: bool, chosen: str = "call", **fields: Any) -> Trial:
    """A decision whose outcome is known; arguments as in `decided`."""
    given = decided(client_id, chosen, **fields)
    assert given.decision is not None
    return Trial(given.id, client_id, given.decision, float(success))


def experiment(size: int, seed: int = 1, **fields: Any) -> list[Trial]:
    """Customers with a trait `x` of -1 or 1, drawn for each arm alike.

    Nothing succeeds in 20 of 100, a discount in 40, a call in 60 where x is 1, else in 10.
    """
    random = np.random.default_rng(seed)
    found = []
    for number in range(size):
        x, arm = float(random.choice([-1.0, 1.0])), str(random.choice(ARMS))
        chance = {NOTHING: 0.2, "discount": 0.4, "call": 0.6 if x > 0 else 0.1}[arm]
        happened = bool(random.random() < chance)
        found.append(trial(f"c{number}", happened, arm, features={"traits.x": x}, **fields))
    return found
