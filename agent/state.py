"""What passes from node to node while one question is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from langchain_core.messages import BaseMessage

from agent.answer import Draft, Mode
from agent.chat_model import ChatModel
from agent.ground import Grounded
from agent.intent import Call, Intent, Question, Run
from agent.meaning import IntentFinder
from agent.prompts import Labels
from agent.understand import Understanding
from tools.tool import ToolContext

Step = tuple[Intent, Question, list[Run]]


@dataclass(frozen=True, slots=True)
class AgentContext:
    """What a run may use and may not choose: set from the request, hidden from the model."""

    tools: ToolContext
    finder: IntentFinder
    model: ChatModel | None


class State(TypedDict, total=False):
    """One question on its way to an answer."""

    question: str
    #: What the last turn of the thread handed on.
    before: list[dict[str, Any]]
    understanding: Understanding
    steps: list[Step]
    runs: list[Run]
    draft: Draft
    grounded: Grounded
    mode: Mode
    mode_reason: str | None
    # The conversation with a model
    messages: list[BaseMessage]
    calls: list[tuple[str, Call]]
    labels: Labels
    turns: int
    #: Seconds that its replies took so far.
    model_s: float
