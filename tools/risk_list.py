"""Customers who can leave, in an order: by probability, by the value at stake, by how much the score has moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from tools.signal_view import expected_value
from tools.survey import Customer
from tools.value import main_currency

RiskSort = Literal["probability", "value_at_stake", "change"]
Order = Literal["asc", "desc"]
_Key = Callable[[Customer], float | None]


def scored(customers: Iterable[Customer], bands: Iterable[str] = ()) -> list[Customer]:
    """Those with a probability of the instant, in one of these bands if any are given."""
    wanted = set(bands)
    return [
        customer for customer in customers
        if customer.signal.score is not None and (not wanted or customer.signal.band in wanted)
    ]  # fmt: skip


def in_order(customers: Iterable[Customer], sort: RiskSort = "probability", order: Order = "desc") -> list[Customer]:
    """Sorted, ties by id; those of whom the figure is not known come last.

    Amounts of different currencies are not compared: by value at stake, customers come currency by currency.
    """
    key, sign = _KEYS[sort], -1 if order == "desc" else 1

    def place(customer: Customer) -> tuple[bool, str, float, str]:
        figure = key(customer)
        currency = main_currency(customer) if sort == "value_at_stake" else ""
        return figure is None, currency, sign * (figure or 0.0), customer.client_id

    return sorted(customers, key=place)


def _at_stake(customer: Customer) -> float | None:
    value = expected_value(customer) if customer.signal.score is not None else None
    return value.at_stake if value else None


def _change(customer: Customer) -> float | None:
    forecast = customer.signal.forecast
    if customer.signal.score is None or forecast is None or forecast.change is None:
        return None
    return forecast.probability - forecast.change.probability


_KEYS: dict[RiskSort, _Key] = {
    "probability": lambda customer: customer.signal.score,
    "value_at_stake": _at_stake,
    "change": _change,
}
