"""What a model can do, found out by asking: whether it calls a tool, and answers in JSON that fits a schema."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import BaseModel

from agent.chat_model import Offered, ProviderFailed, Reply, Unusable

#: A model may miss a call that it can make.
_TRIES = 2
_PLEASE_CALL = "Call the tool probe_ready with ok set to true. Write nothing else."
_PLEASE_WRITE = "Answer with a JSON object whose only field, ok, is true."


class ReadyArgs(BaseModel):
    ok: bool


@dataclass(frozen=True, slots=True)
class _ReadyTool:
    name: str = "probe_ready"
    description: str = "Reports that tools can be called."
    args: type[BaseModel] = ReadyArgs


READY = _ReadyTool()
_READY_SCHEMA: dict[str, Any] = {
    "name": "probe_ready",
    "strict": True,
    "schema": {**ReadyArgs.model_json_schema(), "additionalProperties": False},
}


@dataclass(frozen=True, slots=True)
class Abilities:
    """Null is not known."""

    tool_calling: bool | None = None
    structured_output: bool | None = None


class Ask(Protocol):
    """One request to a model; raises ModelFailed."""

    def __call__(
        self, messages: Sequence[BaseMessage], tools: Sequence[Offered], answer_schema: dict[str, Any] | None
    ) -> Awaitable[Reply]: ...


async def probe(ask: Ask) -> Abilities:
    """What the model can do; raises ModelFailed where its provider cannot say."""
    return Abilities(await _calls_tools(ask), await _fits_a_schema(ask))


async def _calls_tools(ask: Ask) -> bool:
    for _ in range(_TRIES):
        try:
            reply = await ask([HumanMessage(_PLEASE_CALL)], [READY], None)
        except Unusable:
            # An endpoint that has no tools refuses a request that offers one.
            continue
        if any(call.tool == READY.name for _, call in reply.calls):
            return True
    return False


async def _fits_a_schema(ask: Ask) -> bool | None:
    try:
        reply = await ask([HumanMessage(_PLEASE_WRITE)], [], _READY_SCHEMA)
        return isinstance(json.loads(reply.text).get("ok"), bool)
    except ProviderFailed:
        # The tools were called, which is what questions need.
        return None
    except (Unusable, ValueError, AttributeError):
        return False
