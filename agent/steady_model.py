"""A chat model that fails soon or not at all: tried again, left alone while it is down, and asked what it can do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Protocol

import structlog
from langchain_core.messages import BaseMessage

from agent.answer import Usage
from agent.breaker import Breaker
from agent.chat_model import Heard, Limits, ModelFailed, NotAsked, Offered, OutOfTime, ProviderFailed, Reply
from agent.metering import Meter, Outcome
from agent.model_status import ModelStatus
from agent.probe import Abilities, probe
from agent.retrying import retried

log = structlog.get_logger()

CANNOT_CALL_TOOLS = "the model cannot call tools"
#: A model that was found unable is asked again after so long: its server may have been set up anew.
_PROBE_AGAIN_S = 600.0


class Provider(Protocol):
    """One request at a time to a model called `name`."""

    name: str

    async def ask(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Offered],
        within_s: float,
        heard: Heard | None = None,
        answer_schema: dict[str, Any] | None = None,
    ) -> Reply: ...

    async def close(self) -> None: ...


class SteadyModel:
    """`ChatModel` on a provider. Its time is capped, also over all attempts; a dead provider costs one timeout."""

    def __init__(self, provider: Provider, limits: Limits, rest_s: float, meter: Meter) -> None:
        self.limits = limits
        self._provider = provider
        self._meter = meter
        self._breaker = Breaker(rest_s)
        self._abilities = Abilities()
        self._probed_at = 0.0
        self._probing: asyncio.Task[None] | None = None
        self._was_heard = False

    async def reply(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Offered],
        within_s: float,
        heard: Heard | None = None,
    ) -> Reply:
        """The model's next message; raises ModelFailed, at once while the provider rests."""
        if tools and self._abilities.tool_calling is False:
            self._probe_later()
            self._meter.not_asked()
            raise NotAsked(CANNOT_CALL_TOOLS)
        try:
            reply = await self._guarded(messages, tools, within_s, heard)
        except NotAsked:
            self._meter.not_asked()
            raise
        self._probe_later()
        return reply

    def start_probe(self) -> None:
        """Begin to find out what the model can do, in the background."""
        if self._probing is None or self._probing.done():
            self._probed_at = time.monotonic()
            self._probing = asyncio.create_task(self._probe())

    async def close(self) -> None:
        if self._probing:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing
        await self._provider.close()

    @property
    def status(self) -> ModelStatus:
        status = ModelStatus(
            configured=True,
            name=self._provider.name,
            tool_calling=self._abilities.tool_calling,
            structured_output=self._abilities.structured_output,
            state="working" if self._was_heard else "unknown",
        )
        if self._breaker.is_open:
            return status.model_copy(update={"state": "resting", "reason": self._breaker.reason})
        if self._abilities.tool_calling is False:
            return status.model_copy(update={"state": "unable", "reason": CANNOT_CALL_TOOLS})
        return status

    async def _guarded(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Offered],
        within_s: float,
        heard: Heard | None = None,
    ) -> Reply:
        """A reply behind the breaker, tried again where that may help; its usage is that of all attempts."""
        spent: list[Usage] = []
        with self._breaker.passing():
            try:
                reply = await retried(lambda left_s: self._once(spent, messages, tools, left_s, heard), within_s)
            except ModelFailed as error:
                error.usage = sum(spent, Usage())
                raise
        self._was_heard = True
        return replace(reply, usage=sum(spent, Usage()))

    async def _once(self, spent: list[Usage], *asked: Any) -> Reply:
        """One request, its usage put to what was spent."""
        outcome: Outcome = "cancelled"
        usage, started = Usage(calls=1), time.monotonic()
        try:
            reply = await self._provider.ask(*asked)
            outcome, usage = "replied", reply.usage
            return reply
        except ModelFailed as error:
            outcome, usage = _outcome(error), error.usage
            log.warning("model.failed", outcome=outcome, reason=str(error))
            raise
        finally:
            spent.append(usage)
            self._meter.requested(outcome, time.monotonic() - started, usage)

    def _probe_later(self) -> None:
        """Probe again where the last probe came to nothing, or found a model unable some time ago."""
        if self._probing is None:
            return
        unable = self._abilities.tool_calling is False and time.monotonic() - self._probed_at > _PROBE_AGAIN_S
        if self._abilities.tool_calling is None or unable:
            self.start_probe()

    async def _probe(self) -> None:
        try:
            self._abilities = await probe(self._asked_by_probe)
        except ModelFailed as error:
            log.warning("model.not_probed", reason=str(error))
            return
        log.info("model.probed", model=self._provider.name, **asdict(self._abilities))

    async def _asked_by_probe(
        self, messages: Sequence[BaseMessage], tools: Sequence[Offered], answer_schema: dict[str, Any] | None
    ) -> Reply:
        within_s = self.limits.seconds
        if answer_schema is None:
            return await self._guarded(messages, tools, within_s)
        # No question needs it, so that none waits because it failed.
        return await self._once([], messages, tools, within_s, None, answer_schema)


def _outcome(error: ModelFailed) -> Outcome:
    if isinstance(error, ProviderFailed):
        return "provider_failed"
    return "out_of_time" if isinstance(error, OutOfTime) else "unusable"
