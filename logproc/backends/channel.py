"""A connection that trusts nobody until both ends have shown that they know the key, and nothing that is too long.

    client -> magic, nonce          server -> magic, nonce
    client -> HMAC-SHA256 of both   server -> HMAC-SHA256 of both, or zeros: another key

This is the challenge of `multiprocessing.connection`, both ways at once and with SHA-256 also on Python 3.11, which has
MD5 only. The MACs cover which end speaks and the server's certificate, so that none can be used elsewhere. From then
on every frame is `u8 method | u64 length | frame | 16 bytes`, the last a keyed hash that counts frames: one that is
changed, repeated, left out or sent back ends the connection before anything of it is decoded.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import select
import socket
import ssl
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from logproc.backends.keys import client_context, fingerprint, server_context
from logproc.errors import RefusedError, WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.backends.keys import Address, Certificate
    from logproc.backends.wire import Codec

MAGIC = b"LOGPROC1"
NONCE_BYTES = 32
MAC_BYTES = 16
HANDSHAKE_SECONDS = 10.0
"""A connection that has not shown the key by then, TLS included, is closed, however busily it sends."""

IDLE_SECONDS = 30.0
"""Longest silence within a frame, and longest time for the other end to take a piece of one."""

PIECE_BYTES = 1 << 18
_PREFIX = struct.Struct("!BQ")
_COUNT = struct.Struct("!Q")
_ZEROS = bytes(32)
_TLS_ALERT, _TLS_HELLO = b"\x15\x03", b"\x16\x03"
_HANDSHAKE_FAILURE = _TLS_ALERT + b"\x03\0\x02\x02\x28"


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """All that it takes to listen or to connect, and to understand; `certificate` is None for plain TCP.

    `seconds` is how long a client waits for a connection, and then for the key.
    """

    address: Address
    codec: Codec
    key: bytes = field(repr=False)
    certificate: Certificate | None = None
    seconds: float = HANDSHAKE_SECONDS


class Channel:
    """Frames over a connected socket. One thread at a time may send, and one receive."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()
        self._out = self._in = b""  # keys of the two directions
        self._sent = self._received = 0

    def send(self, method: int, frame: Sequence[bytes]) -> None:
        """Send a frame, given in pieces; OSError if the other end does not take it."""
        prefix = _PREFIX.pack(method, sum(map(len, frame)))
        mac = _mac(self._out, self._sent, prefix)
        for piece in frame:
            mac.update(piece)
        self._sent += 1
        self._socket.settimeout(IDLE_SECONDS)
        waiting = bytearray(prefix)
        for piece in (*frame, mac.digest()):
            if len(waiting) + len(piece) > PIECE_BYTES:
                self._socket.sendall(waiting)
                waiting = bytearray()
            if len(piece) > PIECE_BYTES:
                self._send_long(piece)
            else:
                waiting += piece
        self._socket.sendall(waiting)

    def receive(self, caps: Sequence[int], seconds: float | None) -> tuple[int, bytearray]:
        """Return a method's number and a frame of at most `caps[method]` bytes, waiting so long for its beginning.

        EOFError at the end, TimeoutError, WireError for what was not sent by the other end just now.
        """
        self._socket.settimeout(seconds)
        prefix = bytes(self._read(_PREFIX.size))
        self._socket.settimeout(IDLE_SECONDS)
        method, length = _PREFIX.unpack(prefix)
        if method >= len(caps):
            raise WireError(f"a call of method {method}, which there is not")
        if length > caps[method]:
            raise WireError(f"a frame of {length} bytes, and {caps[method]} may be")
        frame = self._read(length)
        mac = _mac(self._in, self._received, prefix)
        mac.update(frame)
        if not hmac.compare_digest(mac.digest(), bytes(self._read(MAC_BYTES))):
            raise WireError("a frame that was changed, repeated or not meant for here")
        self._received += 1
        return method, frame

    def hang_up(self, how: int = socket.SHUT_RDWR) -> None:
        """End the connection, or one direction of it, under another thread that waits on it and then closes it."""
        hang_up(self._socket, how)

    def gone(self) -> bool:
        """Tell, while it is the other end's turn to wait, whether it has left: there is something to read, its end."""
        look = select.poll()
        look.register(self._socket, select.POLLIN)
        return bool(look.poll(0))

    def close(self) -> None:
        """End the connection."""
        hang_up(self._socket)
        self._socket.close()

    def _send_long(self, piece: bytes) -> None:
        view = memoryview(piece)
        for begin in range(0, len(view), PIECE_BYTES):
            self._socket.sendall(view[begin : begin + PIECE_BYTES])

    def _read(self, count: int) -> bytearray:
        """Return exactly so many bytes; what is announced takes memory only as it comes."""
        if len(self._buffer) < count <= PIECE_BYTES:
            while len(self._buffer) < count:
                self._buffer += self._some(PIECE_BYTES)
        if len(self._buffer) >= count:
            found = self._buffer[:count]
            del self._buffer[:count]
            return found
        found, self._buffer = self._buffer, bytearray()
        while len(found) < count:
            found += self._some(min(PIECE_BYTES, count - len(found)))
        return found

    def _some(self, most: int) -> bytes:
        found = self._socket.recv(most)
        if not found:
            raise EOFError("the other end has closed the connection")
        return found

    # ---- who is there ------------------------------------------------------------------------------------------

    def deliver_challenge(self, key: bytes, binding: bytes, deadline: float) -> None:
        """Let the client show that it knows the key, then show it oneself; WireError if it does not.

        `deadline` is in seconds of the monotonic clock.
        """
        begin = bytes(self._before(deadline, len(MAGIC)))
        if begin != MAGIC:
            if begin.startswith(_TLS_HELLO):
                self._socket.sendall(MAGIC)  # tells a client that expects TLS what is wrong
            raise WireError("somebody who speaks something else")
        theirs, ours = bytes(self._before(deadline, NONCE_BYTES)), secrets.token_bytes(NONCE_BYTES)
        self._socket.sendall(MAGIC + ours)
        talk = binding + theirs + ours
        if not hmac.compare_digest(bytes(self._before(deadline, 32)), _hmac(key, b"client", talk)):
            self._socket.sendall(_ZEROS)
            raise WireError("somebody who does not know the key")
        self._socket.sendall(_hmac(key, b"server", talk))
        self._out, self._in = _hmac(key, b"down", talk), _hmac(key, b"up", talk)

    def answer_challenge(self, key: bytes, binding: bytes, deadline: float) -> None:
        """Show the server that one knows the key and let it do the same; RefusedError if the keys differ."""
        ours = secrets.token_bytes(NONCE_BYTES)
        self._socket.sendall(MAGIC + ours)
        begin = bytes(self._before(deadline, 2))
        if begin == _TLS_ALERT:
            raise RefusedError("the coordinator uses TLS: name its certificate with --cert FILE")
        if begin + self._before(deadline, len(MAGIC) - 2) != MAGIC:
            raise RefusedError("what answers there is no logproc coordinator, or one of another version")
        talk = binding + ours + bytes(self._before(deadline, NONCE_BYTES))
        self._socket.sendall(_hmac(key, b"client", talk))
        answer = bytes(self._before(deadline, 32))
        if not hmac.compare_digest(answer, _hmac(key, b"server", talk)):
            raise RefusedError("the coordinator has another key: copy its key file to this machine")
        self._out, self._in = _hmac(key, b"up", talk), _hmac(key, b"down", talk)

    def _before(self, deadline: float, count: int) -> bytearray:
        """Return so many bytes of a handshake, in time however slowly they come."""
        while len(self._buffer) < count:
            self._socket.settimeout(_left(deadline))
            self._buffer += self._some(count - len(self._buffer))
        self._socket.settimeout(_left(deadline))
        found = self._buffer[:count]
        del self._buffer[:count]
        return found


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long to show the key")
    return left


