"""What became of a quarantined item, on record after the item is gone; it holds nothing of a customer's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from memory.cleaning import EARLIEST
from memory.kinds import RESOLUTION
from memory.quarantine import Place
from memory.store import Control, Verdict

MAX_WHY_CHARS = 500


class Resolution(BaseModel):
    """How a quarantined item ended: replayed, with its verdict, or discarded."""

    sha256: str = Field(description="The item's digest: its id while it was quarantined")
    reason: str = Field(description="Why it had been quarantined")
    field: str = Field(description="The JSON pointer it had been quarantined for")
    received_at: str = Field(description="When the item was received")
    resolved_at: str
    how: Literal["replayed", "discarded"]
    verdict: Verdict | None = Field(default=None, description="Of a replay: what became of the item")
    event: str | None = Field(
        default=None,
        description="Of a replay: the point id of its event in an export; the message id is not kept here",
    )
    replaced_by: str | None = Field(
        default=None, description="Of a replay that was quarantined again: the digest of the item in its place"
    )
    why: Annotated[str, Field(max_length=MAX_WHY_CHARS, description="As given by whoever resolved it")] = ""
    by: str | None = Field(default=None, description="The key that was used, named without its secret")

    @property
    def control(self) -> Control:
        """How it lies in the store: once for each time that an item was quarantined."""
        return Control(RESOLUTION, f"{self.sha256}:{self.received_at}", self.model_dump(mode="json"))


def resolved_at(control: Control) -> Place:
    """When a resolution was made, and its key; of a damaged one the first place."""
    try:
        return Place(datetime.fromisoformat(control.data["resolved_at"]), control.key)
    except (KeyError, TypeError, ValueError):
        return Place(EARLIEST, control.key)


def read_resolution(control: Control) -> Resolution:
    """The resolution that was written; raises pydantic's ValidationError for any other control."""
    return Resolution.model_validate(control.data)
