"""Where questions are put: the context of each, and the analyst, imported when first needed."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from memory.scope import Scope
from memory.workspace import WorkspaceSettings
from server.settings import Settings
from tools.surveyor import Surveyor
from tools.tool import ToolContext

if TYPE_CHECKING:
    from datetime import datetime

    from agent.analyst import Analyst
    from agent.threads import Threads
    from memory.embedder import Embedder
    from memory.ledger import Ledger
    from memory.reranking import Reranker
    from memory.store import Store
    from server.times import Moment

_LOCAL_KEY = "none"


class Desk:
    """Gives every question its context; holds the one analyst of this process."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ledger: Ledger,
        embedder: Embedder,
        threads: Threads,
        reranker: Reranker | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._ledger = ledger
        self._embedder = embedder
        self._threads = threads
        self._reranker = reranker
        self._surveyor = Surveyor(ledger)
        self._analyst: Analyst | None = None
        self._making = asyncio.Lock()

    def context(self, scope: Scope, moment: Moment) -> ToolContext:
        """What the tools may see for one request."""
        return ToolContext(
            store=self._store,
            ledger=self._ledger,
            embedder=self._embedder,
            surveyor=self._surveyor,
            scope=scope,
            settings=moment.settings,
            as_of=moment.as_of,
            known_at=moment.known_at,
            reranker=self._reranker,
        )

    async def prepare(self, scope: Scope, as_of: datetime, settings: WorkspaceSettings) -> None:
        """Make what the first look at any customer of the workspace would otherwise wait for."""
        if self._ledger.remembers:
            await self._surveyor.reference(scope, as_of, settings)

    async def analyst(self) -> Analyst:
        """The agent. Its libraries take seconds to import, so that happens beside the running server."""
        async with self._making:
            if self._analyst is None:
                await asyncio.to_thread(import_module, "agent.analyst")
                self._analyst = _make_analyst(self._settings, self._embedder, self._threads)
            return self._analyst

    async def close(self) -> None:
        if self._analyst:
            await self._analyst.close()


def _make_analyst(settings: Settings, embedder: Embedder, threads: Threads) -> Analyst:
    from agent.analyst import Analyst
    from agent.chat_model import OpenAIChatModel
    from agent.meaning import IntentFinder

    model = None
    if settings.llm_model and (settings.llm_base_url or settings.llm_api_key):
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else _LOCAL_KEY
        model = OpenAIChatModel(
            settings.llm_base_url, key, settings.llm_model, settings.llm_timeout_s, settings.llm_budget_s
        )
    return Analyst(IntentFinder(embedder), model, threads)
