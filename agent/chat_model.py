"""A chat model behind an OpenAI-compatible endpoint: the one place that talks to it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import openai
from langchain_core.messages import AIMessage, BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from agent.intent import Call
from tools.tool import Tool

#: A provider's hiccup passes within seconds; a longer outage is not the asker's to wait for.
ATTEMPTS = 3
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 2.0
_PASSING = (
    openai.APIConnectionError,
    openai.APITimeoutError,
    openai.RateLimitError,
    openai.InternalServerError,
    # A corrupt body surfaces as a bare decoding error.
    json.JSONDecodeError,
)
#: What langchain-openai raises for an answer in JSON that is no chat completion.
_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, IndexError)


class ModelFailed(Exception):
    """The model gave nothing that can be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Either tool calls to run, each with its id, or a text; `message` goes into the conversation."""

    message: AIMessage
    calls: list[tuple[str, Call]]
    text: str


class ChatModel(Protocol):
    """What the graph needs of a model; all replies of one answer together take at most `budget_s`."""

    budget_s: float

    async def reply(self, messages: Sequence[BaseMessage], tools: Sequence[Tool], within_s: float) -> Reply: ...

    async def close(self) -> None: ...


class OpenAIChatModel:
    """`ChatModel` on langchain-openai; named exceptions are retried within a total time."""

    def __init__(self, base_url: str | None, api_key: str, model: str, timeout_s: float, budget_s: float) -> None:
        self.budget_s = budget_s
        # The default client is shared by all event loops of a process, and dies with the first.
        self._client = openai.DefaultAsyncHttpxClient(timeout=timeout_s)
        self._chat = ChatOpenAI(
            model=model,
            base_url=base_url,
            api_key=SecretStr(api_key),
            timeout=timeout_s,
            max_retries=0,
            temperature=0,
            http_async_client=self._client,
        )

    async def reply(self, messages: Sequence[BaseMessage], tools: Sequence[Tool], within_s: float) -> Reply:
        """The model's next message; raises ModelFailed."""
        bound = self._chat.bind_tools([schema(tool) for tool in tools])
        try:
            async with asyncio.timeout(within_s):
                async for attempt in _retrying():
                    with attempt:
                        message = await bound.ainvoke(list(messages))
        except (TimeoutError, openai.OpenAIError, *_UNREADABLE) as error:
            raise ModelFailed(_why(error)) from error
        return _read(message)

    async def close(self) -> None:
        await self._client.aclose()


def _retrying() -> AsyncRetrying:
    backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S, jitter=_FIRST_WAIT_S)
    return AsyncRetrying(
        retry=retry_if_exception(_passes),
        stop=stop_after_attempt(ATTEMPTS),
        wait=lambda state: max(backoff(state), _asked_wait_s(state.outcome.exception() if state.outcome else None)),
        reraise=True,
    )


def _passes(error: BaseException) -> bool:
    """Whether trying again soon may help; a provider that asks for a longer wait is left alone."""
    return isinstance(error, _PASSING) and _asked_wait_s(error) <= _LONGEST_WAIT_S


def _asked_wait_s(error: BaseException | None) -> float:
    """The seconds that the provider asked to wait; 0 where it asked for none."""
    asked = error.response.headers.get("retry-after", "") if isinstance(error, openai.APIStatusError) else ""
    return float(asked) if re.fullmatch(r"\d{1,6}(\.\d+)?", asked) else 0.0


def schema(tool: Tool) -> dict[str, Any]:
    """A tool as the model sees it: only arguments that it may choose."""
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.args.model_json_schema()},
    }


def _read(message: AIMessage) -> Reply:
    reason = message.response_metadata.get("finish_reason")
    if message.invalid_tool_calls:
        raise ModelFailed("the model called a tool with arguments that are not JSON")
    calls = [(str(call.get("id")), Call(call["name"], dict(call["args"]))) for call in message.tool_calls]
    text = message.text.strip()
    if not calls and (not text or reason not in ("stop", "tool_calls")):
        raise ModelFailed("the model's answer was cut short" if text else "the model answered nothing")
    return Reply(message, calls, text)


def _why(error: BaseException) -> str:
    """The kind of failure: a provider's own words may hold keys or prompts."""
    if isinstance(error, openai.APIStatusError):
        return f"the model's provider answered {error.status_code}"
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return "the model did not answer in time"
    if isinstance(error, openai.APIConnectionError):
        return "the model's provider cannot be reached"
    return "the model's answer could not be read"
