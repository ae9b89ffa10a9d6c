"""What is recommended for one customer: an item they may want, or an action of ours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, Field

Kind = Literal["item", "action"]
UNKNOWN: Literal["unknown"] = "unknown"


class Effect(BaseModel):
    """By how much an action is estimated to raise the chance of `outcome`, against doing nothing; 95 % interval.

    Estimated from decisions that were taken at random, never from who happened to be treated.
    """

    value: float
    low: float
    high: float
    outcome: str
    model: str


class Recommendation(BaseModel):
    """One thing to offer or to do. `evidence` are events of this customer; of others only their number is told.

    Of items: `support` of `similar` customers took it up, who share what is in `after`; this customer took it up
    `times` so far, and `lately` others in the last `lately_days`. `score` means what `score_meaning` says.
    """

    id: str = Field(description="the same for the same customer, thing and day")
    kind: Kind
    item_id: str | None = Field(default=None, description="the item's own id where events tell one, else its name")
    action: str | None = Field(default=None, description="the action's id in the playbook")
    title: str
    why: str
    evidence: list[str]
    others: int = Field(default=0, description="how many other customers it rests on")
    score: float | None = None
    score_meaning: str
    expected_effect: Effect | Literal["unknown"] = UNKNOWN
    action_reference: str | None = Field(default=None, description="where the action is done: a link or an id of yours")
    says: str | None = Field(default=None, description="what the playbook wants the customer to be told")
    channel: str | None = None
    item_kind: str | None = Field(default=None, description="product, feature or page")
    category: str | None = None
    price: float | None = None
    currency: str | None = None
    new: bool = Field(default=True, description="whether the customer has not taken it up before")
    times: int = 0
    support: int | None = None
    similar: int | None = None
    lately: int | None = None
    lately_days: int | None = None
    after: list[str] = Field(default_factory=list)
    accept_label: str
    reject_label: str
    expires_at: datetime
    as_of: datetime


def recommendation_id(client_id: str, kind: Kind, what: str, day: date) -> str:
    """The id of recommending this to a customer on a day of their workspace's calendar."""
    return str(uuid5(NAMESPACE_URL, "\0".join((client_id, kind, what, day.isoformat()))))
