"""The socket at which workers arrive: it is waited for without spinning, and woken at the end."""

from __future__ import annotations

import errno
import os
import selectors
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from logproc.backends.channel import Acceptor
from logproc.backends.keys import Address
from logproc.errors import TryLaterError, UsageError

if TYPE_CHECKING:
    from logproc.backends.channel import Endpoint

MAX_PENDING = 64
"""Connections that may not have shown the key yet; one more, and the oldest of them is closed."""


class Listener:
    """The socket that listens; `accept` waits without spinning and ends when it is closed."""

    def __init__(self, address: Endpoint, backlog: int) -> None:
        self.acceptor = Acceptor(address)
        self._socket = _listening(address.address, max(backlog, MAX_PENDING))
        self._socket.setblocking(False)
        self.address = Address(*self._socket.getsockname()[:2])
        self._reader, self._writer = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._reader, selectors.EVENT_READ)

    def accept(self) -> socket.socket | None:
        """Return the next connection, or None at the end."""
        while True:
            ready = {key.fd for key, _ in self._selector.select()}
            if self._reader in ready:
                return None
            with suppress(BlockingIOError, ConnectionAbortedError):
                sock, _ = self._socket.accept()
                sock.setblocking(True)
                return sock

    def wake(self) -> None:
        """Make `accept` return None, now and always."""
        with suppress(OSError):
            os.write(self._writer, b"\0")

    def close(self) -> None:
        """Stop listening; nobody may be in `accept` any more."""
        self._selector.close()
        self._socket.close()
        os.close(self._reader)
        os.close(self._writer)


def _listening(address: Address, backlog: int) -> socket.socket:
    sock = None
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(target)
        sock.listen(backlog)
    except OSError as error:
        if sock is not None:
            sock.close()
        reason = (error.strerror or str(error)).lower()
        if error.errno == errno.EADDRINUSE:
            raise TryLaterError(
                f"cannot listen on {address}: {reason}; end the other run, or take another port"
            ) from error
        raise UsageError(
            f"cannot listen on {address}: {reason}; name an address of this machine and a port that you may open, or "
            f"0.0.0.0:{address.port} for all its addresses"
        ) from error
    return sock
