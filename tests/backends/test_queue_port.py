"""Only who knows the key gets an answer on the port, only six methods answer, and whatever comes, the run goes on."""

from __future__ import annotations

import random
import select
import socket
import ssl
import struct
import threading
from contextlib import closing, suppress
from types import SimpleNamespace

import pytest
from backends.queue_workers import CODEC, KEY, Clock, Head, Puppet, WorkerThread, collecting, join_workers
from backends.workers import Errand, answer, work

from logproc.backends import channel, keys, manager
from logproc.backends.channel import MAGIC, Connector
from logproc.backends.protocol import CALL_BYTES, METHODS
from logproc.backends.strangers import AGAIN_SECONDS, MOST_SAID, Strangers
from logproc.errors import RefusedError, WireError
from logproc.model import Piece, Task

TASKS = [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(6)]
RIGHT = {task.number: answer(task) for task in TASKS}
CAPS = tuple(CALL_BYTES[method] for method in METHODS)


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    join_workers()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    pytest.importorskip("cryptography", reason="the extra `queue` is not installed")
    return keys.Certificate(keys.keygen(str(tmp_path_factory.mktemp("keys") / "k"))[1])


@pytest.fixture(params=["plain", "tls"])
def head(request):
    """A coordinator; the test does what it wants, then a good worker does the tasks and the run must be right."""
    options = {} if request.param == "plain" else {"certificate": request.getfixturevalue("certificate")}
    head = Head(**options)
    with collecting(head, Errand(), TASKS) as collector:
        assert head.port
        try:
            yield head
        finally:
            WorkerThread(head, work).start()
        assert collector.result() == RIGHT


def connect(head):
    return closing(socket.create_connection(("127.0.0.1", head.port), 30))


def read_all(sock):
    """Read until the other end closes, which it must."""
    data = b""
    with suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            data += chunk
    return data


# ---- strangers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\0",
        b"\n" * 100,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"SSH-2.0-x\r\n" * 10,
        bytes(range(256)) * 300,
        b"\x80\x04\x95" + b"cos\nsystem\n(S'true'\ntR." * 20,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512),
        b"#CHALLENGE#{sha256}" + bytes(40),
        MAGIC,
        MAGIC + bytes(32),
        MAGIC + bytes(64),
        MAGIC + bytes(31) + b"\0" * 9000,
    ],
    ids=lambda junk: repr(junk[:12]),
)
def test_strangers_are_told_nothing_and_do_no_harm(head, junk):
    with connect(head) as sock:
        with suppress(OSError):
            sock.sendall(junk)
            sock.shutdown(socket.SHUT_WR)
        told = read_all(sock)
    assert len(told) <= len(MAGIC) + 64
    assert KEY not in told


def test_random_bytes_do_no_harm(head):
    rng = random.Random(7)
    for _ in range(60):
        with connect(head) as sock, suppress(OSError):
            sock.sendall(rng.choice([b"", MAGIC]) + rng.randbytes(rng.randrange(600)))
            if rng.random() < 0.5:
                sock.shutdown(socket.SHUT_WR)
                read_all(sock)


def test_who_does_not_show_the_key_in_time_is_closed_however_busy(head, monkeypatch):
    monkeypatch.setattr(channel, "HANDSHAKE_SECONDS", 0.3)
    with connect(head) as silent, connect(head) as busy:
        sent = MAGIC + bytes(32)
        for byte in [*sent, *([0] * 1000)]:
            if select.select([busy], [], [], 0.02)[0] and len(busy.recv(100)) == 0:
                break
            try:
                busy.sendall(bytes([byte]))
            except OSError:
                break
        else:
            pytest.fail("a client that shows nothing may talk for ever")
        read_all(silent)


