"""What an answer is: text with markers, the events they point to, and the facts behind its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.fact import Fact

Mode = Literal["model", "deterministic", "fallback"]


#: Stands first among an answer's tools: the question as it was understood, written out.
UNDERSTOOD = "understand"


class Citation(BaseModel):
    """Marker [n] points to this event."""

    n: int
    message_id: str
    customer_id: str
    occurred_at: datetime
    text: str


class ToolUse(BaseModel):
    """One call of a tool, as it went."""

    name: str
    args: dict[str, Any]
    ok: bool
    ms: float
    error: str | None = None


class Answer(BaseModel):
    """The reply to one question. `answer` is Markdown; each number in it is the value of a fact."""

    thread_id: str
    answer: str
    citations: list[Citation] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    tools: list[ToolUse] = Field(default_factory=list)
    abstained: bool = False
    mode: Mode = "deterministic"
    mode_reason: str | None = None
    as_of: datetime


class Claim(BaseModel):
    """One statement and the events it rests on (message ids, the most telling first).

    `unknown` marks what says that no event answers, and what was searched.
    """

    text: str
    evidence: list[str] = Field(default_factory=list)
    unknown: bool = False


class Draft(BaseModel):
    """An answer before grounding: lines of Markdown with markers, and what the markers point to."""

    lines: list[str]
    cited: list[str] = Field(default_factory=list, description="message ids by marker: [1] is the first")
    abstained: bool = False
