"""What customers did, how often and for how much: the conditions that choose a cohort by its events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from memory.record import Record
from tools.condition import Condition, holds
from tools.fact import Fact, count_fact, money_fact
from tools.quantity import finder, quantity_of
from tools.selection import EventFilter, selector
from tools.survey import Customer
from tools.traits import latest


class Deed(EventFilter):
    """Events that a customer has to have, so often and for so much. Never: `times_max` 0."""

    times_min: Annotated[int, Field(ge=0)] = 1
    times_max: Annotated[int, Field(ge=0)] | None = None
    of: str | None = Field(default=None, description="a property's name, to be summed; null is money, net of refunds")
    sum_min: float | None = Field(default=None, description="what the events come to in any one currency, at least")
    sum_max: float | None = Field(default=None, description="what the events come to in any one currency, at most")
    more: bool = Field(default=False, description="strictly more than sum_min, and less than sum_max")
    currency: str | None = Field(default=None, description="only amounts in this currency")
    later: bool = Field(
        default=False, description="only what came after the customer's first event of the deed before it in the list"
    )
    first: bool = Field(default=False, description="the customer's first such event ever lies in the period")


@dataclass(frozen=True, slots=True)
class Done:
    """What one customer did of a deed, and whether it is what was asked for."""

    holds: bool
    records: list[Record]
    sums: dict[str | None, Decimal] = field(default_factory=dict)


#: One customer's records, in order, and what they did of the deed before -> what they did of a deed.
Judge = Callable[[Sequence[Record], Done | None], Done]


def judge_of(deed: Deed) -> Judge:
    """The deed made ready once, for many customers."""
    choose = selector(deed)
    ever = selector(deed.model_copy(update={"since": None, "before": None})) if deed.first else None
    summed = deed.sum_min is not None or deed.sum_max is not None
    add, carries = _adder(deed), finder(deed.of) if deed.of else None
    # "At most none" is said with `times_max` alone.
    least = deed.times_min if deed.times_max is None else min(deed.times_min, deed.times_max)

    def judge(records: Sequence[Record], before: Done | None = None) -> Done:
        found = choose(records)
        if deed.later:
            start = before.records[0].order if before and before.records else None
            found = [record for record in found if start is not None and record.order > start]
        if ever and (not (all_of_them := ever(records)) or not deed.holds(all_of_them[0].occurred_at)):
            found = []
        if carries:
            found = [record for record in found if carries(record) is not None]
        enough = least <= len(found) and (deed.times_max is None or len(found) <= deed.times_max)
        sums = add(found) if summed else {}
        return Done(enough and (not summed or _within(sums, deed)), found, sums)

    return judge


def has_traits(conditions: Sequence[Condition]) -> Callable[[Customer], bool]:
    """Whether what was last said of a customer meets all conditions."""
    tests = [(condition.label, holds([condition])) for condition in conditions]

    def test(customer: Customer) -> bool:
        for label, meets in tests:
            known = latest(customer.records, label)
            if known is None or not meets(((label, known[0]),)):
                return False
        return True

    return test


def deed_facts(done: Sequence[Done], url: str) -> list[Fact]:
    """How often one customer did each deed, and what it came to."""
    found: list[Fact] = []
    for each in done:
        found.append(count_fact("times", each.records, "events", "cohort", url))
        for unit, amount in each.sums.items():
            told = money_fact("sum", amount, unit or "", each.records, "cohort", url)
            found.append(told.model_copy(update={"unit": unit}))
    return found


def _adder(deed: Deed) -> Callable[[Sequence[Record]], dict[str | None, Decimal]]:
    read, code = quantity_of(deed.of), deed.currency.upper() if deed.currency else None

    def add(records: Sequence[Record]) -> dict[str | None, Decimal]:
        sums: dict[str | None, Decimal] = {}
        for record in records:
            quantity = read(record)
            if quantity and code in (None, quantity[1]):
                sums[quantity[1]] = sums.get(quantity[1], Decimal(0)) + quantity[0]
        return dict(sorted(sums.items(), key=lambda each: each[0] or ""))

    return add


def _within(sums: dict[str | None, Decimal], deed: Deed) -> bool:
    """Whether the sum in any one currency lies in the bounds; of nothing it is zero."""
    for total in sums.values() or [Decimal(0)]:
        low = deed.sum_min is None or _above(total - Decimal(str(deed.sum_min)), deed.more)
        high = deed.sum_max is None or _above(Decimal(str(deed.sum_max)) - total, deed.more)
        if low and high:
            return True
    return False


def _above(margin: Decimal, more: bool) -> bool:
    return margin > 0 if more else margin >= 0