def test_one_deadline_covers_tls_and_the_key(certificate, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(channel, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(channel, "tune", lambda _sock: clock.advance(channel.HANDSHAKE_SECONDS + 1))
    acceptor = channel.Acceptor(channel.Endpoint(keys.Address("127.0.0.1", 0), CODEC, KEY, certificate))
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 30):
        sock = server.accept()[0]
        with sock, pytest.raises(TimeoutError, match="it took too long to show the key"):
            acceptor.admit([sock])


def test_idle_strangers_do_not_keep_workers_out(head):
    socks = [socket.create_connection(("127.0.0.1", head.port), 30) for _ in range(manager.MAX_PENDING + 20)]
    try:
        assert read_all(socks[0]) == b""  # the oldest made room
        puppet = Puppet(head)
        assert puppet.hello().run == puppet.run
        puppet.call("bye")
        puppet.close()
    finally:
        for sock in socks:
            sock.close()


def test_another_key_is_told_in_a_sentence(head):
    with pytest.raises(RefusedError, match="another key"):
        Connector(head.endpoint(key=b"another key of at least 32 bytes!!!")).connect()
    head.wait_for("a caller at 127.0.0.1 was not let in: it is somebody who does not know the key")
    assert len(head.troubles()) == 1


def test_the_fault_of_one_caller_hides_that_of_no_other(head):
    for host in ("127.0.0.2", "127.0.0.3", "127.0.0.2"):
        with closing(socket.create_connection(("127.0.0.1", head.port), 30, source_address=(host, 0))) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            read_all(sock)
    for host in ("127.0.0.2", "127.0.0.3"):
        head.wait_for(f"a caller at {host} was not let in: it is somebody who")
    with pytest.raises(RefusedError, match="another key"):
        Connector(head.endpoint(key=b"another key of at least 32 bytes!!!")).connect()
    head.wait_for("a caller at 127.0.0.1 was not let in: it is somebody who does not know the key")
    assert len([line for line in head.lines if "was not let in" in line]) == 3


def test_what_is_said_of_callers_is_bounded():
    said, clock = [], Clock()
    strangers = Strangers(clock)
    for _ in range(3):
        said += filter(None, (strangers.line(f"10.0.0.{number}", "nobody") for number in range(1000)))
        clock.advance(1)
    assert len(said) == MOST_SAID + 1
    assert said[0] == "a caller at 10.0.0.0 was not let in: it is nobody"
    assert said[-1] == f"other callers were not let in either, the latest at 10.0.0.{MOST_SAID}: it is nobody"
    assert strangers.line("10.0.0.0", "somebody else") is None
    clock.advance(AGAIN_SECONDS)
    assert strangers.line("10.0.0.0", "nobody") == said[0]


def test_other_faults_of_one_caller_are_said_too():
    strangers = Strangers(Clock())
    lines = [strangers.line("10.0.0.1", what) for what in ("this", "that", "this")]
    assert [line and line.rpartition(" ")[2] for line in lines] == ["this", "that", None]


def test_a_recorded_session_cannot_be_played_again(head):
    """All that a worker sent, handshake included, is of no use to who recorded it."""
    if head.options.get("certificate"):
        pytest.skip("TLS hides what could be recorded")
    sent = []

    class Recorder(socket.socket):
        def sendall(self, data, *flags):
            sent.append(bytes(data))
            return super().sendall(data, *flags)

    puppet = Puppet(head)
    original = socket.create_connection
    try:
        socket.create_connection = lambda *args: Recorder(fileno=original(*args).detach())
        puppet.hello()
        puppet.call("bye")
    finally:
        socket.create_connection = original
        puppet.close()
    assert sent[0].startswith(MAGIC)
    with connect(head) as sock, suppress(OSError):
        sock.sendall(b"".join(sent))
        assert len(read_all(sock)) == len(MAGIC) + 64  # magic, nonce, zeros


# ---- who knows the key, and sends what it should not --------------------------------------------------------------


def frames_of(call):
    return CODEC.encode(call)


EVIL = {
    "no frame": (0, [b""]),
    "garbage": (0, [b"\xff" * 100]),
    "a header that is too long": (0, [struct.pack("!I", 1 << 31)]),
    "attachments that are not there": (3, [struct.pack("!I", 19) + b"[[1073741824],null]"]),
    "deep": (0, [struct.pack("!I", 100_004) + b"[[]," + b"[" * 100_000]),
    "no call": (0, frames_of("hello")),
    "another object": (0, frames_of(("0", "hello", (), {}))),
    "shutdown": (0, frames_of(("broker", "shutdown", (), {}))),
    "shutdown of the server": (0, frames_of((None, "shutdown", (), {}))),
    "create": (0, frames_of((None, "create", ("broker",), {}))),
    "debug_info": (0, frames_of((None, "debug_info", (), {}))),
    "dummy": (0, frames_of((None, "dummy", (), {}))),
    "a private method": (0, frames_of(("broker", "_unknown", ("x", None), {}))),
    "a method of the coordinator": (0, frames_of(("broker", "end", ("drained", 0.0), {}))),
    "#GETVALUE": (0, frames_of(("broker", "#GETVALUE", (), {}))),
    "arguments by name": (5, frames_of(("broker", "bye", ("run", "worker"), {"run": "other"}))),
    "a large method's call as a small one's": (1, frames_of(("broker", "complete", (), {}))),
}


@pytest.mark.parametrize("name", EVIL)
def test_what_is_no_call_ends_the_connection(head, name):
    opened = Connector(head.endpoint()).connect()
    try:
        opened.send(*EVIL[name])
        with pytest.raises((EOFError, ConnectionResetError)):
            opened.receive(CAPS, 30)
    finally:
        opened.close()


@pytest.mark.parametrize("method", [*range(len(METHODS)), len(METHODS), 255])
def test_an_oversized_frame_ends_the_connection_before_it_is_read(head, method):
    opened = Connector(head.endpoint()).connect()
    try:
        length = CAPS[method] + 1 if method < len(CAPS) else 1
        opened._socket.sendall(struct.pack("!BQ", method, length))
        with pytest.raises((EOFError, ConnectionResetError)):
            opened.receive(CAPS, 30)
    finally:
        opened.close()


class Spoiler:
    """A channel whose next frame goes out as the test wants it."""

    def __init__(self, head):
        self.channel = Connector(head.endpoint()).connect()
        self.sent = b""
        self._socket = self.channel._socket
        self.channel._socket = self

    def sendall(self, data):
        self.sent += bytes(data)

    def settimeout(self, seconds):
        self._socket.settimeout(seconds)

    def recv(self, count):
        return self._socket.recv(count)

    def shutdown(self, how):
        self._socket.shutdown(how)

    def frame(self):
        """Return a good call as it is sent."""
        self.sent = b""
        self.channel.send(5, frames_of(("broker", "bye", ("run", "worker"), {})))
        return self.sent

    def answers(self, data):
        """Tell whether the server answers these bytes."""
        self._socket.sendall(data)
        try:
            self.channel.receive(CAPS, 30)
        except (EOFError, ConnectionResetError):
            return False
        return True

    def close(self):
        self._socket.close()


@pytest.fixture
def spoiler(head):
    with closing(Spoiler(head)) as spoiler:
        yield spoiler


def test_a_good_frame_is_answered(spoiler):
    assert spoiler.answers(spoiler.frame())
    assert spoiler.answers(spoiler.frame())


def test_a_frame_that_is_sent_again_ends_the_connection(spoiler):
    frame = spoiler.frame()
    assert spoiler.answers(frame)
    assert not spoiler.answers(frame)


def test_a_frame_that_was_left_out_ends_the_connection(spoiler):
    spoiler.frame()
    assert not spoiler.answers(spoiler.frame())


@pytest.mark.parametrize("place", [0, 9, 20, -1, -16])
def test_a_frame_that_was_changed_ends_the_connection(spoiler, place):
    frame = bytearray(spoiler.frame())
    frame[place] ^= 1
    assert not spoiler.answers(frame)


@pytest.mark.parametrize("keep", [1, 8, 9, 30, -1])
def test_a_frame_that_was_cut_off_does_no_harm(spoiler, keep):
    spoiler._socket.sendall(spoiler.frame()[:keep])


def test_a_frame_of_another_connection_ends_the_connection(head, spoiler):
    with closing(Spoiler(head)) as other:
        assert not spoiler.answers(other.frame())


# ---- TLS ----------------------------------------------------------------------------------------------------------


def test_only_the_pinned_certificate_is_taken(certificate, tmp_path):
    other = keys.Certificate(keys.keygen(str(tmp_path / "k"))[1])
    head = Head(certificate=certificate)
    with collecting(head, Errand(), TASKS) as collector:
        with pytest.raises(RefusedError, match="another certificate"):
            Connector(head.endpoint(certificate=other)).connect()
        with pytest.raises(RefusedError, match="uses TLS: name its certificate"):
            Connector(Head(listen="").endpoint(head.port)).connect()
        WorkerThread(head, work).start()
        assert collector.result() == RIGHT


def test_a_certificate_that_has_expired_or_a_clock_that_is_wrong_is_said(tmp_path, monkeypatch):
    pytest.importorskip("cryptography", reason="the extra `queue` is not installed")
    monkeypatch.setattr(keys, "YEARS", 0)
    certificate = keys.Certificate(keys.keygen(str(tmp_path / "k"))[1])
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = keys.server_context(certificate).wrap_bio(up, down, server_side=True)
    client = keys.client_context(certificate).wrap_bio(down, up)
    for end in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        client.do_handshake()
    assert "has expired by the clock of this machine (20" in channel.why_not_accepted(caught.value)
    caught.value.verify_code = channel.NOT_YET_VALID
    assert channel.why_not_accepted(caught.value).endswith(" UTC): set the clock")


def test_tls_to_a_coordinator_without_it_is_told(certificate):
    head = Head()
    with collecting(head, Errand(), TASKS) as collector:
        with pytest.raises(RefusedError, match="does not use TLS"):
            Connector(head.endpoint(certificate=certificate)).connect()
        WorkerThread(head, work).start()
        assert collector.result() == RIGHT


# ---- replies that are none -----------------------------------------------------------------------------------------


def test_what_answers_but_is_no_coordinator_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = socket.create_connection(server.getsockname(), 30)
        peer = server.accept()[0]
        with opened, peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(100))
            with pytest.raises(RefusedError, match="no logproc coordinator"):
                channel.Channel(opened).answer_challenge(KEY, b"", 1e9)


