"""How the model of a process is doing, for whoever operates it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

#: `off`: none is configured. `unknown`: not asked yet. `resting`: it failed and is left alone for a while.
State = Literal["off", "unknown", "working", "resting", "unable"]


class ModelStatus(BaseModel):
    """The language model; every endpoint answers without one too. Neither its key nor its address is told."""

    configured: bool = False
    name: str | None = None
    tool_calling: bool | None = Field(default=None, description="Null until it was tried, soon after the start")
    structured_output: bool | None = Field(default=None, description="Likewise")
    state: State = Field(
        default="off", description="resting: it failed, and is left alone for a while. unable: it cannot call tools"
    )
    reason: str | None = Field(default=None, description="Why questions are answered without it")
