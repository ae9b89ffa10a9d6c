"""Completions as a provider sends them, whole or streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.completion import JSON, STREAM, content_type, folded


def stream(*pieces: Any) -> bytes:
    return b"".join(f"data: {json.dumps(piece)}\n\n".encode() for piece in pieces) + b"data: [DONE]\n\n"


def piece(index: int = 0, reason: str | None = None) -> Any:
    return {"choices": [{"index": index, "delta": {}, "finish_reason": reason}], "usage": None}


def test_a_stream_comes_to_its_reasons_and_its_tokens() -> None:
    body = b": patience\n\n" + stream(piece(), piece(reason="stop"), {"choices": [], "usage": {"total_tokens": 7}})
    assert content_type(body) == STREAM
    assert folded(body) == {"choices": [{"finish_reason": "stop"}], "usage": {"total_tokens": 7}}


def test_every_choice_of_a_stream_has_its_own_end() -> None:
    found = folded(stream(piece(0, "stop"), piece(1)))
    assert [choice["finish_reason"] for choice in found["choices"]] == ["stop", None]


def test_a_whole_completion_is_itself() -> None:
    body = json.dumps({"choices": [], "usage": None}).encode()
    assert content_type(body) == JSON
    assert folded(body) == {"choices": [], "usage": None}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"<html>", b"data: {", b"data: 7", b'data: {"choices": 1}', b"\xff"]
)
def test_what_is_no_completion_comes_to_no_choice(body: bytes) -> None:
    assert not folded(body).get("choices")
