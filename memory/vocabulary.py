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
#: Only somebody with an account does this.
_MEMBER = Meaning(stage="lead")
_DID = Meaning()

#: What customers do that says no more than that they did it.
_DONE = (
    # Coming and going; an account may be a trial's or a demo's, so that it proves no stage
    "signed in", "signed out",
    # Browsing
    "products searched", "product searched", "product list viewed", "product list filtered", "product clicked",
    "product viewed", "promotion clicked", "banner clicked",
    # Cart, checkout and coupons
    "product added", "product removed", "cart viewed", "checkout started", "checkout step viewed",
    "checkout step completed", "coupon entered", "coupon applied", "coupon removed", "product added to wishlist",
    "product removed from wishlist", "wishlist product added to cart",
    # Sharing and reviewing
    "product shared", "cart shared", "product reviewed",
    # Apps
    "application installed", "application opened", "deep link clicked", "deep link opened",
    "push notification tapped",
    # Video, started or steered by hand
    "video playback started", "video playback paused", "video playback resumed", "video playback exited",
    "video playback seek started", "video playback completed", "video content started", "video content completed",
    "video ad clicked", "video ad skipped",
    # Messages
    "email link clicked", "live chat conversation started", "live chat message sent", "unsubscribed",
)  # fmt: skip
#: What happens to customers, or is told by a machine that stands in their place.
_HAPPENED = (
    "promotion viewed", "coupon denied", "order cancelled", "order canceled", "order updated", "experiment viewed",
    "application updated", "application backgrounded", "application crashed", "application uninstalled",
    "install attributed", "push notification received", "push notification bounced",
    "video playback interrupted", "video playback buffer started", "video playback buffer completed",
    "video playback seek completed", "video content playing", "video ad started", "video ad playing",
    "video ad completed", "video quality updated",
    "email opened", "campaign email opened", "email marked as spam", "live chat conversation ended",
    "live chat message received", "badge awarded",
)  # fmt: skip

MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(_DONE, _DID),
    **dict.fromkeys(_HAPPENED, _SYSTEM),
    # Orders; who enters how they will pay is known by name, though nothing is paid yet
    "payment info entered": Meaning(stage="lead"),
    "order completed": Meaning(stage="customer", money=1, returns=True),
    "order refunded": Meaning(stage="customer", money=-1, active=False, trouble="refund"),
    # Sign-up and trial
    "signed up": _MEMBER,
    "account created": _MEMBER,
    "lead captured": _MEMBER,
    "invite sent": _MEMBER,
    "trial started": Meaning(stage="trial"),
    "trial ended": Meaning(active=False, ends_trial=True),
    # Told of the member who is added or removed, and done by another
    "account added user": Meaning(stage="lead", active=False),
    "account removed user": Meaning(active=False),
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
