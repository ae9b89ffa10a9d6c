"""Alike by what they are: stage, churn band, value, how long and how much they have been here, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tools.likeness.traits import Stated, kinds, stated
from tools.pace import Pace
from tools.survey import Customer
from tools.value import main_currency, value_of

Numeric = Literal["value", "first_seen", "active_days"]
Column = NDArray[np.float64]
_BANDS = {"low": 0, "medium": 1, "high": 2}
#: Customers without money in any currency are compared with each other.
_NO_MONEY = "~"


@dataclass(frozen=True, slots=True)
class Profiles:
    """What customers are, a place in every column for each; `kinds` has the traits that sort them, by label."""

    customers: tuple[Customer, ...]
    stated: tuple[Stated, ...]
    kinds: Mapping[str, Counter[str]]
    stages: NDArray[np.str_]
    bands: Column
    currencies: NDArray[np.str_]
    numbers: Mapping[Numeric, Column]
    traits: Mapping[str, NDArray[np.str_]]

    def likeness(self, one: Customer, said: Stated) -> Column:
        """The mean of what is compared with each customer, 0..1 (Gower 1971): equal words count 1, numbers 1 less the
        share of customers that lie between them. What one of the two does not have is left out.
        """
        pairs = [*self._words(one, said), *self._numbers(one), self._band(one)]
        table = np.vstack(pairs)
        known = ~np.isnan(table)
        return np.asarray(np.where(known, table, 0).sum(axis=0) / known.sum(axis=0))

    def _numbers(self, one: Customer) -> list[Column]:
        names: tuple[Numeric, ...] = ("first_seen", "active_days")
        return [self._value(one), *(_close(self.numbers[name], _number(one, name)) for name in names)]

    def _value(self, one: Customer) -> Column:
        """Amounts are compared within a currency; to have paid nothing is as far from any amount as can be."""
        currency, amounts = main_currency(one), self.numbers["value"]
        same = self.currencies == currency
        if currency == _NO_MONEY:
            return np.where(same, 1.0, 0.0)
        found = np.where(self.currencies == _NO_MONEY, 0.0, np.nan)
        found[same] = _close(amounts[same], _number(one, "value"))
        return found

    def _band(self, one: Customer) -> Column:
        own = _BANDS.get(one.signal.band or "", np.nan)
        return 1 - np.abs(self.bands - own) / (len(_BANDS) - 1)

    def _words(self, one: Customer, said: Stated) -> list[Column]:
        found = [np.where(self.stages == one.stage, 1.0, 0.0)]
        for label, values in self.traits.items():
            if label in said:
                found.append(np.where(values == "", np.nan, np.where(values == said[label][0], 1.0, 0.0)))
        return found


async def make_profiles(customers: Sequence[Customer]) -> Profiles:
    """The profiles of all, with turns for other requests."""
    pace = Pace()
    said: list[Stated] = []
    for customer in customers:
        said.append(stated(customer.records))
        await pace.breathe()
    shared = kinds(said)
    names: tuple[Numeric, ...] = ("value", "first_seen", "active_days")
    return Profiles(
        customers=tuple(customers),
        stated=tuple(said),
        kinds=shared,
        stages=np.array([each.stage for each in customers], dtype=str),
        bands=np.array([_BANDS.get(each.signal.band or "", np.nan) for each in customers]),
        currencies=np.array([main_currency(each) for each in customers], dtype=str),
        numbers={name: np.array([_number(each, name) for each in customers]) for name in names},
        traits={label: np.array([own.get(label, ("",))[0] for own in said], dtype=str) for label in shared},
    )


def _number(customer: Customer, name: Numeric) -> float:
    if name == "value":
        return float(value_of(customer))
    return customer.profile.first_seen.timestamp() if name == "first_seen" else float(customer.profile.active_days)


def _close(known: Column, value: float) -> Column:
    """1 less the share of those known that lie between each of them and a value; equal ones count half."""
    if not len(known):
        return known
    ordered = np.sort(known)

    def rank(values: Column) -> Column:
        return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2

    return np.asarray(1 - np.abs(rank(known) - rank(np.array([value]))) / len(known))
