"""What event names mean: one row a name, from Segment's e-commerce and B2B SaaS specs and their neighbours.

Unknown names are welcome: they count as something the customer did, and mean nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

BaseStage = Literal["visitor", "lead", "trial", "customer", "engaged"]
Trouble = Literal["payment", "support", "downgrade", "refund", "feedback"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event states.

    `stage`: the least stage it proves. `money`: +1 the customer paid, -1 got back, 0 neither.
    `active`: the customer started it. `trouble`/`settles`: a problem it opens or closes.
    `leaves`/`returns`: an explicit end, and a new start; `ends_trial`: a trial is over.
    """

    stage: BaseStage | None = None
    money: int = 0
    active: bool = True
    trouble: Trouble | None = None
    settles: Trouble | None = None
    leaves: bool = False
    returns: bool = False
    ends_trial: bool = False


_SYSTEM = Meaning(active=False)

MEANINGS: dict[str, Meaning] = {
    # Orders
    "order completed": Meaning(stage="customer", money=1, returns=True),
    "order refunded": Meaning(stage="customer", money=-1, active=False, trouble="refund"),
    "order cancelled": Meaning(active=False),
    "order updated": _SYSTEM,
    # Sign-up and trial
    "signed up": Meaning(stage="lead"),
    "account created": Meaning(stage="lead"),
    "lead captured": Meaning(stage="lead"),
    "trial started": Meaning(stage="trial"),
    "trial ended": Meaning(active=False, ends_trial=True),
    # Subscriptions
    "subscription started": Meaning(stage="customer", returns=True),
    "subscription created": Meaning(stage="customer", returns=True),
    "subscription reactivated": Meaning(stage="customer", returns=True),
    "subscription renewed": Meaning(stage="customer", active=False),
    "subscription cancelled": Meaning(active=False, leaves=True),
    "subscription canceled": Meaning(active=False, leaves=True),
    "account deleted": Meaning(active=False, leaves=True),
    "account closed": Meaning(active=False, leaves=True),
    "plan upgraded": Meaning(stage="customer", settles="downgrade"),
    "plan downgraded": Meaning(stage="customer", trouble="downgrade"),
    # Payments: renewals are charged by a machine, so they are not the customer's own activity.
    "payment succeeded": Meaning(stage="customer", money=1, active=False, settles="payment"),
    "invoice paid": Meaning(stage="customer", money=1, active=False, settles="payment"),
    "payment refunded": Meaning(money=-1, active=False, trouble="refund"),
    "payment failed": Meaning(active=False, trouble="payment"),
    # Support and feedback
    "support ticket opened": Meaning(trouble="support"),
    "support ticket resolved": Meaning(active=False, settles="support"),
    "support ticket closed": Meaning(active=False, settles="support"),
    # What we send
    "campaign email opened": Meaning(active=False),
    "email opened": Meaning(active=False),
    "push notification received": _SYSTEM,
    "badge awarded": _SYSTEM,
    # Calls without an event name
    "profile updated": Meaning(active=False),
    "group": Meaning(active=False),
    "alias": Meaning(active=False),
}

#: Past participles of what a system does to a customer rather than the customer to it.
_SYSTEM_ENDINGS = (" sent", " delivered", " bounced", " scheduled", " reminded", " expired", " issued")
_UNKNOWN = Meaning()


@lru_cache(maxsize=4096)
def spelled(title: str) -> str:
    """The title as names are compared: letter case, `_` and `-` do not matter."""
    return " ".join(title.lower().replace("_", " ").replace("-", " ").split())


@lru_cache(maxsize=4096)
def meaning_of(title: str) -> Meaning:
    """The meaning of an event's title."""
    name = spelled(title)
    known = MEANINGS.get(name)
    if known:
        return known
    return _SYSTEM if name.endswith(_SYSTEM_ENDINGS) else _UNKNOWN
