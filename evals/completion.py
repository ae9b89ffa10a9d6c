"""What a provider's completion comes to, whole or streamed: how it ended, and the tokens it took."""

from __future__ import annotations

import json
from typing import Any

JSON, STREAM = "application/json", "text/event-stream"


def content_type(body: bytes) -> str:
    """That of a completion's body."""
    return JSON if body.lstrip()[:1] == b"{" else STREAM


def folded(body: bytes) -> dict[str, Any]:
    """A completion with its `choices` and `usage`; of a stream each choice is its finish reason. Empty for no such."""
    try:
        found = json.loads(body) if content_type(body) == JSON else _of_stream(body.decode())
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_stream(text: str) -> dict[str, Any]:
    reasons: dict[int, Any] = {}
    usage = None
    for line in text.splitlines():
        data = line.removeprefix("data:").strip()
        if data == line.strip() or data == "[DONE]":
            continue
        piece = json.loads(data)
        usage = piece.get("usage") or usage
        for choice in piece.get("choices") or []:
            reasons[choice["index"]] = choice.get("finish_reason") or reasons.get(choice["index"])
    return {"choices": [{"finish_reason": reason} for reason in reasons.values()], "usage": usage}
