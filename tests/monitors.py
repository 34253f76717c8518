"""A monitor of this machine that can be pinged, for tests of several folders."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager


class Monitor(http.server.ThreadingHTTPServer):
    """`seen` holds what came, as (method, path, body); `answers` what it says, 200 where there are no more."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.answers = [], []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/secret"

    def handle_error(self, *_arguments):
        """Clients that go away are what is tested."""


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, body.decode()))
        code = self.server.answers.pop(0) if self.server.answers else 200
        if code == "silence":
            self.server.released.wait(30)
            return
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815 - what the standard library looks for

    def log_message(self, *_arguments):
        """Tests are quiet."""


@contextmanager
def running():
    """Yield a monitor that answers."""
    with Monitor() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()
