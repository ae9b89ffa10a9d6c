"""The product under judgement: the application in this process, on a store of its own, filled through its API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evals.oracle import DEMO_DATA
from memory.scope import workspace_scope
from server import logs
from server.app import create_app
from server.bootstrap import Services
from server.cli.loading import load_file
from server.settings import Settings
from server.times import moment
from tools import recall

_TIMEOUT_S = 120.0
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Product:
    """A client of the API, every call naming its workspace; and the services, for what has no route of its own."""

    client: httpx.AsyncClient
    services: Services

    async def ask(self, workspace: str, question: str, customer_id: str | None) -> dict[str, Any]:
        """The reply of POST /chat."""
        body = {"message": question, **({"customer_id": customer_id} if customer_id else {})}
        return await self._json("POST", "/chat", workspace, json=body)

    async def search(self, workspace: str, customer_id: str | None, query: str, limit: int) -> list[str]:
        """Message ids, best first; without a customer over everybody's memory, as the agent searches it."""
        if customer_id is None:
            return await self._search_everyone(workspace, query, limit)
        path, params = f"/clients/{customer_id}/memory", {"query": query, "limit": str(limit)}
        found = await self._json("GET", path, workspace, params=params)
        return [memory["message_id"] for memory in found["memories"]]

    async def load(self, workspace: str, definition: dict[str, Any], console: Console) -> None:
        """The demo data of a workspace, sent the way anybody would send them."""
        await self._json("PUT", "/workspace", workspace, json=definition["settings"])
        self.client.headers["X-Workspace"] = workspace
        await load_file(self.client, DEMO_DATA / definition["file"], console, definition["title"])

    async def wait_until_searchable(self, console: Console) -> None:
        """Until no event waits for its vectors."""
        pending = await self._pending()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Embedding", total=pending)
            while left := await self._pending():
                progress.update(task, completed=pending - left)
                await asyncio.sleep(_POLL_S)
            progress.update(task, completed=pending)

    async def _search_everyone(self, workspace: str, query: str, limit: int) -> list[str]:
        scope = workspace_scope(workspace)
        context = self.services.desk.context(scope, await moment(self.services, scope, None))
        found = await recall.run(context, recall.RecallArgs(query=query, limit=limit))
        return [memory.message_id for memory in found.memories]

    async def _pending(self) -> int:
        return int((await self._json("GET", "/health/ready"))["pending"])

    async def _json(self, method: str, path: str, workspace: str = "default", **sent: Any) -> dict[str, Any]:
        response = await self.client.request(method, path, headers={"X-Workspace": workspace}, **sent)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found


@asynccontextmanager
async def demo_product(console: Console) -> AsyncIterator[Product]:
    """The product with all demo data embedded; without a language model, so that every run is the same."""
    logs.configure("error")
    with TemporaryDirectory() as folder:
        given: dict[str, Any] = {"data_dir": Path(folder), "keys": {}, "llm_model": None, "qdrant_url": None}
        app = create_app(Settings(_env_file=None, **given))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", timeout=_TIMEOUT_S
            ) as client:
                product = Product(client, app.state.services)
                for name, definition in demo_workspaces().items():
                    await product.load(name, definition, console)
                await product.wait_until_searchable(console)
                yield product


def demo_workspaces() -> dict[str, dict[str, Any]]:
    """Name -> file, title and settings."""
    found: dict[str, dict[str, Any]] = json.loads((DEMO_DATA / "workspaces.json").read_text())
    return found
