"""What a customer is worth so far: net of refunds, one amount a currency."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from memory.profile import UNKNOWN_CURRENCY, Profile
from memory.record import Record
from tools.fact import Fact, money_fact
from tools.survey import Customer


class Money(BaseModel):
    currency: str
    amount: float


def money_view(profile: Profile) -> list[Money]:
    return [Money(currency=currency, amount=float(amount)) for currency, amount in profile.value.items()]


def main_currency(customer: Customer) -> str:
    """The currency of the customer's largest amount; after all others where they have none."""
    value = customer.profile.value
    return max(value, key=lambda currency: (value[currency], currency), default="~")


def value_of(customer: Customer, currency: str | None = None) -> Decimal:
    """Net value in one currency: the one asked for, else the customer's largest; never a mix."""
    value = customer.profile.value
    if currency:
        return value.get(currency.upper(), Decimal(0))
    return max(value.values(), default=Decimal(0))


def value_facts(customer: Customer, tool: str) -> list[Fact]:
    """Net value, one fact a currency."""
    url = f"GET /clients/{customer.client_id}/timeline"
    by_currency: dict[str, list[Record]] = {}
    for record in customer.records:
        if record.amount is not None:
            by_currency.setdefault(record.currency or UNKNOWN_CURRENCY, []).append(record)
    return [
        money_fact("net_value", amount, currency, by_currency[currency], tool, url)
        for currency, amount in customer.profile.value.items()
    ]
