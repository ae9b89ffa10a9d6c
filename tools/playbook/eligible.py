"""Which actions of a playbook fit a customer at an instant, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from memory.record import Record
from tools.churn import open_troubles
from tools.playbook.because import (
    Because,
    because_of_band,
    because_of_driver,
    because_of_nothing,
    because_of_stage,
    because_of_trait,
    because_of_trouble,
    because_of_value,
)
from tools.playbook.known_traits import KnownTraits
from tools.playbook.playbook import Action, Playbook, When
from tools.playbook.trait_test import truth_of
from tools.prediction.drivers import Driver
from tools.signal_facts import told_drivers
from tools.survey import Customer
from tools.value import value_of

#: A driver counts as a reason while it is among so many that raise the risk most: nearly all of them raise it a bit.
TOP_DRIVERS = 3


@dataclass(frozen=True, slots=True)
class Eligible:
    """An action that fits a customer. `why` is a sentence without a full stop, `evidence` message ids of theirs."""

    action: Action
    reason: Because

    @property
    def why(self) -> str:
        return self.reason.why

    @property
    def evidence(self) -> tuple[str, ...]:
        return self.reason.evidence


def eligible(
    playbook: Playbook, customer: Customer, as_of: datetime, resting: Mapping[str, datetime]
) -> list[Eligible]:
    """The actions that fit, in the playbook's order.

    `resting` holds action ids and until when each rests. Who has opted out gets none; who has churned only those that
    name that stage.
    """
    known = _Known(customer, as_of, playbook.currency)
    if _opted_out(playbook, known.traits):
        return []
    awake = (each for each in playbook.actions if each.id not in resting or resting[each.id] <= as_of)
    return [Eligible(action, reason) for action in awake if (reason := _reason(action, known))]


def opted_out(playbook: Playbook, customer: Customer) -> Record | None:
    """The event by which what was last said of a customer means that they want no recommendations."""
    return _opted_out(playbook, KnownTraits(customer.records))


def _opted_out(playbook: Playbook, traits: KnownTraits) -> Record | None:
    return next((told for test in playbook.opt_out if (told := test.met_by(traits))), None)


@dataclass
class _Known:
    """What conditions ask of one customer, each looked up once and only when it is asked."""

    customer: Customer
    as_of: datetime
    currency: str | None

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The stage, and of those at risk also the one beneath."""
        stages = tuple(change.stage for change in reversed(self.customer.stages[-2:]))
        return stages if stages[0] == "at_risk" else stages[:1]

    @cached_property
    def traits(self) -> KnownTraits:
        return KnownTraits(self.customer.records)

    @cached_property
    def troubles(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in open_troubles(self.customer.records, self.as_of):
            found.setdefault(str(record.meaning.trouble), []).append(record)
        return found

    @cached_property
    def raising(self) -> list[Driver]:
        """What raises the risk, most first."""
        return [driver for driver in told_drivers(self.customer.signal) if driver.direction == "raises"]


def _reason(action: Action, known: _Known) -> Because | None:
    """What makes the action fit, of several reasons the one that tells most; None where it does not fit."""
    if known.customer.stage == "churned" and "churned" not in action.when.stages:
        return None
    if action.consent is not None and not _consents(known.traits, action.consent):
        return None
    reasons: list[Because] = []
    for asked, test in _TESTS:
        if asked(action.when):
            reason = test(action.when, known)
            if reason is None:
                return None
            reasons.append(reason)
    return reasons[-1] if reasons else because_of_nothing(known.customer)


def _consents(traits: KnownTraits, label: str) -> bool:
    told = traits.last(label)
    return told is not None and truth_of(told[0]) is True


def _trouble(when: When, known: _Known) -> Because | None:
    found = next((name for name in when.troubles if name in known.troubles), None)
    return because_of_trouble(found, known.troubles[found]) if found else None


def _driver(when: When, known: _Known) -> Because | None:
    top = known.raising[:TOP_DRIVERS]
    return next((because_of_driver(driver) for driver in top if driver.name in when.drivers and driver.evidence), None)


def _band(when: When, known: _Known) -> Because | None:
    if known.customer.signal.band not in when.bands:
        return None
    return because_of_band(known.customer, known.raising[0] if known.raising else None)


def _stage(when: When, known: _Known) -> Because | None:
    found = next((stage for stage in known.stages if stage in when.stages), None)
    return because_of_stage(known.customer, found) if found else None


def _trait(when: When, known: _Known) -> Because | None:
    told = [(test.trait, test.met_by(known.traits)) for test in when.traits]
    label, record = told[0]
    return because_of_trait(label, record) if record and all(record for _, record in told) else None


def _value(when: When, known: _Known) -> Because | None:
    enough = when.value_min is not None and value_of(known.customer, known.currency) >= when.value_min
    return because_of_value(known.customer) if enough else None


#: What tells least of the customer first, and what takes longest to find out last: the two happen to agree.
_TESTS: tuple[tuple[Callable[[When], object], Callable[[When, _Known], Because | None]], ...] = (
    (lambda when: when.value_min is not None, _value),
    (lambda when: when.traits, _trait),
    (lambda when: when.stages, _stage),
    (lambda when: when.bands, _band),
    (lambda when: when.drivers, _driver),
    (lambda when: when.troubles, _trouble),
)
