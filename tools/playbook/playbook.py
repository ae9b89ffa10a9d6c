"""A playbook: what can be done for customers, for whom, and how it is found out whether it helps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from memory.vocabulary import Trouble
from tools.lifecycle import ALL_STAGES
from tools.playbook.trait_test import Label, TraitTest
from tools.prediction.bands import Band
from tools.prediction.drivers import FAMILIES

#: The arm of an experiment in which nothing is done: no action can be called so.
NOTHING = "nothing"
DRIVERS = tuple(name for name, _ in FAMILIES)
TROUBLES: tuple[str, ...] = get_args(Trouble)
BANDS: tuple[str, ...] = get_args(Band)
MOST_ACTIONS = 100


def _known(noun: str, known: Collection[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value[:60]!r} is no {noun}: there are {', '.join(known)}")
        return value

    return AfterValidator(check)


def _amount(value: Any) -> Any:
    """A YAML number as a decimal without trailing zeros, so that 5.00 and 5 are the same playbook."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("it has to be a number")
    return Decimal(format(Decimal(str(value)).normalize(), "f"))


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError("it has to be one line")
    return value


def _off_or_a_slice(value: float) -> float:
    # Below one in a hundred an arm never gathers outcomes; above a half most of what is done would be chance.
    if value and not 0.01 <= value <= 0.5:
        raise ValueError("it has to be 0 (off), or from 0.01 to 0.5")
    return value


def _slug(value: str) -> str:
    if value == NOTHING:
        raise ValueError(f"{NOTHING!r} is what an experiment calls doing nothing: choose another id")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$"), AfterValidator(_slug)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
_AS_NUMBER = PlainSerializer(float, return_type=float, when_used="json")
Amount = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, max_digits=15), _AS_NUMBER]
#: Ten years: what rests longer is better taken out.
RestDays = Annotated[int, Field(ge=0, le=3_650)]
Days = Annotated[int, Field(ge=1, le=365)]
Stage = Annotated[str, _known("stage", ALL_STAGES)]
BandName = Annotated[str, _known("band", BANDS)]
DriverName = Annotated[str, _known("driver", DRIVERS)]
TroubleName = Annotated[str, _known("trouble", TROUBLES)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class When(_Part):
    """For whom an action is: all that is given has to hold, and of each list one entry. Nothing given: everybody.

    `drivers`: among the reasons that raise the risk most; `value_min`: net of refunds, in the playbook's currency.
    """

    stages: tuple[Stage, ...] = ()
    bands: tuple[BandName, ...] = ()
    drivers: tuple[DriverName, ...] = ()
    troubles: tuple[TroubleName, ...] = ()
    value_min: Amount | None = None
    traits: tuple[TraitTest, ...] = Field(default=(), max_length=20)


class Action(_Part):
    """Something to do for a customer. `cost` is in the playbook's currency; `reference` is the operator's own.

    `consent` names a trait that has to be true. Accepted or rejected, it rests for `cool_down_days`.
    """

    id: Slug
    title: Line
    says: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""
    channel: Line | None = None
    cost: Amount = Decimal(0)
    cool_down_days: RestDays = 30
    expires_days: Days = 14
    reference: Line | None = None
    accept: Line = "Done"
    reject: Line = "Not now"
    consent: Label | None = None
    when: When = When()


class Items(_Part):
    """How items are recommended: how long a rejected one rests, how fast trends fade, what is bought but once."""

    cool_down_days: RestDays = 30
    half_life_days: Days = 7
    exclude_owned: bool = False


class Playbook(_Part):
    """Actions in the order in which they count, and the rules around them.

    Whoever meets one of `opt_out` gets no recommendation. `explore` is the share of decisions left to chance. Success
    is one of the `outcome` events within `horizon_days`. `features` names traits to learn from.
    """

    name: Line
    currency: Currency | None = None
    opt_out: tuple[TraitTest, ...] = Field(default=(), max_length=20)
    explore: Annotated[float, AfterValidator(_off_or_a_slice)] = 0.0
    horizon_days: Days = 30
    outcome: tuple[Line, ...] = Field(default=(), max_length=50)
    features: tuple[Label, ...] = Field(default=(), max_length=20)
    items: Items = Items()
    actions: tuple[Action, ...] = Field(max_length=MOST_ACTIONS)

    @cached_property
    def digest(self) -> str:
        """The same for the same content, however it is written."""
        content = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def aiming_at(self, outcome: tuple[str, ...]) -> Playbook:
        """The same playbook, with this outcome where it names none."""
        given = {name: getattr(self, name) for name in Playbook.model_fields}
        return self if self.outcome else Playbook(**{**given, "outcome": outcome})

    def action(self, action_id: str) -> Action | None:
        """The action of this id, if there is one."""
        return next((action for action in self.actions if action.id == action_id), None)
