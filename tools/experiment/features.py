"""What is known of a customer when an action is chosen, as numbers: what effects are learnt from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

import orjson

from memory.details import Value
from tools.churn import open_troubles
from tools.survey import Customer
from tools.traits import latest
from tools.value import value_of

_DAY = timedelta(days=1)


def features_of(customer: Customer, as_of: datetime, traits: Iterable[str] = ()) -> dict[str, float]:
    """Numbers by name, in order of name; what is not known is left out.

    `log_value` is ln(1 + net value) in the customer's largest currency, `*_days` are days. A named trait is
    `traits.<name>` where it is a number or a yes or no, else 1 as `traits.<name>=<value>`.
    """
    profile, probability = customer.profile, customer.signal.probability
    found = {
        "log_value": math.log1p(max(0.0, float(value_of(customer)))),
        "active_days": float(profile.active_days),
        "tenure_days": (as_of - profile.first_seen) / _DAY,
        "purchases": float(profile.purchases),
        "open_troubles": float(len(open_troubles(customer.records, as_of))),
    }
    if probability is not None:
        found["churn_probability"] = probability
    if profile.last_active is not None:
        found["silent_days"] = (as_of - profile.last_active) / _DAY
    for name in traits:
        stated = latest(customer.records, name)
        if stated is not None:
            found.update([_trait(name, stated[0])])
    return dict(sorted(found.items()))


def hash_of(features: Mapping[str, float]) -> str:
    """A digest of the features, the same in whatever order they come."""
    return sha256(orjson.dumps(dict(features), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _trait(name: str, value: Value) -> tuple[str, float]:
    if isinstance(value, str):
        return f"traits.{name}={value}", 1.0
    return f"traits.{name}", float(value)
