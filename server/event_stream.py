"""Server-sent events: kept alive, ended in good order, and each with JSON in one line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from sse_starlette import EventSourceResponse

#: Often enough for proxies, which cut what is silent for a minute.
HEARTBEAT_S = 10
#: What an answer in the making gets when the server is told to end: less than the server waits in all.
GRACE_S = 8

#: Line ends to many readers of text (Python's among them), though not to server-sent events; JSON may hold them bare.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})


def event_data(value: Any) -> str:
    """A JSON value as the data of an event."""
    return orjson.dumps(value).decode().translate(_LINE_ENDS)


def event_stream(events: AsyncIterator[dict[str, Any]]) -> EventSourceResponse:
    """These events (`event` and `data`, or `data` alone) as a response; comments fill the silence between them."""
    return EventSourceResponse(events, ping=HEARTBEAT_S, sep="\n", shutdown_grace_period=GRACE_S)
