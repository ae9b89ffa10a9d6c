"""A chat model, whoever provides it: what is asked of one, what it replies, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from agent.answer import Usage
from agent.brief_schema import brief
from agent.intent import Call

#: Takes the whole text of a reply so far, each time that it has grown; after a retry it begins anew.
Heard = Callable[[str], None]


class ModelFailed(Exception):
    """The model gave nothing that can be used; the sentence says why, `usage` what it cost all the same."""

    def __init__(self, sentence: str, usage: Usage | None = None) -> None:
        super().__init__(sentence)
        self.usage = usage or Usage()


class Unusable(ModelFailed):
    """The model is there, but what it wrote, or what it was asked, is of no use."""


class NotAsked(ModelFailed):
    """The model was passed over, because it failed a moment ago or lacks an ability."""


class OutOfTime(ModelFailed):
    """The answer's time ran out before the model had a fair share of it: nothing is known about its provider."""


class ProviderFailed(ModelFailed):
    """The provider failed, not the model: others who ask now will fail too.

    `again` says that the same request may go through soon, `wait_s` after how many seconds the provider wants it.
    """

    def __init__(self, sentence: str, usage: Usage | None = None, *, again: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(sentence, usage)
        self.again = again
        self.wait_s = wait_s


class Offered(Protocol):
    """A tool that a model may call: its arguments are a pydantic model."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def args(self) -> type[BaseModel]: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """Either tool calls to run, each with its id, or a text; `message` goes into the conversation."""

    message: AIMessage
    calls: list[tuple[str, Call]]
    text: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may take of a model, all its replies together; `calls` is of tools, in one turn.

    Null is no limit. `cost` is in the money of the prices that are set.
    """

    seconds: float
    turns: int = 6
    calls: int = 8
    tokens: int | None = None
    cost: float | None = None


class ChatModel(Protocol):
    """What the graph needs of a model."""

    @property
    def limits(self) -> Limits: ...

    async def reply(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Offered],
        within_s: float,
        heard: Heard | None = None,
    ) -> Reply:
        """The model's next message, within this many seconds; raises ModelFailed."""

    async def close(self) -> None: ...


def schema(tool: Offered) -> dict[str, Any]:
    """A tool as the model sees it: only arguments that it may choose."""
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": _parameters(tool.args)},
    }


@cache
def _parameters(args: type[BaseModel]) -> dict[str, Any]:
    return brief(args.model_json_schema())
