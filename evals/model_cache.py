"""A chat model's answers, kept by content: a loopback proxy between the product and the provider of its model."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import structlog

from evals.completion import content_type, is_whole, tokens
from evals.loopback import LoopbackServer

log = structlog.get_logger()

#: Where openai's client goes that is given no address.
OPENAI = "https://api.openai.com/v1"
MAX_BYTES = 512 * 1024 * 1024
#: Longer than the product waits for its model: what comes after it gave up is kept for the next run.
TIMEOUT_S = 120.0
#: What a connection is about rather than its message; the client sets its own.
_OF_THE_HOP = {"host", "connection", "keep-alive", "content-length", "transfer-encoding", "accept-encoding"}
_PASSED_BACK = ("content-type", "retry-after")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered, without what is secret or about the connection."""

    status: int
    headers: dict[str, str]
    body: bytes


class ModelCache(LoopbackServer):
    """Answers under `base_url` like the provider at the URL it is made with; each completion is fetched once.

    What it keeps is named by the hash of provider, path, body and `epoch`, so that a repeat in a later epoch is asked
    anew. Keys and headers are passed on and never kept. `tokens` counts those of every answer given, kept ones too.
    """

    def __init__(
        self, base_url: str, folder: Path, *, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.epoch = 0
        self.hits = self.misses = self.tokens = 0
        self._provider = base_url.rstrip("/")
        self._kept = _Folder(folder, max_bytes)
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=True)
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Answer]] = {}
        # Other programs of this machine can reach the port; without the secret they get nothing.
        self._secret = f"/{secrets.token_urlsafe(16)}"
        super().__init__(_handler(self, self._secret))
        self.base_url = f"{self.url}{self._secret}"

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._client.close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The kept answer to an equal request, or the provider's."""
        if method != "POST" or not path.partition("?")[0].endswith("/chat/completions"):
            return self._fetch(method, path, headers, body)
        found = self._completion(path, headers, body)
        with self._lock:
            self.tokens += tokens(found.body)
        return found

    def _completion(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        key = _key(self._provider, path, body, self.epoch)
        with self._lock:
            kept, waited_for = self._kept.read(key), self._under_way.get(key)
            if kept is not None or waited_for:
                self.hits += 1
            else:
                self.misses += 1
                own = self._under_way[key] = Future[Answer]()
        if kept is not None:
            return Answer(200, {"content-type": content_type(kept)}, kept)
        return waited_for.result() if waited_for else self._fetch_once(key, own, path, headers, body)

    def _fetch_once(self, key: str, own: Future[Answer], path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Fetches for everybody who asks the same meanwhile; an error is theirs too, and is not kept."""
        try:
            found = self._fetch("POST", path, headers, body)
            with self._lock:
                if is_whole(found.status, found.body):
                    self._keep(key, found.body)
                del self._under_way[key]
            own.set_result(found)
        except BaseException as error:
            with self._lock:
                self._under_way.pop(key, None)
            own.set_exception(error)
            raise
        return found

    def _keep(self, key: str, body: bytes) -> None:
        try:
            self._kept.write(key, body)
        except OSError as error:
            # The answer is right all the same; only the next run pays for it again.
            log.warning("model_cache.not_kept", error=str(error))

    def _fetch(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        passed = {name: value for name, value in headers.items() if name.lower() not in _OF_THE_HOP}
        try:
            reply = self._client.request(method, self._provider + path, headers=passed, content=body)
        except httpx.TimeoutException:
            return _failure(504, "the model's provider did not answer in time")
        except httpx.HTTPError as error:
            return _failure(502, f"the model's provider cannot be reached ({type(error).__name__})")
        back = {name: reply.headers[name] for name in _PASSED_BACK if name in reply.headers}
        return Answer(reply.status_code, back, reply.content)


class _Folder:
    """Bodies by key, one file each; the least recently used go when they take more than `max_bytes`."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._max_bytes = max_bytes
        self._bytes = sum(file.stat().st_size for file in folder.glob("*.json"))

    def read(self, key: str) -> bytes | None:
        """None also for a file that is no completion any more."""
        file = self._file(key)
        try:
            body = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        return body if is_whole(200, body) else None

    def write(self, key: str, body: bytes) -> None:
        """Whole or not at all: a run that is killed leaves no half answer."""
        if len(body) > self._max_bytes:
            return
        file = self._file(key)
        before = file.stat().st_size if file.exists() else 0
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
            try:
                part.write(body)
                part.close()
                Path(part.name).replace(file)
            except OSError:
                Path(part.name).unlink(missing_ok=True)
                raise
        self._bytes += len(body) - before
        if self._bytes > self._max_bytes:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        sizes = {file: file.stat() for file in self._folder.glob("*.json")}
        self._bytes = sum(stat.st_size for stat in sizes.values())
        for file in sorted(sizes, key=lambda each: sizes[each].st_mtime_ns):
            if self._bytes <= self._max_bytes:
                return
            file.unlink(missing_ok=True)
            self._bytes -= sizes[file].st_size

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _handler(cache: ModelCache, secret: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are written apart: otherwise the body waits 40 ms for the other side's acknowledgement.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            try:
                self._send(self._found())
            except ConnectionError:
                # The product gave up waiting; the answer is kept all the same.
                self.close_connection = True

        def do_GET(self) -> None:
            self.do_POST()

        def _found(self) -> Answer:
            length = self.headers.get("content-length", "0")
            if not length.isdecimal() or "transfer-encoding" in self.headers:
                self.close_connection = True
                return _failure(411, "a request states its length")
            body = self.rfile.read(int(length))
            if not self.path.startswith(f"{secret}/"):
                return _failure(404, "there is nothing here")
            return cache.answer(self.command, self.path.removeprefix(secret), dict(self.headers), body)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _key(provider: str, path: str, body: bytes, epoch: int) -> str:
    """The same for bodies that differ only in the order of their fields or in white space."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        content = body.hex()
    return sha256(json.dumps([provider, path, content, epoch], sort_keys=True).encode()).hexdigest()


def _failure(status: int, told: str) -> Answer:
    body = json.dumps({"error": {"message": told, "type": "model_cache"}}).encode()
    return Answer(status, {"content-type": "application/json"}, body)
