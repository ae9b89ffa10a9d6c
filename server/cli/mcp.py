"""`throughline mcp`: the tools on standard input and output, for clients that start their servers themselves."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from server.cli.connection import CommandFailed, connect, run
from server.cli.options import Url, Workspace
from server.mcp.relay import Relay, RelayFailed

_STDOUT, _STDERR = 1, 2


def mcp(workspace: Workspace = None, url: Url = None) -> None:
    """Speak the Model Context Protocol on standard input and output, until the input ends."""
    # Nothing is written, so it may end at once; waiting for a thread that reads the input, it would not end at all.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    async def command() -> None:
        async with connect(workspace, url) as client:
            relay = Relay(client)
            await _check(relay)
            # Takes a second to import, which other commands need not wait for.
            from server.mcp.protocol import serve_stdio

            await serve_stdio(relay, stdout)

    with _protocol_only() as stdout:
        run(command)


async def _check(relay: Relay) -> None:
    """Raises CommandFailed when calls could not be passed on: said now, it is read by the person who set it up."""
    try:
        await relay.pass_on("ping", {})
    except RelayFailed as error:
        raise CommandFailed(str(error)) from error


@contextmanager
def _protocol_only() -> Iterator[TextIO]:
    """Standard output, for the protocol alone: what anything else writes there goes to standard error."""
    with os.fdopen(os.dup(_STDOUT), "w", encoding="utf-8", newline="\n") as kept:
        os.dup2(_STDERR, _STDOUT)
        try:
            yield kept
        finally:
            os.dup2(kept.fileno(), _STDOUT)
