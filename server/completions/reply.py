"""Completions and their chunks, in OpenAI's shape; what that has no place for is in `throughline`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from agent.answer import Answer, Usage
from server.completions.request import MODEL

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered: a text, or the call of a tool with its arguments as JSON."""

    text: str = ""
    call: tuple[str, str] | None = None
    usage: Usage = field(default_factory=Usage)
    more: Json | None = None

    @property
    def finish_reason(self) -> str:
        return "tool_calls" if self.call else "stop"

    @property
    def tool_calls(self) -> list[Json]:
        if not self.call:
            return []
        name, arguments = self.call
        return [{"id": f"call_{uuid4().hex}", "type": "function", "function": {"name": name, "arguments": arguments}}]


@dataclass(frozen=True, slots=True)
class Completion:
    """One completion: its name and time, the same in every chunk of it."""

    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, said: Said) -> Json:
        """The completion as one object."""
        message: Json = {"role": "assistant", "content": None if said.call else said.text, "refusal": None}
        if said.call:
            message["tool_calls"] = said.tool_calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}
        return {**self._named("chat.completion", [choice]), "usage": _usage(said.usage), **_more(said)}

    def begun(self) -> Json:
        """The first chunk, which only says that somebody answers."""
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> Json:
        """A chunk with the next words."""
        return self._chunk({"content": text})

    def called(self, said: Said) -> Json:
        """A chunk with the call of a tool."""
        return self._chunk({"tool_calls": [{"index": 0, **call} for call in said.tool_calls]})

    def ended(self, said: Said) -> Json:
        """The chunk that ends the answer."""
        return {**self._chunk({}, said.finish_reason), **_more(said)}

    def counted(self, said: Said) -> Json:
        """The chunk with what was used, for those who ask for it."""
        return {**self._named("chat.completion.chunk", []), "usage": _usage(said.usage)}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._named("chat.completion.chunk", [choice])

    def _named(self, kind: str, choices: Sequence[Json]) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": MODEL, "choices": list(choices)}


def more_of(answer: Answer, thread_id: str | None) -> Json:
    """All of an answer but its text."""
    return {**answer.model_dump(mode="json", exclude={"answer"}), "thread_id": thread_id}


def _usage(usage: Usage) -> Json:
    """Tokens of the model that was asked; none without one."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.tokens,
    }


def _more(said: Said) -> Json:
    return {"throughline": said.more} if said.more is not None else {}
