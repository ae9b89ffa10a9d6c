"""What is kept of an item that could not become an event."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import orjson
from pydantic import BaseModel, Field, ValidationError, field_validator

from memory.cleaning import EARLIEST
from memory.store import Control

QUARANTINE = "quarantine"


class Quarantined(BaseModel):
    """An item as it was sent, and why it is not an event."""

    message_id: str | None
    reason: str = Field(description="A stable code")
    field: str = Field(description="A JSON pointer into the item")
    detail: str
    received_at: Annotated[str, Field(pattern=r"^\S+$")]
    sha256: str = Field(description="Digest of the item's JSON text, keys sorted")
    bytes: int
    whole: bool = Field(description="False when the item was too large to keep: `item` is then only its head")
    item: str = Field(description="The item's JSON text; mend it and send it to /events again")

    @field_validator("received_at")
    @classmethod
    def _time(cls, value: str) -> str:
        datetime.fromisoformat(value)
        return value

    @property
    def control(self) -> Control:
        """How it lies in the store: the same item once, by its digest."""
        return Control(QUARANTINE, self.sha256, self.model_dump())


def read_quarantined(control: Control) -> Quarantined:
    """The item of a control point; of one that is damaged, whatever is left."""
    try:
        return Quarantined.model_validate(control.data)
    except ValidationError:
        left = orjson.dumps(control.data).decode()
        return Quarantined(
            message_id=None, reason="damaged", field="", detail="what was kept of this item cannot be read",
            received_at=EARLIEST.isoformat(), sha256=control.key, bytes=len(left.encode()), whole=False, item=left,
        )  # fmt: skip
