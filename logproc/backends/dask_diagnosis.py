"""Why a Dask scheduler does not answer, in plain words.

Dask says that it timed out, or what a library said three layers below. So the address is tried once more, by hand.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from logproc.errors import TryLaterError, UsageError

if TYPE_CHECKING:
    from logproc.errors import LogprocError


def explain(address: str, host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> LogprocError:
    """Return the error that says why nobody answers; `context` is None for plain TCP. It takes some `seconds` at most.

    A UsageError if trying again would be of no use, since the protocol or a certificate is wrong.
    """
    try:
        with socket.create_connection((host, port), seconds) as plain:
            plain.settimeout(seconds)
            found = _plain(address, plain) if context is None else _encrypted(address, plain, context)
    except OSError as error:
        return TryLaterError(f"{address}: no Dask scheduler answers ({_reason(error)}); is it running?")
    return found or TryLaterError(
        f"{address}: no Dask scheduler answers (something listens there, but says nothing that Dask would); is it "
        "the port of the scheduler, 8786 if it was not told otherwise, and not of its dashboard, or does it hang?"
    )


def _plain(address: str, plain: socket.socket) -> LogprocError | None:
    """Tell if what listens speaks TLS, which is all that is wrong then."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE  # nothing is sent but a greeting
    try:
        anything.wrap_socket(plain).close()
    except ssl.SSLError as error:
        if not _alert(error):
            return None
    except OSError:
        return None
    return UsageError(
        f"{address}: what listens there speaks TLS; write tls://{address.partition('://')[2]} with --tls-ca, "
        "--tls-cert and --tls-key"
    )


def _encrypted(address: str, plain: socket.socket, context: ssl.SSLContext) -> LogprocError | None:
    """Tell which certificate is not accepted, or that nobody speaks TLS there."""
    try:
        with context.wrap_socket(plain) as encrypted:
            encrypted.recv(1)  # what the other side thinks of our certificate comes after the handshake
    except ssl.SSLCertVerificationError as error:
        return UsageError(
            f"{address}: the scheduler's certificate is not accepted: {error.verify_message}; --tls-ca is to name the "
            "authority that signed it"
        )
    except ssl.SSLError as error:
        if _alert(error):
            return UsageError(
                f"{address}: the scheduler does not accept our certificate ({_reason(error)}); --tls-cert is to be "
                "signed by the authority that the scheduler was started with (--tls-ca-file)"
            )
        return UsageError(
            f"{address}: what listens there does not speak TLS; is it the port of the scheduler, and was that started "
            f"with --protocol tls? If it is to be plain, write tcp://{address.partition('://')[2]}"
        )
    except OSError:
        pass
    return None


def _alert(error: ssl.SSLError) -> bool:
    """Tell whether the other side speaks TLS and said what it dislikes."""
    return "ALERT" in (error.reason or "")


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS").lower().replace("_", " ")
    return error.strerror or str(error) or type(error).__name__
