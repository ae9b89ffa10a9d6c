"""Request bodies: bounded, decompressed and read as JSON or as lines, without holding more than allowed."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import orjson
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from server.problems import (
    INVALID_ENCODING,
    INVALID_JSON,
    TOO_LARGE,
    UNSUPPORTED_ENCODING,
    Refusal,
    respond,
)
from server.shapes.deep import split_deep

#: Decompressed at a time: small enough that other requests hardly notice.
_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
#: An event has at most 256 KiB; as a string in a line of an export every quote and backslash doubles, twice.
MAX_LINE_BYTES = 4 * 1024 * 1024
#: Larger bodies are not searched for what is nested too deeply.
_MOST_SPLIT_BYTES = 4 * 1024 * 1024
#: Longer numbers than 64 bits hold are kept as their digits.
_LONGEST_NUMBER = 20


class BodyLimit:
    """Refuses bodies over a limit, at once when their length is announced, else while they are read."""

    def __init__(self, app: ASGIApp, limit: int, unlimited: frozenset[str]) -> None:
        self._app = app
        self._limit = limit
        self._unlimited = unlimited

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._unlimited:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._limit:
            refusal = too_large(self._limit)
            await respond(request, refusal.kind, refusal.detail)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise too_large(self._limit)
            return message

        return counted


def too_large(limit: int) -> Refusal:
    return Refusal(TOO_LARGE, f"A body has at most {limit:,} bytes, also after decompression. Send it in parts.")


async def read_json(request: Request, limit: int) -> Any:
    """The body as JSON; raises Refusal when it is none, or longer than `limit` bytes."""
    return _parsed(await _whole(request, limit), _decoded)


async def read_items(request: Request, limit: int) -> Any:
    """The body as of `parse_items`; raises Refusal when it is no JSON, or longer than `limit` bytes."""
    return await parse_items(await _whole(request, limit))


async def parse_items(body: bytes) -> Any:
    """JSON, with a `TooDeep` in the place of each item that is nested too deeply to be read; raises Refusal."""
    try:
        return _parsed(body, _decoded, deep=len(body) <= _MOST_SPLIT_BYTES)
    except RecursionError:
        # In a thread: a body of brackets alone takes two seconds.
        return await asyncio.to_thread(_parsed, body, _split)


async def _whole(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for piece in pieces(request):
        body += piece
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def _decoded(body: bytes | str) -> Any:
    """JSON, and what nearly is: NaN, lone surrogates and endless numbers are left to the cleaning of events."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body, parse_int=_whole_number)


def _split(body: bytes) -> Any:
    return split_deep(body.decode("utf-8-sig", "surrogatepass"), _decoded)


def _parsed(body: bytes, read: Callable[[bytes], Any], *, deep: bool = False) -> Any:
    """What is read from a body; raises Refusal, and RecursionError where `deep` asks to be told of it."""
    try:
        return read(body)
    except RecursionError:
        if deep:
            raise
        raise Refusal(INVALID_JSON, "The body is nested too deeply to be read.") from None
    except UnicodeDecodeError as error:
        raise Refusal(INVALID_JSON, f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except ValueError as error:
        raise Refusal(INVALID_JSON, f"The body is not JSON: {error}.") from None


async def read_lines(request: Request) -> AsyncIterator[bytes]:
    """The lines of the body, as they arrive; raises Refusal for one that is longer than any export's."""
    rest = b""
    async for piece in pieces(request):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > MAX_LINE_BYTES:
            raise Refusal(TOO_LARGE, f"A line has at most {MAX_LINE_BYTES:,} bytes.")
    if rest:
        yield rest


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives, decompressed; raises Refusal for an encoding that is unknown or damaged."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        async for chunk in request.stream():
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Refusal(UNSUPPORTED_ENCODING, "Send the body as it is, or with Content-Encoding: gzip.")
    gunzip = _Gunzip()
    async for chunk in request.stream():
        for piece in gunzip.feed(chunk):
            yield piece
    gunzip.finish()


class _Gunzip:
    """gzip in, pieces of at most _PIECE bytes out, so that a bomb is noticed before it is large."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        # A full piece may have left output behind although all input is taken.
        while data or len(piece) == _PIECE:
            if self._stream.eof:
                self._stream = zlib.decompressobj(_GZIP)
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error as error:
                raise Refusal(INVALID_ENCODING, "The body is not gzip.") from error
            self._fed = True
            data = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece

    def finish(self) -> None:
        if self._fed and not self._stream.eof:
            raise Refusal(INVALID_ENCODING, "The gzip stream ends early.")


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits
