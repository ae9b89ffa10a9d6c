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


class Usage(BaseModel):
    """What a model was asked for, as its provider counts it: `cost` is null where no price is known, and the tokens
    are 0 where the provider tells none.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        costs = [each for each in (self.cost, other.cost) if each is not None]
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=sum(costs) if costs else None,
        )

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


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
    usage: Usage = Field(default_factory=Usage)
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
