"""The task manager: `multiprocessing.managers` with what it lacks on a network.

Its parts are kept where they fit: a `Server` that calls the methods of registered objects, a manager that makes it, a
serializer beside the stock ones, `dispatch` on the client's side. What is replaced, and why: the stock serializer is
pickle, which runs the code of whoever holds the key; the stock server answers `shutdown`, `create` and `debug_info` of
any client, waits forever on each, and ends in `sys.exit`; its accept loop spins once the listener is closed.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from multiprocessing import managers
from typing import TYPE_CHECKING, Any

from logproc.backends import unheard
from logproc.backends.channel import Connector, hang_up
from logproc.backends.listener import MAX_PENDING, Listener
from logproc.backends.protocol import CALL_BYTES, METHODS, OBJECT, REPLY_BYTES, check_arguments
from logproc.backends.strangers import Strangers
from logproc.errors import LogprocError, RefusedError, WireError
from logproc.messages import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.backends.channel import Channel, Endpoint
    from logproc.backends.keys import Address
    from logproc.backends.wire import Codec

SERIALIZER = "logproc"
"""Our name among the serializers of `multiprocessing.managers`."""

MAX_CONNECTIONS = 2048
"""Connections in all."""

REPLY_SECONDS = 15.0
"""Longest time that a client waits for a reply, beyond what it asked the coordinator to wait."""

CLOSE_SECONDS = 2.0
"""What a thread gets to send a last reply."""

_CALLS = tuple(CALL_BYTES[method] for method in METHODS)
_REPLIES = tuple(REPLY_BYTES[method] for method in METHODS)


class Connection:
    """A channel that carries calls one way and replies the other; what the managers call a connection."""

    def __init__(self, channel: Channel, codec: Codec, caps: tuple[int, ...]) -> None:
        self.channel = channel
        self._codec = codec
        self._caps = caps
        self.method = 0
        self.seconds: float | None = None

    def send(self, message: Any) -> None:  # noqa: ANN401 - a call or a reply
        """Send a call or a reply."""
        self.channel.send(self.method, self._codec.encode(message))

    def recv(self) -> Any:  # noqa: ANN401
        """Return the next call or reply, waiting at most `seconds` for it; RefusedError for a reply that is none.

        It came from who knows the key, and as it was sent, so that to ask again would not help.
        """
        method, frame = self.channel.receive(self._caps, self.seconds)
        if self.seconds is not None and method != self.method:
            raise WireError("a reply to another call")
        self.method = method
        try:
            return self._codec.loads(frame)
        except WireError as error:
            if self.seconds is None:
                raise
            raise RefusedError(f"the coordinator says what cannot be understood here: {error}") from error

    def close(self) -> None:
        """End it."""
        self.channel.close()


def connect(address: Endpoint, authkey: bytes | None = None) -> Connection:  # noqa: ARG001 - the endpoint has it
    """Return a connection to an endpoint; raises as `Connector.connect` does."""
    return Connection(Connector(address).connect(), address.codec, _REPLIES)


managers.listener_client[SERIALIZER] = (Listener, connect)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Pending:
    """A connection that has just come: its socket, and what TLS makes of it, and the address it comes from."""

    serial: int
    sockets: list[socket.socket]
    host: str

    def leave(self) -> None:
        """End it under the thread that waits on it."""
        for sock in tuple(self.sockets):
            hang_up(sock)

    def close(self) -> None:
        """End it."""
        for sock in self.sockets:
            hang_up(sock)
            sock.close()


class Server(managers.Server):
    """Calls the broker's methods for whoever knows the key, and nothing else, a thread for each connection."""

    def __init__(self, registry: Any, address: Any, authkey: bytes, serializer: str) -> None:  # noqa: ANN401
        super().__init__(registry, address, authkey, serializer)
        self.public = []  # of the stock server's own methods none can be called
        make, exposed, _, _ = registry[OBJECT]
        self._object, self._exposed = make(), frozenset(exposed)
        self.say: Callable[[str], None] = unheard
        self.closed: Callable[[Callable[[], bool]], None] = unheard
        self._codec: Codec = address.codec
        self.place: Address = vars(self)["address"]
        self._listener: Listener = vars(self)["listener"]
        self._lock = threading.Lock()
        self._pending: OrderedDict[int, Pending] = OrderedDict()
        self._authenticated: dict[int, Connection] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._serial = 0
        self._closed = threading.Event()
        self._strangers = Strangers(time.monotonic)

    def start(self) -> None:
        """Begin to listen, in threads of its own."""
        self._start(self.accepter)

    def close(self) -> None:
        """End the listener, all connections and their threads; replies that are on their way are sent first."""
        self._closed.set()
        self._listener.wake()
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            with self._lock:
                for pending in self._pending.values():
                    pending.leave()
                for connection in self._authenticated.values():
                    connection.channel.hang_up(how)
                threads = list(self._threads.values())
            end = time.monotonic() + CLOSE_SECONDS
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
        self._listener.close()

    def accepter(self) -> None:
        """Take connections until the end, whatever becomes of one of them."""
        while not self._closed.is_set():
            try:
                sock = self._listener.accept()
                if sock is not None:
                    self._receive(self._arrive(sock))
            except (OSError, RuntimeError):  # out of descriptors or threads, or the network's: the next one may do
                self._closed.wait(0.1)

    def handle_request(self, conn: Any) -> None:  # noqa: ANN401 - a Pending
        """Let a client show the key, then answer its calls until it goes."""
        pending: Pending = conn
        connection = None
        try:
            connection = Connection(self._listener.acceptor.admit(pending.sockets), self._codec, _CALLS)
            if self._stay(pending, connection):
                self.serve_client(connection)
        except WireError as error:
            if connection is None:
                line = self._strangers.line(pending.host, str(error))  # which is told so at its own end, too
                if line is not None:
                    self.say(Trouble(line))
        except (OSError, EOFError, LogprocError):
            pass  # a worker that went: its leases tell
        finally:
            with self._lock:
                self._pending.pop(pending.serial, None)
                self._authenticated.pop(pending.serial, None)
            if connection is not None:
                self.closed(connection.channel.gone)
                connection.close()
            pending.close()

    def serve_client(self, conn: Any) -> None:  # noqa: ANN401 - a Connection
        """Answer calls until the client goes; whatever is no call of the broker's ends the connection."""
        while not self._closed.is_set():
            call = conn.recv()
            conn.send(self._answer(conn, call, METHODS[conn.method]))

    def _answer(self, conn: Connection, call: Any, expected: str) -> tuple[str, Any]:  # noqa: ANN401 - anything
        match call:
            case (thing, str(name), tuple(arguments), dict(keywords)) if thing == OBJECT and not keywords:
                pass
            case _:
                raise WireError("something that is no call")
        if name != expected or name not in self._exposed:
            raise WireError("a call of something else")
        method: Callable[..., Any] = getattr(self._object, name)
        try:
            check_arguments(name, arguments)
            return "#RETURN", method(conn.channel.gone, *arguments)
        except WireError as error:
            return "#TRACEBACK", f"it did not understand: {error}"
        except Exception as error:  # noqa: BLE001 - it is told at both ends, and the run goes on
            self.say(
                Trouble(
                    f"unexpected {type(error).__name__} in a worker's call of {name}: {error} (a defect of logproc)"
                )
            )
            return "#TRACEBACK", f"unexpected {type(error).__name__} in {name} (a defect of logproc)"

    # ---- who is there ------------------------------------------------------------------------------------------

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
        with self._lock:
            self._serial += 1
            serial = self._serial

        def work() -> None:
            try:
                target(*arguments)
            finally:
                with self._lock:
                    self._threads.pop(serial, None)

        thread = threading.Thread(target=work, name=f"logproc-queue-{serial}", daemon=True)
        with self._lock:
            self._threads[serial] = thread
        try:
            thread.start()
        except RuntimeError:
            with self._lock:
                del self._threads[serial]
            raise

    def _receive(self, pending: Pending) -> None:
        try:
            self._start(self.handle_request, pending)
        except RuntimeError:
            with self._lock:
                self._pending.pop(pending.serial, None)
            pending.close()
            raise

    def _arrive(self, sock: socket.socket) -> Pending:
        """Note a connection; if there are too many, the oldest one without the key leaves: who knows it is quick."""
        host = _host(sock)
        with self._lock:
            self._serial += 1
            pending = self._pending[self._serial] = Pending(self._serial, [sock], host)
            if len(self._pending) > MAX_PENDING or len(self._pending) + len(self._authenticated) > MAX_CONNECTIONS:
                self._pending.popitem(last=False)[1].leave()
            return pending

    def _stay(self, pending: Pending, connection: Connection) -> bool:
        with self._lock:
            if self._pending.pop(pending.serial, None) is None or self._closed.is_set():
                return False
            self._authenticated[pending.serial] = connection
            return True


