"""Who may talk to whom: the shared key, the certificate that workers pin, and the address where they meet.

Keys come from a file that only its owner can read, or from the environment; never from an argument, which `ps` shows.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import secrets
import ssl
import stat
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.errors import MissingExtraError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "LOGPROC_AUTHKEY"
"""Environment variable that may hold the key instead of a file."""

LEAST_BYTES = 32
"""Shortest key; what `keygen` writes has 64 characters, which stand for 32 random bytes."""

LEAST_DIFFERENT = 9
"""Different bytes of a key; 32 random hexadecimal digits have fewer once in a million keys."""

LONG_WORDS = 5
"""Mean length of words and numbers from which on letters are no random ones, which digits and capitals interrupt."""

_WORD = re.compile(rb"[A-Za-z]+|[0-9]+")
_HEX = re.compile(rb"[0-9a-f]+|[0-9A-F]+")

MOST_BYTES = 4096
_PRIVATE_KEY = b"PRIVATE KEY-----"

YEARS = 10
"""How long a certificate of `keygen` is valid: it is pinned, and replaced by making another one."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A pinned certificate; `key` is the file of its private key, which only the coordinator has."""

    path: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the coordinator listens, or a worker connects to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether nobody but this machine is at the other end."""
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_address(text: str) -> Address:
    """Read `HOST:PORT` or `[IPv6]:PORT`; UsageError if it is neither."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(f"not an address: {text!r}; write HOST:PORT, such as 127.0.0.1:5000 or [::1]:5000")
    if (":" in host) != (bare != host):
        raise UsageError(f"not an address: {text!r}; an IPv6 address stands in brackets, as in [::1]:5000")
    return Address(bare, int(port))


# ---- the key ---------------------------------------------------------------------------------------------------


def read_key(path: str | None, environ: MutableMapping[str, str] | None = None) -> bytes:
    """Return the shared key from a file, or from the environment variable, which is then taken out of it.

    UsageError if there is none, if it is short or can be guessed, or if others than its owner may use the file.
    """
    if path is None:
        if environ is None:
            environ = os.environ
            _wipe(VARIABLE)
        text = environ.pop(VARIABLE, None)
        if text is None:
            raise UsageError(
                "the queue needs a key that coordinator and workers share: write one with `logproc keygen FILE`, "
                f"copy it to each machine, and name it with --authkey-file FILE (or set {VARIABLE})"
            )
        return _strong_enough(text.strip().encode("utf-8", "surrogateescape"), VARIABLE)
    return _strong_enough(_read_private(path).strip(), path)


def _wipe(variable: str) -> None:
    """Overwrite a variable's value where the process was given it: /proc/PID/environ and `ps e` show that place.

    Python has copied it by then (`os.environ`), and to take a variable out of the environment leaves its bytes there.
    """
    import ctypes  # noqa: PLC0415 - only who takes a key from there needs it

    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    place = getenv(variable.encode())
    if place is not None:
        ctypes.memset(place, ord("*"), len(ctypes.string_at(place)))


def _strong_enough(key: bytes, where: str) -> bytes:
    if len(key) < LEAST_BYTES:
        raise UsageError(
            f"{where}: the key has {len(key)} bytes, and {LEAST_BYTES} is the least; write one with `logproc keygen`"
        )
    if weak := _why_weak(key):
        raise UsageError(
            f"{where}: the key {weak}, and whoever records a handshake could guess it; write a random one with "
            "`logproc keygen`"
        )
    return key


