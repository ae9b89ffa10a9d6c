"""Completions as a provider sends them, whole or streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.completion import JSON, STREAM, content_type, is_whole, tokens


def stream(*pieces: Any) -> bytes:
    return b"".join(f"data: {json.dumps(piece)}\n\n".encode() for piece in pieces) + b"data: [DONE]\n\n"


def piece(index: int = 0, reason: str | None = None) -> Any:
    return {"choices": [{"index": index, "delta": {}, "finish_reason": reason}], "usage": None}


def test_a_stream_that_came_to_its_end_is_whole_and_tells_its_tokens() -> None:
    body = b": patience\n\n" + stream(piece(), piece(reason="stop"), {"choices": [], "usage": {"total_tokens": 7}})
    assert (content_type(body), is_whole(200, body), tokens(body)) == (STREAM, True, 7)


def test_every_choice_of_a_stream_has_its_own_end() -> None:
    assert not is_whole(200, stream(piece(0, "stop"), piece(1)))


def test_a_stream_without_its_last_event_is_cut() -> None:
    assert not is_whole(200, stream(piece(reason="stop")).removesuffix(b"data: [DONE]\n\n"))


def test_a_completion_in_one_piece_is_whole_once_every_choice_has_ended() -> None:
    ended = json.dumps({"choices": [{"finish_reason": "stop"}], "usage": {"total_tokens": 3}}).encode()
    cut = json.dumps({"choices": [{"finish_reason": None}]}).encode()
    assert (content_type(ended), is_whole(200, ended), tokens(ended)) == (JSON, True, 3)
    assert not is_whole(200, cut)
    assert not is_whole(500, ended)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"<html>", b"data: {", b"data: 7", b'data: {"choices": 1}', b"\xff"]
)
def test_what_is_no_completion_is_not_whole_and_has_no_tokens(body: bytes) -> None:
    assert (is_whole(200, body), tokens(body)) == (False, 0)
