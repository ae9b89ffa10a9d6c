"""The quantity that an event states: its money, or a property that is a number."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from memory.amounts import MONEY_FIELDS
from memory.details import Value, folded_label
from memory.money import currency_code, parse_money
from memory.profile import UNKNOWN_CURRENCY
from memory.record import Record

#: An amount and its unit: the currency of money, else None.
Quantity = tuple[Decimal, str | None]

#: Money wherever they stand in a label; of other names of money ("total", "value") only the last word says so.
_MONEY = frozenset({
    "price", "fare", "cost", "fee", "revenue", "amount", "tax", "paid", "payment", "spend", "spent", "charge",
    "deposit", "tip", "balance", "salary", "budget", "premium", "rent", "mrr", "arr", "gmv", "discount", "shipping",
})  # fmt: skip
#: A "tax rate" or a "discount percent" is no money.
_NO_MONEY = frozenset({
    "percent", "pct", "rate", "ratio", "share", "count", "number", "quantity", "id", "days", "hours", "minutes",
    "points",
})  # fmt: skip


def given_back(record: Record) -> Quantity | None:
    """What a refund gave back, as an amount of its own."""
    found = _money(record)
    return found and (abs(found[0]), found[1])


def quantity_of(label: str | None) -> Callable[[Record], Quantity | None]:
    """What to read from each event: its signed money, or the first number under this label.

    A property about money has the currency that its text, or else the event's own `currency`, names.
    """
    if label is None:
        return _money
    is_money = about_money(label)
    find, find_currency = finder(label), finder("currency")
    texts: dict[str, Quantity | None] = {}
    numbers: dict[float, Decimal] = {}
    codes: dict[str, str | None] = {}

    def read(record: Record) -> Quantity | None:
        value = find(record)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, str):
            if value not in texts:
                texts[value] = _stated(value)
            found = texts[value]
            if found is None:
                return None
            amount, unit = found
        else:
            if value not in numbers:
                numbers[value] = Decimal(str(value))
            amount, unit = numbers[value], None
        if unit is None and is_money:
            named = find_currency(record)
            if isinstance(named, str) and named not in codes:
                codes[named] = currency_code(named)
            unit = codes.get(named) if isinstance(named, str) else None
        return amount, unit

    return read


def finder(label: str) -> Callable[[Record], Value | None]:
    """Like `Record.detail`, made ready for many records."""
    wanted = folded_label(label)
    same: dict[str, bool] = {}
    # Where the label stands in events of a name: mostly in the same place, which is looked at first.
    places: dict[str, int] = {}

    def find(record: Record) -> Value | None:
        details = record.details
        place = places.get(record.title, len(details))
        if place < len(details) and same.get(details[place][0]):
            return details[place][1]
        for index, (name, value) in enumerate(details):
            if name not in same:
                same[name] = folded_label(name) == wanted
            if same[name]:
                places[record.title] = index
                return value
        return None

    return find


def stated_by(record: Record, label: str) -> list[Value]:
    """Everything that an event says under a label: a list says several things."""
    wanted = folded_label(label)
    return [value for name, value in record.details if folded_label(name) == wanted]


def about_money(label: str) -> bool:
    """Whether a property of this name states an amount of money."""
    words = folded_label(label).split()
    if not words or words[-1] in _NO_MONEY:
        return False
    return words[-1] in MONEY_FIELDS or any(word in _MONEY for word in words)


def _money(record: Record) -> Quantity | None:
    return None if record.amount is None else (record.amount, record.currency or UNKNOWN_CURRENCY)


def _stated(text: str) -> Quantity | None:
    money = parse_money(text) if any(char.isdigit() for char in text) else None
    return (money.amount, money.currency) if money else None
