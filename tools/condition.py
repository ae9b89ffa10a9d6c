"""What a property of an event has to be: one condition, and the test that it comes to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.details import Details, Value, folded_label
from memory.money import parse_money

Op = Literal["is", "is_not", "contains", "at_least", "more_than", "at_most", "less_than", "has"]

#: ISO 8601 days and times: these can be compared as texts.
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


class Condition(BaseModel):
    """A property compared with a value: texts folded (case, accents), numbers as numbers, dates in time."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(description="the property's name, such as plan or cabin class")
    op: Op = "is"
    value: str | float | bool | None = Field(default=None, description="what to compare with; none for `has`")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.value is None and self.op != "has":
            raise ValueError(f"{self.op!r} needs a value to compare {self.label!r} with")
        return self


def holds(conditions: Sequence[Condition]) -> Callable[[Details], bool]:
    """The test whether the details of an event meet all conditions."""
    tests = [_test(condition) for condition in conditions]
    return lambda details: all(test(details) for test in tests)


def folded(value: object) -> str:
    """A value as texts are compared: without case, accents and double spaces."""
    text = str(value)
    if text.isascii():
        return " ".join(text.lower().split())
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def number_in(value: Value | None) -> Decimal | None:
    """The number that a value is or states; None for flags and other texts."""
    if isinstance(value, bool) or value is None:
        return None
    return _number_of_text(value) if isinstance(value, str) else Decimal(str(value))


def is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def is_plain_number(text: str) -> bool:
    """Whether a text is a number and nothing else."""
    return _NUMBER.fullmatch(text) is not None


def _test(condition: Condition) -> Callable[[Details], bool]:
    wanted, judge = folded_label(condition.label), _judge(condition)
    # The same few labels come with every event, and mostly the same values.
    same: dict[str, bool] = {}
    known: dict[str, bool] = {}

    def judged(value: Value) -> bool:
        if not isinstance(value, str):
            return judge(value)
        if value not in known:
            known[value] = judge(value)
        return known[value]

    def test(details: Details) -> bool:
        for label, value in details:
            if label not in same:
                same[label] = folded_label(label) == wanted
            if same[label] and judged(value):
                return True
        return False

    return test


def _judge(condition: Condition) -> Callable[[Value], bool]:
    asked = condition.value
    if asked is None or condition.op == "has":
        return lambda _: True
    if condition.op == "contains":
        part = folded(asked)
        return lambda value: part in folded(value)
    if condition.op in ("is", "is_not"):
        wanted = condition.op == "is"
        return lambda value: _same(value, asked) == wanted
    compare = _COMPARE[condition.op]
    return lambda value: (order := _order(value, asked)) is not None and compare(order)


_COMPARE: dict[str, Callable[[int], bool]] = {
    "at_least": lambda order: order >= 0,
    "more_than": lambda order: order > 0,
    "at_most": lambda order: order <= 0,
    "less_than": lambda order: order < 0,
}


def _same(value: Value, asked: Value) -> bool:
    mine, other = number_in(value), number_in(asked)
    if mine is not None and other is not None:
        return mine == other
    return folded(value) == folded(asked)


def _order(value: Value, asked: Value) -> int | None:
    """Below, at or above what was asked: -1, 0 or 1; None for what cannot be compared."""
    if is_date(value) and is_date(asked):
        # A bare day compares with the day of a time.
        day, other = str(value)[: len(str(asked))], str(asked)[: len(str(value))]
        return (day > other) - (day < other)
    mine, least = number_in(value), number_in(asked)
    if mine is None or least is None:
        return None
    return (mine > least) - (mine < least)


def _number_of_text(text: str) -> Decimal | None:
    if not any(char.isdigit() for char in text):
        return None
    money = parse_money(text)
    return money.amount if money else None