def _host(sock: socket.socket) -> str:
    """Return the address that a connection comes from, for people."""
    try:
        return str(sock.getpeername()[0])
    except OSError:  # it has gone already
        return "an unknown address"


class BrokerManager(managers.BaseManager):
    """Base of the managers: each server gets a class of its own, since `register` writes to the class."""

    _Server = Server

    def get_server(self) -> Any:  # noqa: ANN401 - typeshed calls it managers.Server
        """Return a server that listens."""
        ours: Any = self
        return Server(ours._registry, ours._address, ours._authkey, ours._serializer)  # noqa: SLF001 - as the stock one


def serve(
    service: object,
    endpoint: Endpoint,
    say: Callable[[str], None] = unheard,
    closed: Callable[[Callable[[], bool]], None] = unheard,
) -> Server:
    """Return a server, listening and not yet started, that answers calls of the broker's methods by `service`'s.

    `say` takes a line for people where one of these fails as it never should; `closed` takes the `gone` of a
    connection that has ended.
    """
    manager: Any = type("QueueManager", (BrokerManager,), {})
    manager.register(OBJECT, callable=lambda: service, exposed=METHODS, create_method=False)
    server: Server = manager(endpoint, endpoint.key, SERIALIZER).get_server()
    server.say, server.closed = say, closed
    return server


