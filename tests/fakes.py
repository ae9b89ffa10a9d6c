"""Stand-ins that keep an interface: quick, and the same every time."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import numpy as np

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


class LoopbackServer:
    """A small HTTP server of a test's own, on a free port of this machine, for as long as its block lasts."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class ScriptedModel(LoopbackServer):
    """An OpenAI-compatible chat model on this machine, over real HTTP: its script reads the messages and answers."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.script: Script = lambda messages: says("")
        self._delay_s = delay_s
        self.requests: list[Json] = []
        super().__init__(self._handler())
        self.base_url = f"{self.url}/v1"

    def _answer(self, request: Json) -> bytes:
        self.requests.append(request)
        time.sleep(self._delay_s)
        message = self.script(request["messages"])
        if "choices" in message or "raw" in message:
            return str(message["raw"]).encode() if "raw" in message else json.dumps(message).encode()
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
        return json.dumps({"id": "c", "object": "chat.completion", "model": "scripted", "choices": [choice]}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = model._answer(json.loads(body))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


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