def _why_weak(key: bytes) -> str | None:
    """Say why a key can be guessed by whoever records a handshake, or None; it is to be random, not thought up."""
    if len(set(key)) < LEAST_DIFFERENT or any(key[step:] == key[:-step] for step in range(1, len(key) // 2 + 1)):
        return "repeats itself"
    words = _WORD.findall(key)
    spelled = all(word.islower() or word.istitle() for word in words if word.isalpha())
    long = len(key.split()) > 1 or len(key) >= LONG_WORDS * len(words)
    return "is made of words" if key.isascii() and spelled and long and not _HEX.fullmatch(key) else None


def _read_private(path: str) -> bytes:
    """Return the content of a small file that only its owner can read; UsageError if others can, too."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _require_private(path, status)
            return file.read(MOST_BYTES)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: cannot be read: {reason}; `logproc keygen FILE` writes a key") from error


def _require_private(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path}: is no regular file; `logproc keygen FILE` writes a key")
    if status.st_mode & 0o077:
        raise UsageError(
            f"{path}: others than its owner may use it (mode {stat.S_IMODE(status.st_mode):04o}); run: chmod 600 {path}"
        )
    if status.st_uid not in {os.geteuid(), 0}:
        raise UsageError(f"{path}: belongs to another user; a key must be your own")


def keygen(path: str) -> tuple[str, ...]:
    """Write a key to `path` and, with the extra `queue`, a certificate and its private key beside it.

    Returns the files written: `F`, `F.crt` (copy it to the workers) and `F.pem` (stays here). None is ever overwritten;
    OutputError names the one that cannot be written.
    """
    certificate, private = f"{path}.crt", f"{path}.pem"
    for name in (path, certificate, private):
        if os.path.lexists(name):
            raise OutputError(name, "it is there already, and a key is never overwritten; remove it or name another")
    contents = [(path, secrets.token_hex(LEAST_BYTES).encode() + b"\n", 0o600)]
    with suppress(MissingExtraError):
        crt, pem = self_signed()
        contents += [(certificate, crt, 0o644), (private, pem, 0o600)]
    with ExitStack() as undo:
        for name, content, mode in contents:
            _write_new(name, content, mode)
            undo.callback(os.unlink, name)  # a key without its certificate would be in the way of the next attempt
        undo.pop_all()
    return tuple(name for name, _, _ in contents)


def _write_new(path: str, content: bytes, mode: int) -> None:
    """Write a file that was not there, in whole or not at all."""
    with ExitStack() as undo:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            undo.callback(os.unlink, path)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, mode)  # whatever the umask
                file.write(content)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise OutputError(path, (error.strerror or str(error)).lower()) from error
        undo.pop_all()


# ---- TLS -------------------------------------------------------------------------------------------------------


def self_signed() -> tuple[bytes, bytes]:
    """Return a new certificate and its private key, PEM; MissingExtraError without the extra `queue`."""
    try:
        from cryptography import x509  # noqa: PLC0415 - only keygen needs it
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("a certificate", "queue") from error
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "logproc queue")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return (
        certificate.public_bytes(encoding),
        private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain),
    )


def private_key_of(path: str) -> str:
    """Return the file of a certificate's private key: `F.pem` beside `F.crt`, or the same file."""
    beside = f"{path.removesuffix('.crt')}.pem"
    return beside if Path(beside).exists() else path


def fingerprint(path: str) -> bytes:
    """Return the SHA-256 of the first certificate in a PEM file; UsageError if there is none."""
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
        begin, end = text.index("-----BEGIN CERTIFICATE-----"), text.index("-----END CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(text[begin : end + len("-----END CERTIFICATE-----")])
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise UsageError(f"{path}: is no certificate; `logproc keygen FILE` writes FILE.crt") from error
    return hashlib.sha256(der).digest()


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """Return the coordinator's side of TLS 1.3; UsageError if certificate and private key are not usable."""
    fingerprint(certificate.path)
    key = certificate.key or private_key_of(certificate.path)
    if key == certificate.path and _PRIVATE_KEY not in Path(key).read_bytes():
        beside = f"{key.removesuffix('.crt')}.pem"
        raise UsageError(
            f"{beside}: no such file, and a coordinator needs the private key of {key}; `logproc keygen` writes both, "
            "and the .pem stays where the coordinator runs"
        )
    _read_private(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate.path, key)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"{certificate.path} and {key}: not a certificate and its private key") from error
    return context


def client_context(certificate: Certificate) -> ssl.SSLContext:
    """Return the worker's side: it takes this certificate and no other, whatever the host is called."""
    fingerprint(certificate.path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # it is pinned: the channel compares fingerprints
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it is nobody's authority but its own
    try:
        context.load_verify_locations(certificate.path)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"{certificate.path}: is no certificate; `logproc keygen FILE` writes FILE.crt") from error
    return context
