"""An OpenAI-compatible chat model on this machine, over real HTTP: a script reads each request and answers it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from evals.loopback import LoopbackServer
from evals.target import Json

#: A request as it came -> the message that answers it: `content`, or `tool_calls` as OpenAI writes them.
Script = Callable[[Json], Json]
#: Characters of text in one piece of a stream, and of a token as it is counted here.
_PIECE, _TOKEN = 24, 4


class ModelServer(LoopbackServer):
    """Answers under `base_url` for as long as its block lasts, streamed or whole as it is asked.

    `spent_s` is the time that it had requests in hand, from their first line until the last piece of the answer was
    ready to be sent, and `asked` how many there were. With `pause_s` it waits so long before each piece of a stream.
    """

    def __init__(self, script: Script, pause_s: float = 0.0) -> None:
        self._script = script
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self.spent_s = 0.0
        self.asked = 0
        super().__init__(_handler(self))
        self.base_url = f"{self.url}/v1"

    def pieces(self, body: bytes) -> tuple[str, Iterator[bytes]]:
        """The content type of the answer to a request, and its bytes, piece by piece."""
        request = json.loads(body)
        reply = self._script(request)
        usage = _usage(len(body), reply)
        if not request.get("stream"):
            return "application/json", iter([_whole(reply, usage)])
        wants_usage = (request.get("stream_options") or {}).get("include_usage")
        return "text/event-stream", self._paced(_streamed(reply, usage if wants_usage else None))

    def _paced(self, events: list[Json]) -> Iterator[bytes]:
        told = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
        if not self._pause_s:
            yield b"".join(told)
            return
        for piece in told:
            time.sleep(self._pause_s)
            yield piece

    def count(self, seconds: float) -> None:
        with self._lock:
            self.spent_s += seconds
            self.asked += 1


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the body waits 40 ms for the other side to acknowledge the head.
        disable_nagle_algorithm = True

        def parse_request(self) -> bool:
            self._began = time.perf_counter()
            return super().parse_request()

        def do_POST(self) -> None:
            try:
                kind, pieces = model.pieces(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                body = b""
                for piece in pieces:
                    if body:
                        self.wfile.write(body)
                    body = b"%x\r\n%s\r\n" % (len(piece), piece)
                # Before the last of it is sent, so that whoever has the answer finds it counted.
                model.count(time.perf_counter() - self._began)
                self.wfile.write(body + b"0\r\n\r\n")
            except ConnectionError:
                # The product gave up on this answer.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _whole(reply: Json, usage: Json) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **reply}, "finish_reason": _reason(reply)}
    return json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def _streamed(reply: Json, usage: Json | None) -> list[Json]:
    text = reply.get("content") or ""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[begin : begin + _PIECE]} for begin in range(0, len(text), _PIECE)]
    if called := reply.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": n, **call} for n, call in enumerate(called)]})
    chunks = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    chunks.append(_chunk([{"index": 0, "delta": {}, "finish_reason": _reason(reply)}]))
    return [*chunks, _chunk([], usage=usage)] if usage else chunks


def _chunk(choices: list[Json], **more: Any) -> Json:
    return {"id": "c", "object": "chat.completion.chunk", "model": "scripted", "choices": choices, **more}


def _reason(reply: Json) -> str:
    return "tool_calls" if reply.get("tool_calls") else "stop"


def _usage(asked_bytes: int, reply: Json) -> Json:
    put_in, written = asked_bytes // _TOKEN, len(json.dumps(reply)) // _TOKEN
    return {"prompt_tokens": put_in, "completion_tokens": written, "total_tokens": put_in + written}
