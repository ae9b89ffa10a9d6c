"""An OpenAI-compatible endpoint, one request at a time: the one place that talks to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.chat_model import Heard, ModelFailed, Offered, OutOfTime, ProviderFailed, Reply, Unusable, schema
from agent.prices import Prices
from agent.reply_stream import ReplyStream

#: Below this share of its time a call that is cut off says nothing about the provider.
_FAIR_SHARE = 0.5
#: About the address, the key or the account: no request heals it.
_REFUSED = frozenset({401, 402, 403, 404})
_PASSING = frozenset({408, 409, 425, 429})
#: What OpenAI and llama.cpp call a request that is longer than the model's context.
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
#: What is raised for a body that is no chat completion: a corrupt chunk is a bare JSONDecodeError, a ValueError.
_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, IndexError)
#: By the field that holds it, what some endpoints or models do not take, and what can be done without.
_OPTIONAL = {"temperature": "temperature", "stream_options": "stream_usage"}
_TIMED_OUT = "the model did not answer in time"


class OpenAIChatModel:
    """`Provider` on langchain-openai. One request takes at most `timeout_s`; nothing is tried again here."""

    def __init__(self, base_url: str | None, api_key: str, model: str, timeout_s: float, prices: Prices) -> None:
        self.name = model
        self._timeout_s = timeout_s
        self._prices = prices
        # Without `stream_usage` only OpenAI's own address is asked to count tokens.
        self._options: dict[str, Any] = {"temperature": 0, "stream_usage": True}
        # The default client is shared by all event loops of a process, and dies with the first.
        self._client = openai.DefaultAsyncHttpxClient(timeout=timeout_s)
        self._chat = ChatOpenAI(
            model=model,
            base_url=base_url,
            api_key=SecretStr(api_key),
            timeout=timeout_s,
            stream_chunk_timeout=timeout_s,
            max_retries=0,
            # What every compatible endpoint has.
            use_responses_api=False,
            http_async_client=self._client,
        )

    async def ask(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Offered],
        within_s: float,
        heard: Heard | None = None,
        answer_schema: dict[str, Any] | None = None,
    ) -> Reply:
        """The model's next message, as JSON where it has to fit a schema; raises ModelFailed."""
        stream = ReplyStream(self._prices, heard)
        # Beside the arguments that openai's client checks: walking over every schema took it a third of a call.
        asked: dict[str, Any] = {"extra_body": {"tools": [schema(tool) for tool in tools]}} if tools else {}
        if answer_schema:
            asked["response_format"] = {"type": "json_schema", "json_schema": answer_schema}
        try:
            async with asyncio.timeout(min(self._timeout_s, within_s)):
                async with aclosing(self._chunks(messages, asked)) as chunks:
                    async for chunk in chunks:
                        stream.add(chunk)
        except TimeoutError as error:
            if within_s < self._timeout_s * _FAIR_SHARE:
                raise OutOfTime(_TIMED_OUT, stream.usage) from error
            raise ProviderFailed(_TIMED_OUT, stream.usage) from error
        except ModelFailed as error:
            error.usage = stream.usage
            raise
        return stream.whole()

    async def close(self) -> None:
        await self._client.aclose()

    async def _chunks(
        self, messages: Sequence[BaseMessage], asked: dict[str, Any]
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """The reply as it comes; whatever goes wrong is a ModelFailed or, for a timeout, a TimeoutError."""
        try:
            async for chunk in self._chat.astream(list(messages), **self._options, **asked):
                yield chunk
        except (openai.OpenAIError, *_UNREADABLE) as error:
            raise self._spare(error) or _failure(error) from error

    def _spare(self, error: Exception) -> ProviderFailed | None:
        """Leaves out from now on what the endpoint does not take; None where it refused for another reason."""
        if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return None
        refused = {option for field, option in _OPTIONAL.items() if field in str(error) and option in self._options}
        for option in refused:
            del self._options[option]
        return ProviderFailed("the model's provider does not take an option", again=True) if refused else None


def _failure(error: Exception) -> Exception:
    """Our word for it. Only the kind is told: a provider's own words may hold keys or prompts."""
    if isinstance(error, openai.APITimeoutError):
        return TimeoutError()
    if isinstance(error, openai.APIConnectionError):
        return ProviderFailed("the model's provider cannot be reached", again=True)
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        sentence = f"the model's provider answered {status}"
        if status >= 500 or status in _PASSING:
            return ProviderFailed(sentence, again=True, wait_s=wait_s(error.response.headers, datetime.now(UTC)))
        if not _TOO_LONG.isdisjoint((error.code, error.type)):
            return Unusable("the question with what was found is longer than the model can read")
        return ProviderFailed(sentence) if status in _REFUSED else Unusable(sentence)
    return ProviderFailed("the model's answer could not be read", again=True)


def wait_s(headers: Any, now: datetime) -> float:
    """The seconds that a provider wants to be left alone, from Retry-After (seconds or a date); 0 where it tells none.

    RFC 9110, 10.2.3; openai's own servers also tell milliseconds.
    """
    if _is_number(exact := headers.get("retry-after-ms", "")):
        return float(exact) / 1000
    told = headers.get("retry-after", "")
    if _is_number(told):
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip()) is not None
