"""What a trait of a customer has to be: `{trait: plan, is: Team}`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from memory.details import Value
from memory.record import Record
from tools.condition import Condition, Op, folded, holds
from tools.playbook.known_traits import KnownTraits

#: How flags are written by those who send texts and numbers instead.
_TRUE, _FALSE = frozenset({"true", "yes", "y", "on", "1", "1.0"}), frozenset({"false", "no", "n", "off", "0", "0.0"})
_OPS: dict[str, Op] = {
    "is_": "is", "is_not": "is_not", "contains": "contains", "at_least": "at_least", "more_than": "more_than",
    "at_most": "at_most", "less_than": "less_than",
}  # fmt: skip

#: The name of a trait.
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise ValueError("it has to be a text, a number, true or false")
    return value


def _ordered(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("it has to be a number or a date")
    return value


Scalar = Annotated[Any, AfterValidator(_scalar)]
Ordered = Annotated[Any, AfterValidator(_ordered)]


class TraitTest(BaseModel):
    """A trait and at most one comparison; without any, that the trait is known at all. What is unknown meets none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    trait: Label
    is_: Scalar = Field(default=None, alias="is")
    is_not: Scalar = None
    contains: Annotated[str, StringConstraints(min_length=1)] | None = None
    at_least: Ordered = None
    more_than: Ordered = None
    at_most: Ordered = None
    less_than: Ordered = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [_OPS[name] for name in _OPS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"a trait is compared once, and here are {' and '.join(given)}")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}

    @cached_property
    def meets(self) -> Callable[[Value], bool]:
        """The test of a value. With `is: true`, texts and numbers that mean yes are true as well."""
        name = next((name for name in _OPS if getattr(self, name) is not None), None)
        if name is None:
            return lambda _: True
        asked = getattr(self, name)
        if isinstance(asked, bool):
            return lambda value: (truth_of(value) is asked) == (name == "is_")
        test = holds([Condition(label=self.trait, op=_OPS[name], value=asked)])
        return lambda value: test(((self.trait, value),))

    def met_by(self, traits: KnownTraits) -> Record | None:
        """The event that tells the trait, where it meets the test."""
        known = traits.last(self.trait)
        return known[1] if known and self.meets(known[0]) else None


def truth_of(value: Value) -> bool | None:
    """The flag that a value is or means; None where it is none."""
    if isinstance(value, bool):
        return value
    text = folded(value)
    return True if text in _TRUE else False if text in _FALSE else None
