"""A bad network: a TCP proxy that delays, drops, cuts off, half-closes and swallows, as its plan says.

Also a port where nobody listens, and stays so.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import closing, contextmanager, suppress

FAULTS = ("none", "drop", "half", "swallow", "delay", "change")


HANDSHAKE_BYTES = 80
"""More than either end says to show that it knows the key."""

CALM = iter(lambda: ("none", 0), None)
"""The plan of a good network."""


@contextmanager
def nobody():
    """Yield a port that refuses connections; it is bound all the time, so that nobody else gets it."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class Proxy:
    """Passes connections on to a port; `plan` yields for each a fault and after how many bytes it happens.

    `target` may be set to another port while it runs, or to None: then connections come, and nobody says anything.
    """

    def __init__(self, port, plan=CALM):
        self.target = port
        self._plan = plan
        self._mute = []
        self._unanswered = 0
        self._change = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._open = set()
        self._lock = threading.Lock()
        self._closed = False
        self.faults = []
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    def close(self):
        self._closed = True
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._server.close()
        self.drop_all()
        for sock in self._mute:
            sock.close()

    def wait_unanswered(self, count):
        """Wait until so many connections were refused by the target, or are not answered for want of one."""
        with self._change:
            assert self._change.wait_for(lambda: self._unanswered >= count, 60)

    def _note_unanswered(self):
        with self._change:
            self._unanswered += 1
            self._change.notify_all()

    def drop_all(self):
        """Reset every connection there is."""
        with self._lock:
            for sock in (*self._open, *self._mute):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                near = self._server.accept()[0]
            except OSError:
                if self._closed:
                    return
                continue
            if self.target is None:
                self._mute.append(near)
                self._note_unanswered()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                self._note_unanswered()
                continue
            with self._lock:
                self._open |= {near, far}
            threading.Thread(
                target=self._pass_on, args=(near, far, *next(self._plan)), name="proxy", daemon=True
            ).start()

    def _pass_on(self, near, far, fault, after):
        upwards = random.Random(after).random() < 0.5
        good, bad = ("none", 0), (fault, after)
        back = threading.Thread(target=self._pump, args=(far, near, *(good if upwards else bad)), name="proxy")
        back.start()
        self._pump(near, far, *(bad if upwards else good))
        back.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _pump(self, source, sink, fault, after):
        """Pass bytes on until an end; of the ends of a half-closed connection only one is passed on."""
        passed = 0
        with suppress(OSError):
            while data := source.recv(4096):
                if fault != "none" and passed <= after < passed + len(data):
                    self.faults.append(fault)
                    keep = after - passed
                    if fault == "delay":
                        time.sleep(0.2)
                    elif fault == "change":
                        data = data[:keep] + bytes([data[keep] ^ 0xFF]) + data[keep + 1 :]
                    else:
                        sink.sendall(data[:keep])
                        if fault == "drop":
                            break
                        if fault == "half":
                            sink.shutdown(socket.SHUT_WR)
                        while source.recv(4096):  # swallow the rest: the other end waits for it
                            pass
                        break
                passed += len(data)
                sink.sendall(data)
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def troubles(rng, share=0.7):
    """Yield faults of connections: most of them bad, among the first words or late in a large result."""
    while True:
        fault = rng.choice(FAULTS[1:]) if rng.random() < share else "none"
        after = int(10 ** rng.uniform(1, 5.5))
        yield fault, after + HANDSHAKE_BYTES * (fault == "change")  # before, it is another key that was shown
