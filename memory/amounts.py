"""Amounts of money that were sent as texts, read where an event carries them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from memory.cleaning import Change, shown
from memory.money import currency_code, parse_money

#: Properties that hold money wherever they occur in Segment's specs.
MONEY_FIELDS = frozenset(
    {"revenue", "total", "amount", "value", "price", "subtotal", "tax", "shipping", "discount", "mrr"}
)


def read_amounts(properties: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """The properties with amounts and currency codes in place of texts, in products too; the same object if none."""
    known = properties.get("currency")
    if _has_texts(properties):
        properties = _read(properties, known, "/properties", changes)
        known = properties.get("currency")
    products = properties.get("products")
    if not isinstance(products, list) or not any(_has_texts(each) for each in products if isinstance(each, dict)):
        return properties
    read = [
        _read(each, each.get("currency", known), f"/properties/products/{index}", changes)
        if isinstance(each, dict) and _has_texts(each) else each
        for index, each in enumerate(products)
    ]  # fmt: skip
    return {**properties, "products": read}


def _has_texts(held: dict[str, Any]) -> bool:
    """Whether an amount is a text, or the currency one that is no code."""
    for name, value in held.items():
        if type(value) is str and (name in MONEY_FIELDS or (name == "currency" and currency_code(value) != value)):
            return True
    return False


def _read(held: dict[str, Any], known: Any, place: str, changes: list[Change]) -> dict[str, Any]:
    held = dict(held)
    currency = _code(held, known, place, changes)
    for name in sorted(held.keys() & MONEY_FIELDS):
        text = held[name]
        money = parse_money(text, currency) if isinstance(text, str) and not _is_code(text) else None
        if money is None:
            continue
        if money.currency and currency and money.currency != currency:
            # Twelve euros under a field that says dollars: whichever is wrong, a number would hide it.
            changes.append(Change(f"{place}/{name}", "currency_conflict", shown(text)))
            continue
        held[name] = _number(money.amount)
        changes.append(Change(f"{place}/{name}", "parsed_amount", text))
        if money.currency and not currency:
            held["currency"] = currency = money.currency
            changes.append(Change(f"{place}/currency", "parsed_currency", text))
    return held


def _code(held: dict[str, Any], known: Any, place: str, changes: list[Change]) -> str | None:
    """The currency that is known of the amounts, a sign such as € replaced by its code."""
    code = currency_code(known) if isinstance(known, str) else None
    own = held.get("currency")
    if code and isinstance(own, str) and own == known and own.upper() != code:
        held["currency"] = code
        changes.append(Change(f"{place}/currency", "parsed_currency", own))
    return code


def _is_code(text: str) -> bool:
    """Leading zeros mean something in an order's number, and nothing in an amount."""
    return len(text) > 1 and text[0] == "0" and text[1].isdigit()


def _number(amount: Decimal) -> int | float | str:
    """The amount as a JSON number where that is exact, else as plain digits."""
    if amount == amount.to_integral_value():
        return int(amount)
    return float(amount) if Decimal(str(float(amount))) == amount else format(amount, "f")
