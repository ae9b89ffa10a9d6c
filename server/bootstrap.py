"""The one place where everything is built and put together: for the server, the commands, tests and evals."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import structlog
from fastapi import Depends, Request

from agent.checkpoints import Place
from agent.places import InFile, InPostgres
from agent.threads import Threads
from memory.caretaker import Caretaker
from memory.commit import Commit
from memory.counters import Counters
from memory.data_dir import open_data_dir
from memory.embedder import Embedder, EmbeddingFailed, ProcessEmbedder, dimensions_of, packaged_model
from memory.erasure import Eraser
from memory.feedback import FeedbackLog
from memory.given import GivenLog
from memory.indexer import Indexer
from memory.intake import Intake
from memory.jobs import Jobs
from memory.joining import Joining
from memory.keyring import Keyring
from memory.ledger import Ledger
from memory.models import ModelHolder
from memory.outbox import Outbox
from memory.overrides import Overrides
from memory.portability import Importer
from memory.reranking import Reranker
from memory.rounds import Rounds
from memory.score_history import ScoreHistory
from memory.store import Store, StoreError
from memory.subscriptions import Subscriptions
from memory.suppression import Suppressions
from memory.workspaces import Workspaces
from server.access import Access
from server.desk import Desk
from server.mcp.door import Door
from server.scoring_jobs import ScoringJobs
from server.scoring_rounds import ScoringRounds
from server.settings import InvalidSettings, Settings
from server.webhooks.courier import Courier
from server.webhooks.guard import Guard
from server.webhooks.sender import Sender
from tools.adviser import Adviser
from tools.experiment.effects import EffectsKeeper
from tools.playbook.shelf import Playbooks
from tools.prediction.retraining import Retrainer
from tools.recommending.keeper import ItemKeeper

log = structlog.get_logger()


@dataclass
class Services:
    """What the routes are made of."""

    settings: Settings
    store: Store
    keys: Access
    workspaces: Workspaces
    ledger: Ledger
    counters: Counters
    intake: Intake
    commit: Commit
    suppressions: Suppressions
    eraser: Eraser
    joining: Joining
    caretaker: Caretaker
    importer: Importer
    embedder: Embedder
    indexer: Indexer
    threads: Threads
    desk: Desk
    mcp: Door
    subscriptions: Subscriptions
    outbox: Outbox
    courier: Courier
    overrides: Overrides
    history: ScoreHistory
    jobs: ScoringJobs
    rounds: ScoringRounds
    given: GivenLog
    feedback: FeedbackLog
    effects: EffectsKeeper
    playbooks: Playbooks
    #: Loading the embedding model, once `start` has begun it.
    warmup: asyncio.Task[None] | None = field(default=None)


async def build(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    store: Store | None = None,
    reranker: Reranker | None = None,
) -> Services:
    """Everything the settings ask for, not yet running; pass an embedder or a store to use that one.

    What is recalled is looked at again by a `reranker`, which no setting names: none comes with this package.
    Raises InvalidSettings, StoreUnavailable or StoreMismatch.
    """
    embedder = embedder or make_embedder(settings)
    store = store or await open_store(settings, embedder.dimensions)
    workspaces = Workspaces(store)
    # With a Qdrant server other processes may write too, so that nothing can be remembered here.
    alone = settings.qdrant_url is None
    ledger = Ledger(store, remember=alone)
    indexer = Indexer(store, embedder, workspaces, alone=alone)
    suppressions, counters = Suppressions(store), Counters()
    purge_within = timedelta(hours=settings.purge_within_hours)
    threads = Threads(place_of(settings), settings.max_threads, settings.max_thread_turns)
    eraser = Eraser(store, ledger, embedder, indexer, suppressions, purge_within, [threads, ModelHolder(store)])
    subscriptions = Subscriptions(store)
    outbox = Outbox(store, subscriptions, suppressions, settings.webhook_max_waiting)
    sender = Sender(Guard(settings.webhook_allow_private))
    overrides, history = Overrides(store, ledger, suppressions), ScoreHistory(store, suppressions)
    given = GivenLog(store, suppressions)
    adviser = _make_adviser(settings, store, ledger, suppressions, given)
    desk = Desk(settings, store, ledger, embedder, threads, overrides, adviser, reranker)
    surveyor, shelf, retrainer = desk.surveyor, desk.shelf, Retrainer(desk.shelf, ledger)
    return Services(
        settings=settings,
        store=store,
        keys=Access(settings, Keyring(store, shared=settings.qdrant_url is not None)),
        workspaces=workspaces,
        ledger=ledger,
        counters=counters,
        intake=Intake(store, workspaces, ledger, suppressions, indexer, counters),
        commit=Commit(store, to_disk=settings.durability == "disk"),
        suppressions=suppressions,
        eraser=eraser,
        joining=Joining(store, ledger, suppressions),
        caretaker=Caretaker(store, workspaces, eraser),
        importer=Importer(store, workspaces, ledger, indexer, suppressions, eraser),
        embedder=embedder,
        indexer=indexer,
        threads=threads,
        desk=desk,
        mcp=Door(settings.max_body_bytes),
        subscriptions=subscriptions,
        outbox=outbox,
        courier=Courier(outbox, subscriptions, workspaces, sender, alone=alone),
        overrides=overrides,
        history=history,
        jobs=ScoringJobs(Jobs(store), workspaces, ledger, suppressions, surveyor, shelf, retrainer),
        rounds=ScoringRounds(
            workspaces, Rounds(store), surveyor, shelf, retrainer, history, outbox, settings.scoring_every_s
        ),
        given=given,
        feedback=adviser.feedback,
        effects=adviser.effects,
        playbooks=adviser.playbooks,
    )


def start(services: Services) -> None:
    """Begin the work in the background: loading the model, embedding what waits."""
    services.indexer.background.start()
    services.caretaker.background.start()
    services.courier.background.start()
    services.jobs.background.start()
    services.rounds.background.start()
    services.warmup = asyncio.create_task(_warm_up(services))


async def close(services: Services) -> None:
    """Stop the background work and close the store, each whatever became of the others."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.store.close)
        stack.push_async_callback(services.embedder.close)
        stack.push_async_callback(services.threads.close)
        stack.push_async_callback(services.desk.close)
        stack.push_async_callback(services.mcp.close)
        if services.warmup:
            services.warmup.cancel()
            stack.push_async_callback(asyncio.wait, [services.warmup])
        stack.push_async_callback(services.indexer.background.stop)
        stack.push_async_callback(services.caretaker.background.stop)
        stack.push_async_callback(services.courier.background.stop)
        stack.push_async_callback(services.rounds.background.stop)
        stack.push_async_callback(services.jobs.close)


