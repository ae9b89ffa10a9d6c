"""A receiver of webhooks on this machine, over real HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from evals.loopback import LoopbackServer
from server.webhooks.signing import signature


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is that of this id, time and body."""
        expected = signature(secret, self.id, int(self.headers["webhook-timestamp"]), self.body)
        return self.headers["webhook-signature"] == expected


class Receiver(LoopbackServer):
    """Answers with what is in `script`, one after another, and 204 when that is at its end."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: list[int | tuple[int, dict[str, str]]] = []
        super().__init__(self._handler())

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                answer = receiver.script.pop(0) if receiver.script else 204
                status, sent = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in {"Content-Length": "0", **sent}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
