"""Why an action is for a customer: one sentence made by code, and the events that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from memory.record import Record
from tools.fact import Fact
from tools.prediction.drivers import Driver
from tools.signal_facts import driver_facts
from tools.survey import Customer

#: What an open trouble says, so far as nothing has settled it.
OF_TROUBLES = {
    "payment": "a payment failed and none has gone through since",
    "support": "a support ticket is still open",
    "downgrade": "the plan was downgraded",
    "refund": "an order was refunded",
    "feedback": "unhappy feedback was left",
}
OF_STAGES = {
    "visitor": "they have looked around, and not signed up",
    "lead": "they are known by name, and have not bought",
    "trial": "they are on trial",
    "customer": "they have bought, and it is no habit yet",
    "engaged": "they come or buy often",
    "at_risk": "they are at risk of leaving",
    "churned": "they have left",
    "won_back": "they had left, and came back",
}
_BY_HAND = "an operator set their band by hand"


@dataclass(frozen=True, slots=True)
class Because:
    """What makes an action fit: an open trouble, a driver, the band, stage, value or a trait, each by `name`.

    The numbers of the sentence are those of the `driver`, with its events; without one it has no number.
    """

    kind: Literal["trouble", "driver", "band", "stage", "value", "trait", "anyone"]
    name: str
    why: str
    evidence: tuple[str, ...]
    driver: Driver | None = None


def because_facts(reason: Because, tool: str) -> list[Fact]:
    """The numbers that the sentence uses."""
    return driver_facts(reason.driver, tool) if reason.driver else []


def because_of_trouble(name: str, events: Sequence[Record]) -> Because:
    """`events` opened the trouble, in order."""
    return Because("trouble", name, OF_TROUBLES[name], tuple(each.message_id for each in events))


def because_of_driver(driver: Driver) -> Because:
    return Because("driver", driver.name, driver.sentence, driver.evidence, driver)


def because_of_band(customer: Customer, strongest: Driver | None) -> Because:
    """Told by what raises the risk most; a band set by hand, and one that no reason raises, by itself."""
    band = customer.signal.band or ""
    if customer.signal.override is not None and customer.signal.override.band == band:
        return Because("band", band, _BY_HAND, _last(customer))
    if strongest is None:
        return Because("band", band, f"their risk of leaving is {band}", _last(customer))
    return Because("band", band, strongest.sentence, strongest.evidence or _last(customer), strongest)


def because_of_stage(customer: Customer, stage: str) -> Because:
    change = next(each for each in reversed(customer.stages) if each.stage == stage)
    return Because("stage", stage, OF_STAGES[stage], change.evidence or _last(customer))


def because_of_value(customer: Customer) -> Because:
    shown = tuple(customer.profile.evidence.get("value", ()))
    return Because("value", "", "what they have paid so far is enough for it", shown or _last(customer))


def because_of_trait(label: str, told: Record) -> Because:
    # A digit in a sentence has to come from a fact, and a label is none.
    named = f"their {label} is" if not any(char.isdigit() for char in label) else "what is known of them is"
    return Because("trait", label, f"{named} as the playbook asks", (told.message_id,))


def because_of_nothing(customer: Customer) -> Because:
    return Because("anyone", "", "the playbook has it for every customer", _last(customer))


def _last(customer: Customer) -> tuple[str, ...]:
    return tuple(record.message_id for record in customer.records[-1:])
