"""What is told while a question is answered, each thing as it happens; an answer that is told ends the run."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel

from agent.answer import Answer, Citation, ToolUse


class Told(BaseModel):
    """One thing that is told; `event` is what a stream calls it."""

    event: ClassVar[str]


class ToolStarted(Told):
    """A call begins; `id` tells it from others of the run."""

    event = "tool.started"
    id: str
    name: str
    args: dict[str, Any]


class ToolFinished(ToolUse, Told):
    """The call of that `id` has ended, well or not."""

    event = "tool.finished"
    id: str


class AnswerDelta(Told):
    """The next words of the answer. All of them hold to the evidence; whether the answer does is told at its end."""

    event = "answer.delta"
    text: str


class CitationGiven(Told):
    """The marker [n] of the words that follow."""

    event = "citation"
    citation: Citation


class AnswerFinal(Told):
    """The whole answer. `replaces` says that it is not what the deltas before it add up to."""

    event = "answer.final"
    answer: Answer
    replaces: bool = False
