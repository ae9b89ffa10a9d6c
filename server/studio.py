"""What langgraph.json names: the analyst on the store of the settings, opened with the first question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from agent.answer import Answer
from agent.studio import studio_graph
from memory.scope import workspace_scope
from server import bootstrap
from server.completions.answering import Asked
from server.completions.conversation import MAX_EARLIER, Conversation
from server.settings import load_settings
from server.times import moment


class Studio:
    """Answers in the default workspace, for whoever runs LangGraph's server on this machine."""

    def __init__(self) -> None:
        self._services: bootstrap.Services | None = None
        self._opening = asyncio.Lock()

    async def answer(self, questions: Sequence[str], customer_id: str | None, as_of: str | None) -> Answer:
        """The answer to the last question, and to nothing before it; raises what /chat answers as problems."""
        if not questions:
            raise ValueError("messages: one of a person's, with a question, is needed")
        services = await self._opened()
        scope = workspace_scope(services.settings.default_workspace)
        context = services.desk.context(scope, await moment(services, scope, as_of))
        if customer_id:
            context = replace(context, bound_to=(await context.history(customer_id)).client_id)
        conversation = Conversation(questions[-1], tuple(questions[-MAX_EARLIER - 1 : -1]))
        return await Asked(context, conversation).answered(await services.desk.analyst())

    async def close(self) -> None:
        if self._services:
            await bootstrap.close(self._services)

    async def _opened(self) -> bootstrap.Services:
        async with self._opening:
            if self._services is None:
                self._services = await bootstrap.build(load_settings())
                bootstrap.start(self._services)
            return self._services


studio = Studio()
graph = studio_graph(studio.answer)
