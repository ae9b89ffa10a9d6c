"""An HTTP server on a free port of this machine, for as long as a block lasts."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class LoopbackServer:
    """Serves each request in a thread of its own, under `url`."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        serve = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # As many clients as are served at once may connect in the same moment.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client may hang up.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
