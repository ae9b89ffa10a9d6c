"""How a command reaches the API: a running server, or the same application inside this process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import typer
from rich.console import Console

from memory.scope import ScopeError, workspace_scope
from memory.store import StoreError
from server import logs
from server.address import Address, read_address, running_server
from server.app import create_app, operator_token
from server.settings import ENV_PREFIX, InvalidSettings, Settings, load_settings

console = Console()
errors = Console(stderr=True)

#: A whole-workspace answer on a cold store takes seconds; loading the model some ten more.
_TIMEOUT_S = 120.0


class CommandFailed(Exception):
    """One sentence for the person at the terminal."""


def run(command: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a command; what can go wrong becomes one sentence on stderr and exit status 1."""
    try:
        anyio.run(command)
    except (CommandFailed, InvalidSettings, StoreError, ScopeError, OSError) as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    except httpx.HTTPError as error:
        errors.print(f"The server did not answer: {error or type(error).__name__}", style="red", markup=False)
        raise typer.Exit(1) from None


@asynccontextmanager
async def connect(workspace: str | None, url: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API, in one workspace: of the server at `url`, of the one that serves the data directory,
    or of an application started here when none runs."""
    settings = load_settings()
    if workspace:
        workspace_scope(workspace)
    running = _named_here(settings, url) if url else running_server(settings.data_dir)
    address = running.url if running else url
    if address:
        headers = _headers(settings, workspace, running.token if running else "")
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=_TIMEOUT_S) as client:
            yield client
        return
    logs.configure("error")
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        headers = _headers(settings, workspace, operator_token(app))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=_TIMEOUT_S
        ) as client:
            yield client


def bearer(key: str) -> dict[str, str]:
    """How a key is sent, if there is one."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def _named_here(settings: Settings, url: str) -> Address | None:
    """The data directory's own server, where it is the one that is named: no other is sent its token."""
    address = read_address(settings.data_dir)
    return address if address and address.url == url.rstrip("/") else None


def _headers(settings: Settings, workspace: str | None, token: str) -> dict[str, str]:
    """A given key; else on this machine the token of who runs the server; else a key of the settings."""
    name = workspace or settings.default_workspace
    given = os.environ.get(f"{ENV_PREFIX}KEY")
    if given:
        # A key names its workspace itself; named as well, the two have to agree.
        return {**bearer(given), **({"X-Workspace": workspace} if workspace else {})}
    keys = [key.get_secret_value() for key, named in settings.keys.items() if named == name]
    if not token and settings.keys and not keys:
        raise CommandFailed(f"No key for workspace {name!r} is in {ENV_PREFIX}KEYS; set {ENV_PREFIX}KEY.")
    return {"X-Workspace": name, **bearer(token or next(iter(keys), ""))}


def checked(response: httpx.Response) -> Any:
    """The JSON of a good response; raises CommandFailed with the problem's own sentence."""
    if response.is_success:
        return response.json()
    raise CommandFailed(told_of(response))


def told_of(response: httpx.Response) -> str:
    """The sentence of a response that is a problem."""
    try:
        problem = response.json()
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"The server answered {response.status_code}."