def test_a_server_that_does_not_know_the_key_is_not_believed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = socket.create_connection(server.getsockname(), 30)
        peer = server.accept()[0]
        with opened, peer:
            peer.sendall(MAGIC + bytes(32) + b"x" * 32)
            with pytest.raises(RefusedError, match="another key"):
                channel.Channel(opened).answer_challenge(KEY, b"", 1e9)


def test_what_a_client_sent_cannot_be_sent_back_to_it():
    """A reflected challenge proves nothing: the MACs say which end speaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened = socket.create_connection(server.getsockname(), 30)
        peer = server.accept()[0]
        with opened, peer:
            opened.settimeout(30)
            client = channel.Channel(opened)
            nonce = b"n" * 32
            peer.sendall(MAGIC + nonce)

            def echo():
                peer.recv(len(MAGIC) + 32, socket.MSG_WAITALL)
                peer.sendall(peer.recv(32, socket.MSG_WAITALL))

            thread = threading.Thread(target=echo)
            thread.start()
            with pytest.raises(RefusedError, match="another key"):
                client.answer_challenge(KEY, b"", 1e9)
            thread.join()


def test_a_changed_frame_of_the_server_is_refused():
    left, right = socket.socketpair()
    with left, right:
        one, two = channel.Channel(left), channel.Channel(right)
        one._out, one._in = b"a" * 32, b"b" * 32
        two._out, two._in = b"b" * 32, b"c" * 32
        one.send(0, [b"x" * 100_000])
        with pytest.raises(WireError):
            two.receive(CAPS, 30)


@pytest.mark.parametrize("size", [0, 1, 100, (1 << 18) - 9, 1 << 18, (1 << 18) + 1, 3 << 20])
def test_frames_of_any_size_arrive_whole_and_in_order(size):
    left, right = socket.socketpair()
    with left, right:
        one, two = channel.Channel(left), channel.Channel(right)
        one._out, one._in = b"a" * 32, b"b" * 32
        two._out, two._in = b"b" * 32, b"a" * 32
        data = random.Random(size).randbytes(size)

        def send():
            for n in range(3):
                one.send(n, [data[: size // 2], bytes([n]), data[size // 2 :]])

        thread = threading.Thread(target=send)
        thread.start()
        for n in range(3):
            method, frame = two.receive((1 << 30,) * 3, 30)
            assert (method, bytes(frame)) == (n, data[: size // 2] + bytes([n]) + data[size // 2 :])
        thread.join()
