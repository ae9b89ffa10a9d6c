"""Stand-ins that keep an interface: quick, and the same every time."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np

from evals.loopback import LoopbackServer
from memory.data_dir import open_data_dir
from memory.embedder import EmbedderUnavailable, EmbeddingFailed, Vectors


class HashedWords:
    """`Embedder` without a model: texts that share words are near each other."""

    dimensions = 64

    def __init__(self) -> None:
        self.loaded = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.loaded = True
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, 64), np.float32)

    def forget(self, texts: Collection[str], words: Collection[str], *, dry_run: bool = False) -> int:
        return 0

    async def close(self) -> None:
        pass

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimensions, np.float32)
        for word in text.lower().split() or [""]:
            vector[blake2b(word.encode(), digest_size=2).digest()[0] % self.dimensions] += 1
        return vector / np.linalg.norm(vector)


class FlakyWords(HashedWords):
    """Fails now and then, as the dice fall, and always for a text that holds `poison`."""

    def __init__(self, seed: int, share: float, poison: str) -> None:
        super().__init__()
        self._dice = random.Random(seed)
        self._share = share
        self._poison = poison

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if any(self._poison in text for text in texts):
            raise EmbeddingFailed("poisoned")
        if self._dice.random() < self._share:
            raise self._dice.choice([EmbeddingFailed, EmbedderUnavailable])("as the dice fell")
        return await super().embed(texts)


Json = dict[str, Any]
#: The messages of a request -> the message that the model answers with.
Script = Callable[[list[Json]], Json]


class DyingStore:
    """A store of a data directory whose process ends, so to speak, after so many deletions."""

    def __init__(self, data_dir: Path, deletions: int) -> None:
        self._store = open_data_dir(data_dir, HashedWords.dimensions)
        self._left = deletions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def delete(self, *given: Any) -> int:
        if not self._left:
            raise RuntimeError("killed")
        self._left -= 1
        return await self._store.delete(*given)


class ScriptedModel(LoopbackServer):
    """An OpenAI-compatible chat model on this machine, over real HTTP: its script reads the messages and answers.

    It streams where it is asked to, a few words at a time, `pause_s` after each. What it is asked at the start, to find
    out its `abilities`, it answers by itself, and counts apart in `probes`. A request with a field that it `refuses` is
    answered 400.
    """

    def __init__(self, delay_s: float = 0.0, pause_s: float = 0.0) -> None:
        self.script: Script = lambda messages: says("")
        self.abilities = {"tool_calling", "structured_output"}
        self.refuses: set[str] = set()
        self.requests: list[Json] = []
        self.probes: list[Json] = []
        self._delay_s = delay_s
        self._pause_s = pause_s
        super().__init__(self._handler())
        self.base_url = f"{self.url}/v1"

    def _message(self, request: Json) -> Json:
        """What the model says to this."""
        if "probe_ready" in str(request.get("tools")):
            self.probes.append(request)
            return calls(("probe_ready", {"ok": True})) if "tool_calling" in self.abilities else says("What tool?")
        if "probe_ready" in str(request.get("response_format")):
            self.probes.append(request)
            return says('{"ok": true}' if "structured_output" in self.abilities else "Yes.")
        self.requests.append(request)
        time.sleep(self._delay_s)
        return self.script(request["messages"])

    def _answer(self, request: Json) -> tuple[int, str, list[bytes]]:
        """The status, the type of the body, and its pieces."""
        if refused := self.refuses & request.keys():
            error = {
                "message": f"Unsupported: {min(refused)!r}",
                "type": "invalid_request_error",
                "param": min(refused),
            }
            return 400, "application/json", [json.dumps({"error": error}).encode()]
        message = self._message(request)
        if "raw" in message:
            return 200, "application/json", [str(message["raw"]).encode()]
        whole = message if "choices" in message else _completion(request, message)
        if not request.get("stream"):
            return 200, "application/json", [json.dumps(whole).encode()]
        counted = bool((request.get("stream_options") or {}).get("include_usage"))
        events = [json.dumps(chunk) for chunk in _chunks(whole, counted)]
        return 200, "text/event-stream", [f"data: {event}\n\n".encode() for event in [*events, "[DONE]"]]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Else a small piece waits 40 ms for the one before it to be confirmed.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, kind, pieces = model._answer(json.loads(body))
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(sum(map(len, pieces))))
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(piece)
                    if model._pause_s:
                        self.wfile.flush()
                        time.sleep(model._pause_s)
                self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _completion(request: Json, message: Json) -> Json:
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    put_in, written = (len(json.dumps(text)) // 4 for text in (request["messages"], message))
    usage = {"prompt_tokens": put_in, "completion_tokens": written, "total_tokens": put_in + written}
    return {"id": "c", "object": "chat.completion", "model": "scripted", "choices": [choice], "usage": usage}


def _chunks(whole: Json, counted: bool) -> Iterator[Json]:
    """A completion in the pieces that a stream of it has; one without a message goes as it is."""
    choices = whole["choices"] or [{}]
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    if "message" not in choices[0]:
        yield {**head, "choices": whole["choices"]}
        return
    message = choices[0]["message"]
    deltas: list[Json] = [{"role": "assistant", "content": None}]
    deltas += [{"content": piece} for piece in re.findall(r"(?:\s*\S+){1,4}\s*", message.get("content") or "")]
    for index, call in enumerate(message.get("tool_calls") or []):
        named, args = {**call["function"], "arguments": ""}, call["function"]["arguments"]
        deltas.append({"tool_calls": [{"index": index, **call, "function": named}]})
        for half in (args[: len(args) // 2], args[len(args) // 2 :]):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": half}}]})
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choices[0].get("finish_reason")}]}
    if counted and "usage" in whole:
        yield {**head, "choices": [], "usage": whole["usage"]}


def says(text: str) -> Json:
    """A message that answers."""
    return {"content": text}


def calls(*wanted: tuple[str, Json]) -> Json:
    """A message that calls tools."""
    return {
        "content": None,
        "tool_calls": [
            {"id": f"call-{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
            for n, (name, args) in enumerate(wanted)
        ],
    }


def results(messages: Sequence[Json]) -> list[Json]:
    """What the tools told the model so far, in order."""
    return [json.loads(message["content"]) for message in messages if message["role"] == "tool"]
