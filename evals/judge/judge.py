"""A chat model that says whether an answer is right: its prompt and name pinned, the answer nothing but data to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

PROMPT = (Path(__file__).parent / "prompt.md").read_text()
PROMPT_HASH = sha256(PROMPT.encode()).hexdigest()[:16]

TIMEOUT_S = 60.0
#: A provider's hiccup passes within seconds; verdicts so far are in the cache when it does not.
_ATTEMPTS = 3
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
#: Many models wrap JSON into one block of code.
_FENCED = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)


class JudgeFailed(Exception):
    """The judge's model gave no reply: the sentence says why, without the provider's own words."""


class _Passing(JudgeFailed):
    """Trying again soon may help."""


class Verdict(BaseModel):
    """What the judge says; `unsure` also where its reply could not be read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    verdict: Literal["right", "wrong", "unsure"]
    reason: str = Field(max_length=2_000)


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """A model behind an OpenAI-compatible endpoint, which may be a `ModelCache`: `async with JudgeModel.at(…)`."""

    model: str
    client: httpx.AsyncClient
    prompt_hash: str = PROMPT_HASH
    first_wait_s: float = 0.5

    @classmethod
    def at(cls, base_url: str, api_key: str | None, model: str, *, first_wait_s: float = 0.5) -> Self:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        client = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT_S)
        return cls(model, client, first_wait_s=first_wait_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def verdict(self, question: str, expected: str, answer: str) -> Verdict:
        """Whether the answer states what is expected; raises JudgeFailed."""
        body = request(self.model, question, expected, answer)
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential_jitter(
                multiplier=self.first_wait_s, max=10 * self.first_wait_s, jitter=self.first_wait_s
            ),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                said = await self._said(body)
        return read_verdict(said)

    async def _said(self, body: dict[str, Any]) -> str:
        try:
            reply = await self.client.post("chat/completions", json=body)
        except httpx.HTTPError as error:
            raise _Passing(f"the judge's provider cannot be reached ({type(error).__name__})") from error
        if not reply.is_success:
            failed = _Passing if reply.status_code in _PASSING else JudgeFailed
            raise failed(f"the judge's provider answered {reply.status_code}")
        try:
            return str(reply.json()["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError):
            raise JudgeFailed("the judge's provider answered something that is no chat completion") from None


def request(model: str, question: str, expected: str, answer: str) -> dict[str, Any]:
    """The body that is sent. JSON strings cannot be closed from inside, whatever the answer holds."""
    data = json.dumps({"question": question, "expected": expected, "answer": answer}, ensure_ascii=False)
    messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": data}]
    return {"model": model, "temperature": 0, "messages": messages}


def read_verdict(said: str) -> Verdict:
    """The verdict in a reply that is one JSON object and nothing else; `unsure` for every other reply."""
    text = said.strip()
    fenced = _FENCED.match(text)
    try:
        pairs = json.loads(fenced[1] if fenced else text, object_pairs_hook=_once)
        return Verdict.model_validate(pairs)
    except (ValueError, ValidationError, RecursionError):
        return Verdict(verdict="unsure", reason="the judge's reply is not the JSON that it was asked for")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a field that stands there twice, one may have been put in by the answer: ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field stands there twice")
    return found