class Client:
    """Calls of a worker, one at a time; connects when it is needed, and hangs up when anything goes wrong."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._connection: Connection | None = None
        self._ended = False

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None

    def call(self, method: str, *arguments: Any, wait: float = 0.0, patience: float | None = None) -> Any:  # noqa: ANN401
        """Call a method of the broker, which may take `wait` seconds, and its reply `patience` more.

        RefusedError if the key or certificate is another, or if the coordinator cannot make anything of the call;
        OSError, EOFError or WireError if it did not get through.
        """
        try:
            if self._connection is None:
                self._connection = connect(self._endpoint)
                if self._ended:  # while it connected, when there was nothing to hang up
                    raise EOFError("hung up")  # noqa: TRY301 - closed below, as for the errors of others
            self._connection.method = METHODS.index(method)
            self._connection.seconds = wait + (REPLY_SECONDS if patience is None else patience)
            return managers.dispatch(self._connection, OBJECT, method, arguments)  # type: ignore[attr-defined]
        except managers.RemoteError as error:
            raise RefusedError(f"the coordinator cannot answer: {error.args[0]}") from error
        except BaseException:
            self.close()
            raise

    def hang_up(self) -> None:
        """End the calls of another thread: the one that waits, or connects, and those after it raise."""
        self._ended = True
        connection = self._connection
        if connection is not None:
            connection.channel.hang_up()

    def close(self) -> None:
        """Drop the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
