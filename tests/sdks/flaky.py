"""A way to a server that breaks after the request was answered, so that who sent it must send it again."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import urlsplit

from evals.loopback import LoopbackServer

#: What becomes of an answer on its way back.
Fate = Literal["passed", "lost", "replaced"]
_SENT_ON = ("Authorization", "Content-Type", "Content-Encoding", "User-Agent")


class FlakyWay(LoopbackServer):
    """Forwards each request; the answers to the first ones meet `fates`, all others pass.

    `lost` cuts the connection, `replaced` says 500. `verdicts` counts what the server said of the events,
    `spoiled` the requests whose answer did not pass.
    """

    def __init__(self, url: str, fates: list[Fate]) -> None:
        self._host = urlsplit(url).netloc
        self._fates = list(fates)
        self._lock = threading.Lock()
        self.verdicts: Counter[str] = Counter()
        self.refused: list[bytes] = []
        self.spoiled = 0
        super().__init__(self._handler())

    def _forward(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _noted(self, status: int, answer: bytes) -> Fate:
        with self._lock:
            if status != 200:
                self.refused.append(answer)
                return "passed"
            self.verdicts.update(json.loads(answer)["counts"])
            fate: Fate = self._fates.pop(0) if self._fates else "passed"
            self.spoiled += fate != "passed"
            return fate

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        way = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in _SENT_ON if name in self.headers}
                status, answer = way._forward(self.path, headers, body)
                fate = way._noted(status, answer)
                if fate == "lost":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if fate == "replaced":
                    status, answer = 500, b"{}"
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