def make_embedder(settings: Settings) -> Embedder:
    """The embedder of these settings, not yet loaded; raises InvalidSettings for a folder that holds no model."""
    folder = Path(settings.embedding_model).expanduser() if settings.embedding_model else packaged_model()
    if not folder.is_dir():
        return ProcessEmbedder(settings.embedding_model, settings.embedding_dimensions)
    try:
        return ProcessEmbedder(str(folder), dimensions_of(folder))
    except (OSError, KeyError, ValueError) as error:
        raise InvalidSettings(
            f"THROUGHLINE_EMBEDDING_MODEL: {folder} is not the folder of a sentence-transformers model ({error})"
        ) from error


def _make_adviser(
    settings: Settings, store: Store, ledger: Ledger, suppressions: Suppressions, given: GivenLog
) -> Adviser:
    """What recommendations are made from."""
    playbooks = Playbooks(settings.playbooks or settings.data_dir / "playbooks", store)
    return Adviser(ItemKeeper(ledger), playbooks, FeedbackLog(store, suppressions), EffectsKeeper(ledger, given))


async def open_store(settings: Settings, dimensions: int) -> Store:
    """The store of these settings; raises StoreUnavailable or StoreMismatch."""
    if settings.qdrant_url is None:
        return open_data_dir(settings.data_dir, dimensions)
    # Imported here: the client takes longer to import than an embedded store to open.
    from memory.qdrant_store import open_qdrant

    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    return await open_qdrant(settings.qdrant_url, key, dimensions)


def place_of(settings: Settings) -> Place:
    """Where these settings keep conversations."""
    url = settings.threads_url
    return InPostgres(url.get_secret_value()) if url else InFile(settings.data_dir)


def services_of(request: Request) -> Services:
    """The services of the application that a request came to."""
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]


async def _warm_up(services: Services) -> None:
    """What the first questions would otherwise wait for: the customers, the embedding model, the agent."""
    try:
        for scope in await services.workspaces.scopes():
            settings = await services.workspaces.settings(scope)
            await services.desk.prepare(scope, settings.clock(datetime.now(UTC)), settings)
        await services.embedder.embed(["warm up"])
    except EmbeddingFailed as error:
        log.error("embedder.failed", error=str(error))
    except StoreError as error:
        log.error("warmup.failed", error=str(error))
    await services.desk.analyst()
