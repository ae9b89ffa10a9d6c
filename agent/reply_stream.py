"""The pieces of a streamed reply, put together; what is no whole reply is refused."""

from __future__ import annotations

from typing import Any

import orjson
from langchain_core.messages import AIMessageChunk, ToolCallChunk, message_chunk_to_message
from langchain_core.messages.ai import add_ai_message_chunks

from agent.answer import Usage
from agent.chat_model import Heard, ProviderFailed, Reply, Unusable
from agent.intent import Call
from agent.prices import Prices
from memory.cleaning import clean_text, clean_value

#: Some providers end a message of tool calls with "stop".
_ENDED = ("stop", "tool_calls", "function_call")


class ReplyStream:
    """Takes the chunks of one reply in order; `whole` is the reply once they have ended."""

    def __init__(self, prices: Prices, heard: Heard | None = None) -> None:
        self._prices = prices
        self._heard = heard
        self._chunks: list[AIMessageChunk] = []
        self._text = ""
        self._finish: str | None = None
        self._tokens = (0, 0)

    @property
    def usage(self) -> Usage:
        """What it took so far, as far as the provider has said."""
        put_in, written = self._tokens
        cost = self._prices.cost(put_in, written) if put_in or written else None
        return Usage(calls=1, input_tokens=put_in, output_tokens=written, cost=cost)

    def add(self, chunk: AIMessageChunk) -> None:
        self._chunks.append(chunk)
        # Not from the sum of the chunks: that would string two finish reasons together, and count tokens twice that
        # a provider tells cumulatively.
        self._finish = chunk.response_metadata.get("finish_reason") or self._finish
        if told := chunk.usage_metadata:
            self._tokens = (told["input_tokens"], told["output_tokens"])
        if text := chunk.text:
            self._text += text
            if self._heard:
                self._heard(self._text)

    def whole(self) -> Reply:
        """The reply; raises ModelFailed for one that is cut short, withheld, empty or not understood."""
        if self._finish is None:
            # The connection was closed in good order, but before the end: no library raises anything.
            raise ProviderFailed("the model's answer broke off", self.usage, again=True)
        if self._finish == "content_filter":
            raise Unusable("the model's provider withheld the answer", self.usage)
        if self._finish not in _ENDED:
            raise Unusable("the model's answer was cut short", self.usage)
        merged = add_ai_message_chunks(*self._chunks)
        calls = [self._call(chunk) for chunk in merged.tool_call_chunks]
        text = self._text.strip()
        if not calls and not text:
            raise Unusable("the model answered nothing", self.usage)
        message: Any = message_chunk_to_message(merged)
        return Reply(message, calls, text, self.usage)

    def _call(self, chunk: ToolCallChunk) -> tuple[str, Call]:
        """A call of a tool; read strictly, for langchain completes arguments that break off.

        They are told and kept as they are: nothing passes that could not be written as JSON again.
        """
        try:
            args = clean_value(orjson.loads(chunk["args"] or "{}"))
        except ValueError:
            args = None
        if not isinstance(args, dict) or not chunk["name"]:
            raise Unusable("the model called a tool with arguments that are not JSON", self.usage)
        return clean_text(str(chunk["id"])), Call(clean_text(chunk["name"]), args)
