"""What figures can be asked for, and the rows they come in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tools.calendar import UNITS
from tools.selection import EventFilter

Measure = Literal["count", "sum", "average", "median", "largest", "smallest", "customers", "distinct"]
#: What is told of amounts rather than of events.
OF_QUANTITIES = frozenset({"sum", "average", "median", "largest", "smallest"})
#: Of nothing these are zero; an average or an extreme of nothing is none.
ZERO = frozenset({"count", "sum", "customers", "distinct"})
#: The units of what is counted.
COUNTED = {"count": "events", "customers": "customers"}
#: Rows at most.
MAX_ROWS = 500


class FiguresArgs(EventFilter):
    """Which events, what of them, and by what. With `by: item`, an event counts under each of its items."""

    client_ids: list[str] = Field(default_factory=list, description="only these customers; empty is everyone")
    measure: Measure = Field(default="count", description="customers: how many; distinct: how many different `of`")
    of: str | None = Field(default=None, description="a property's name; null is the money of the events (sum is net)")
    by: str | None = Field(
        default=None,
        description="customer, item, event, day, week, month, quarter, year, weekday, or a property's name",
    )
    order: Literal["value", "key"] | None = Field(
        default=None, description="rows by value or by key; null: periods in time, all else by value"
    )
    descending: bool = Field(default=True, description="largest value first; rows by key always ascend")
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] = Field(
        default=10, description="rows at most, of each currency; of periods the last, and all unless given"
    )
    currency: str | None = Field(default=None, description="only amounts in this currency")

    @property
    def by_key(self) -> bool:
        """Whether rows come in the order of their keys."""
        return self.order == "key" or (self.order is None and (self.by in UNITS or self.by is None))

    @property
    def code(self) -> str | None:
        """The currency asked for, as it is written."""
        return self.currency.upper() if self.currency else None


class Figure(BaseModel):
    """A value; `unit` is a currency, "events" or "customers", or null."""

    value: int | float
    unit: str | None = None


class FigureRow(BaseModel):
    """The figures of one key; `evidence` has at most 50 ids, the newest last (an extreme: what holds it first)."""

    key: str
    client_id: str | None = None
    values: list[Figure]
    events: int
    evidence: list[str]