def _hmac(key: bytes, role: bytes, talk: bytes) -> bytes:
    return hmac.digest(key, MAGIC + role + b"\0" + talk, "sha256")


def _mac(key: bytes, count: int, prefix: bytes) -> hashlib.blake2b:
    mac = hashlib.blake2b(_COUNT.pack(count), key=key, digest_size=MAC_BYTES)
    mac.update(prefix)
    return mac


# ---- sockets ---------------------------------------------------------------------------------------------------


def tune(sock: socket.socket) -> None:
    """Send small frames at once, and find out within a minute that the other machine is gone."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def hang_up(sock: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """End a connection, but leave its descriptor to the thread that may wait on it."""
    with suppress(OSError):
        socket.socket.shutdown(sock, how)  # that of ssl makes the next thing that is sent travel in the clear


class Acceptor:
    """Lets clients in: the server's side of TLS and of the key, read and checked once."""

    def __init__(self, endpoint: Endpoint) -> None:
        certificate = endpoint.certificate
        self._key = endpoint.key
        self._context = None if certificate is None else server_context(certificate)
        self._binding = b"" if certificate is None else fingerprint(certificate.path)

    def admit(self, sockets: list[socket.socket]) -> Channel:
        """Return a channel to a client that knows the key; WireError or OSError if it does not, or takes too long.

        `sockets` is the connection's, and gets what TLS makes of it, so that another thread can end the handshake.
        """
        deadline = time.monotonic() + HANDSHAKE_SECONDS
        sock = sockets[0]
        tune(sock)
        if self._context is not None:
            sock.settimeout(_left(deadline))
            if sock.recv(1, socket.MSG_PEEK) != _TLS_HELLO[:1]:
                sock.sendall(_HANDSHAKE_FAILURE)  # tells a client that expects none what is wrong
                raise WireError("somebody who does not speak TLS")
            secured = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            sockets.append(secured)
            secured.settimeout(_left(deadline))
            secured.do_handshake()
            sock = secured
        channel = Channel(sock)
        channel.deliver_challenge(self._key, self._binding, deadline)
        return channel


