"""Who is most like one customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tools.likeness.behaviour import Doing, doings
from tools.likeness.index import Index
from tools.likeness.profile import Column
from tools.likeness.traits import Stated, stated
from tools.survey import Customer

By = Literal["behaviour", "profile", "both"]
#: What differs by less is a tie: sums of the same numbers may differ in their last digits.
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """The customer asked about: what they did, how often, and what they say of themselves."""

    customer: Customer
    counts: Mapping[Doing, int]
    said: Stated


@dataclass(frozen=True, slots=True)
class Alike:
    """How like the one asked about a customer is, 0..1: all in all, by what they did, by what they are."""

    customer: Customer
    score: float
    behaviour: float
    profile: float


def asked_about(customer: Customer) -> Asked:
    return Asked(customer, doings(customer.records), stated(customer.records))


def most_alike(index: Index, asked: Asked, by: By, limit: int, but: Collection[str]) -> list[Alike]:
    """The customers most like the one asked about, best first, ties by id; without those in `but`, and without who
    has nothing in common.

    By both, the score is the geometric mean of the two: their spreads differ, and a plain mean would follow one alone.
    """
    did = _rounded(index.behaviour.likeness(asked.counts))
    are = _rounded(index.profiles.likeness(asked.customer, asked.said))
    all_by: dict[By, Column] = {"behaviour": did, "profile": are, "both": _rounded(np.sqrt(did * are))}
    scores = all_by[by]
    found: list[Alike] = []
    # A stable sort of customers who stand there by id.
    for place in np.argsort(-scores, kind="stable"):
        customer = index.profiles.customers[place]
        if len(found) == limit or scores[place] <= 0:
            break
        if customer.client_id not in but:
            found.append(Alike(customer, float(scores[place]), float(did[place]), float(are[place])))
    return found


def _rounded(values: Column) -> Column:
    return np.asarray(np.round(values, _DIGITS), dtype=np.float64)
