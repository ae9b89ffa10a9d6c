"""What a chat model's provider answered: a completion in one piece, or the chunks of a streamed one."""

from __future__ import annotations

import json
from typing import Any

JSON, STREAM = "application/json", "text/event-stream"
_DONE = b"[DONE]"
#: A stream may begin with comments, which keep the connection open.
_MOST_COMMENTS = 20


def is_whole(status: int, body: bytes) -> bool:
    """Whether it is a completion that came to its end, streamed or not, and no error or part of one."""
    if not 200 <= status < 300 or (is_stream(body) and _events(body)[-1] != _DONE):
        return False
    parts = _read(body)
    if not is_stream(body):
        choices = [choice for part in parts for choice in _choices(part)]
        return bool(choices) and all(choice.get("finish_reason") for choice in choices)
    begun = {choice.get("index") for part in parts for choice in _choices(part)}
    ended = {choice.get("index") for part in parts for choice in _choices(part) if choice.get("finish_reason")}
    return bool(begun) and begun == ended


def _choices(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a completion or a chunk; an odd one stands for itself, as none that has ended."""
    found = part.get("choices")
    return [each if isinstance(each, dict) else {} for each in found] if isinstance(found, list) else []


def tokens(body: bytes) -> int:
    """As the provider counted them last: some tell the sum so far with each chunk."""
    counted = [
        usage["total_tokens"]
        for part in _read(body)
        if isinstance(usage := part.get("usage"), dict) and isinstance(usage.get("total_tokens"), int)
    ]
    return counted[-1] if counted else 0


def _read(body: bytes) -> list[dict[str, Any]]:
    """The completion, or the chunks of a streamed one; none of what is no JSON."""
    try:
        parts = [json.loads(part) for part in parts_of(body)]
    except ValueError:
        return []
    return [part for part in parts if isinstance(part, dict)]


def parts_of(body: bytes) -> list[bytes]:
    """The JSON in a body: the whole of it, or the data of each event but the last, which only says that it is the
    last."""
    return [event for event in _events(body) if event != _DONE] if is_stream(body) else [body]


def _events(body: bytes) -> list[bytes]:
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    return [line.removeprefix(b"data:").strip() for line in lines if line.startswith(b"data:")]


def is_stream(body: bytes) -> bool:
    return any(line.startswith(b"data:") for line in body.split(b"\n", _MOST_COMMENTS)[:_MOST_COMMENTS])


def content_type(body: bytes) -> str:
    """That of a completion's body."""
    return STREAM if is_stream(body) else JSON
