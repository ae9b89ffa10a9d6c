"""Where questions are put: the context of each, and the analyst, imported when first needed."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from agent.metering import Meter
from agent.model_status import ModelStatus
from memory.scope import Scope
from memory.workspace import WorkspaceSettings
from server.settings import Settings
from tools.adviser import Adviser
from tools.prediction.shelf import Shelf
from tools.surveyor import Surveyor
from tools.tool import ToolContext

if TYPE_CHECKING:
    from datetime import datetime

    from agent.analyst import Analyst
    from agent.steady_model import SteadyModel
    from agent.threads import Threads
    from memory.embedder import Embedder
    from memory.ledger import Ledger
    from memory.overrides import Overrides
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
        overrides: Overrides,
        adviser: Adviser,
        reranker: Reranker | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._ledger = ledger
        self._embedder = embedder
        self._threads = threads
        self._reranker = reranker
        self.adviser = adviser
        self.shelf = Shelf(store, ledger, settings.train_wait_s)
        self.surveyor = Surveyor(ledger, self.shelf, overrides)
        self._analyst: Analyst | None = None
        self._model: SteadyModel | None = None
        self.meter = Meter()
        self._making = asyncio.Lock()

    def context(self, scope: Scope, moment: Moment) -> ToolContext:
        """What the tools may see for one request."""
        return ToolContext(
            store=self._store,
            ledger=self._ledger,
            embedder=self._embedder,
            surveyor=self.surveyor,
            scope=scope,
            settings=moment.settings,
            as_of=moment.as_of,
            adviser=self.adviser,
            known_at=moment.known_at,
            reranker=self._reranker,
            present=moment.as_of if moment.present else None,
        )

    async def prepare(self, scope: Scope, as_of: datetime, settings: WorkspaceSettings) -> None:
        """Make what the first look at any customer of the workspace would otherwise wait for."""
        if self._ledger.remembers:
            await self.surveyor.reference(scope, as_of, settings, present=True)

    async def analyst(self) -> Analyst:
        """The agent. Its libraries take seconds to import, so that happens beside the running server."""
        async with self._making:
            if self._analyst is None:
                await asyncio.to_thread(import_module, "agent.analyst")
                if _is_configured(self._settings):
                    await asyncio.to_thread(import_module, "agent.openai_model")
                self._model = _make_model(self._settings, self.meter)
                self._analyst = _make_analyst(self._model, self._embedder, self._threads, self.meter)
            return self._analyst

    @property
    def model_status(self) -> ModelStatus:
        """How the language model is doing."""
        if self._model:
            return self._model.status
        if not _is_configured(self._settings):
            return ModelStatus()
        return ModelStatus(configured=True, name=self._settings.llm_model, state="unknown")

    async def close(self) -> None:
        await self.shelf.close()
        if self._analyst:
            await self._analyst.close()


def _make_analyst(model: SteadyModel | None, embedder: Embedder, threads: Threads, meter: Meter) -> Analyst:
    from agent.analyst import Analyst
    from agent.meaning import IntentFinder

    return Analyst(IntentFinder(embedder), model, threads, meter)


def _make_model(settings: Settings, meter: Meter) -> SteadyModel | None:
    """The model of these settings, which may begin to find out what it can do; None where they name none."""
    if not (settings.llm_model and _is_configured(settings)):
        return None
    from agent.chat_model import Limits
    from agent.openai_model import OpenAIChatModel
    from agent.prices import Prices
    from agent.steady_model import SteadyModel

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else _LOCAL_KEY
    timeout_s = min(settings.llm_timeout_s, settings.llm_budget_s)
    prices = Prices(settings.llm_input_price, settings.llm_output_price)
    limits = Limits(
        seconds=settings.llm_budget_s,
        turns=settings.llm_max_turns,
        tokens=settings.llm_max_tokens,
        cost=settings.llm_max_cost,
    )
    provider = OpenAIChatModel(settings.llm_base_url, key, settings.llm_model, timeout_s, prices)
    model = SteadyModel(provider, limits, settings.llm_rest_s, meter)
    if settings.llm_probe:
        model.start_probe()
    return model


def _is_configured(settings: Settings) -> bool:
    return bool(settings.llm_model and (settings.llm_base_url or settings.llm_api_key))