NOT_YET_VALID, EXPIRED = 9, 10
"""What OpenSSL says of a certificate's dates: X509_STORE_CTX_get_error(3)."""


def why_not_accepted(error: ssl.SSLCertVerificationError) -> str:
    """Return why the coordinator's certificate is not accepted, and the way out: to copy it mends no date."""
    clock = f"the clock of this machine ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)"
    if error.verify_code == NOT_YET_VALID:
        return f"the coordinator's certificate is not valid yet by {clock}: set the clock"
    if error.verify_code == EXPIRED:
        return (
            f"the coordinator's certificate has expired by {clock}: set the clock, or make another one with "
            "`logproc keygen`, for the coordinator and for all workers"
        )
    return f"the coordinator has another certificate ({error.verify_message}): copy its .crt file to this machine"


class Connector:
    """The client's side of the same."""

    def __init__(self, endpoint: Endpoint) -> None:
        certificate = endpoint.certificate
        self._endpoint = endpoint
        self._context = None if certificate is None else client_context(certificate)
        self._binding = b"" if certificate is None else fingerprint(certificate.path)

    def connect(self) -> Channel:
        """Return a channel to the coordinator.

        RefusedError if it has another key or certificate; OSError or EOFError if it cannot be reached now.
        """
        address = self._endpoint.address
        seconds = self._endpoint.seconds
        sock = socket.create_connection((address.host, address.port), seconds)  # for each of its addresses
        deadline = time.monotonic() + seconds
        try:
            tune(sock)
            if self._context is not None:
                sock = self._secure(sock, self._context)
            channel = Channel(sock)
            channel.answer_challenge(self._endpoint.key, self._binding, deadline)
        except BaseException:
            sock.close()
            raise
        return channel

    def _secure(self, sock: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        try:
            secured = context.wrap_socket(sock)
        except ssl.SSLCertVerificationError as error:
            raise RefusedError(why_not_accepted(error)) from error
        except ssl.SSLError as error:
            if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
                raise RefusedError("the coordinator does not use TLS: leave out --cert, or give it one") from error
            raise
        if hashlib.sha256(secured.getpeercert(binary_form=True) or b"").digest() != self._binding:
            secured.close()
            raise RefusedError("the coordinator has another certificate: copy its .crt file to this machine")
        return secured
