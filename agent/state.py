"""What passes from node to node while one question is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from langchain_core.messages import BaseMessage

from agent.answer import Draft, Mode, Usage
from agent.chat_model import ChatModel
from agent.evidence import Evidence
from agent.ground import Grounded
from agent.intent import Call, Intent, Question, Run
from agent.meaning import IntentFinder
from agent.prompts import Labels
from agent.telling import Teller
from agent.understand import Understanding
from tools.tool import ToolContext

Step = tuple[Intent, Question, list[Run]]


@dataclass(frozen=True, slots=True)
class AgentContext:
    """What a run may use and may not choose: set from the request, hidden from the model."""

    tools: ToolContext
    finder: IntentFinder
    model: ChatModel | None
    teller: Teller


class State(TypedDict, total=False):
    """One question on its way to an answer."""

    question: str
    #: What the last turn of the thread handed on, and what a model is told of all of them.
    before: list[dict[str, Any]]
    earlier: str
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
    #: What its answer may rest on, as far as the tools have run.
    evidence: Evidence
    turns: int
    usage: Usage
    #: Seconds that its replies took so far.
    model_s: float
    #: What stands of an answer that does not hold as a whole; whether it was sent back, which is done once, and is
    #: being mended; and whether there is one that stands.
    part: Grounded
    repaired: bool
    mending: bool
    stands: bool
    #: Sentences of its answers that did not hold.
    removed: int
