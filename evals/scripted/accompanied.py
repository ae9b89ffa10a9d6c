"""The product with a scripted model, and beside each answer the one that it gives without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from rich.console import Console

from evals.product import Product, client_of, product
from evals.scripted.actor import Actor, Character, Part
from evals.scripted.alone import desk_alone
from evals.scripted.model_server import ModelServer
from evals.target import Json
from server.app import create_app


class Accompanied:
    """`Target`: each question is first asked without a model, in a thread of its own; a reply holds both (`scripted`).

    One question at a time, for the model plays one part at a time.
    """

    def __init__(self, product: Product, alone: Product, actor: Actor) -> None:
        self._product = product
        self._alone = alone
        self._actor = actor
        self._asking = asyncio.Lock()
        #: The thread without a model that goes with a thread.
        self._threads: dict[str, str] = {}

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        await self._product.prepare(workspaces, console, by_meaning=by_meaning)

    async def ask(
        self,
        workspace: str,
        question: str,
        *,
        customer_id: str | None = None,
        as_of: str | None = None,
        thread_id: str | None = None,
    ) -> Json:
        async with self._asking:
            other = self._threads.get(thread_id) if thread_id else None
            asked = {"customer_id": customer_id, "as_of": as_of}
            without = await self._alone.ask(workspace, question, **asked, thread_id=other)
            part = Part(question.strip(), without)
            self._actor.take(part)
            try:
                reply = await self._product.ask(workspace, question, **asked, thread_id=thread_id)
            finally:
                self._actor.take(None)
            self._threads[reply["thread_id"]] = without["thread_id"]
            return {**reply, "scripted": {"without": without, "wrote": part.wrote, "fallen": part.fallen}}

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        return await self._product.search(workspace, customer_id, query, as_of=as_of, limit=limit)

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        return await self._product.churn(workspace, as_of)

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        return await self._product.recommend(
            workspace, customer_id, as_of, limit, kind=kind, exclude_owned=exclude_owned
        )


@asynccontextmanager
async def accompanied(character: Character) -> AsyncIterator[Accompanied]:
    """The product on an empty store, with a model that plays this character."""
    actor = Actor(character)
    with ModelServer(actor) as model:
        settings = {"llm_model": character, "llm_base_url": model.base_url}
        async with product(settings) as with_model, without_model(with_model) as alone:
            yield Accompanied(with_model, alone, actor)


@asynccontextmanager
async def without_model(product: Product) -> AsyncIterator[Product]:
    """The same memory, asked through an application that has no model."""
    services = replace(product.services, desk=desk_alone(product.services))
    app = create_app(services.settings)
    app.state.services = services
    async with client_of(app) as client:
        yield replace(product, client=client, services=services)
