"""Keys are private, long enough and never on the command line; certificates are pinned; addresses are read exactly."""

from __future__ import annotations

import base64
import os
import random
import stat
from importlib.util import find_spec
from pathlib import Path

import pytest

from logproc.backends import keys
from logproc.backends.keys import Address, Certificate, keygen, parse_address, read_key
from logproc.errors import MissingExtraError, OutputError, UsageError

RANDOM = "q8hHXfIUhd3SoSF4kD0mbYJ2yzq1pFoQ"
needs_cryptography = pytest.mark.skipif(not find_spec("cryptography"), reason="the extra `queue` is not installed")


def mode_of(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


@needs_cryptography
def test_keygen_writes_a_key_and_a_certificate_that_fit(tmp_path):
    old = os.umask(0)
    try:
        key, certificate, private = keygen(str(tmp_path / "k"))
    finally:
        os.umask(old)
    assert [Path(path).name for path in (key, certificate, private)] == ["k", "k.crt", "k.pem"]
    assert (mode_of(key), mode_of(private)) == (0o600, 0o600)
    assert bytes.fromhex(read_key(key).decode())
    assert len(read_key(key)) == 64
    keys.server_context(Certificate(certificate))
    keys.client_context(Certificate(certificate))
    assert len(keys.fingerprint(certificate)) == 32


def test_keygen_without_the_extra_writes_the_key_alone(tmp_path, monkeypatch):
    def missing():
        raise MissingExtraError("a certificate", "queue")

    monkeypatch.setattr(keys, "self_signed", missing)
    assert keygen(str(tmp_path / "k")) == (str(tmp_path / "k"),)
    assert mode_of(tmp_path / "k") == 0o600


def test_two_keys_differ(tmp_path):
    assert read_key(keygen(str(tmp_path / "a"))[0]) != read_key(keygen(str(tmp_path / "b"))[0])


@pytest.mark.parametrize("there", ["k", "k.crt", "k.pem"])
def test_keygen_overwrites_nothing(tmp_path, there):
    (tmp_path / there).symlink_to("nowhere")
    with pytest.raises(OutputError, match="never overwritten"):
        keygen(str(tmp_path / "k"))
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_keygen_says_what_it_cannot_write(tmp_path):
    with pytest.raises(OutputError, match="no such file or directory"):
        keygen(str(tmp_path / "none" / "k"))


@needs_cryptography
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_keygen_that_fails_halfway_leaves_nothing(tmp_path, monkeypatch, failing):
    synced, original = [], os.fsync

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) == failing:
            raise OSError(28, "No space left on device")
        original(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(OutputError, match="no space left on device"):
            keygen(str(tmp_path / "k"))
    assert list(tmp_path.iterdir()) == []
    assert len(keygen(str(tmp_path / "k"))) == 3


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_key_that_others_may_use_is_refused(tmp_path, mode):
    path = tmp_path / "k"
    path.write_bytes(b"x" * 64)
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"chmod 600 {path}"):
        read_key(str(path))


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31 + b"\n"])
def test_a_short_key_is_refused(tmp_path, content):
    path = tmp_path / "k"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="32 is the least"):
        read_key(str(path))


def test_a_key_that_is_not_there_or_no_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_key(str(tmp_path / "k"))
    os.mkfifo(tmp_path / "fifo", 0o600)
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(UsageError, match=r"regular file|is a directory"):
            read_key(str(path))


def test_the_environment_may_hold_the_key_and_loses_it():
    environ = {"LOGPROC_AUTHKEY": f" {RANDOM}\n"}
    assert read_key(None, environ) == RANDOM.encode()
    assert environ == {}
    with pytest.raises(UsageError, match="--authkey-file"):
        read_key(None, environ)
    with pytest.raises(UsageError, match="LOGPROC_AUTHKEY: the key has 5 bytes"):
        read_key(None, {"LOGPROC_AUTHKEY": "short"})


@needs_cryptography
def test_a_private_key_that_others_may_read_is_refused(tmp_path):
    _, certificate, private = keygen(str(tmp_path / "k"))
    Path(private).chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        keys.server_context(Certificate(certificate))


@needs_cryptography
def test_a_certificate_of_another_key_is_refused(tmp_path):
    _, one, _ = keygen(str(tmp_path / "one"))
    _, _, other = keygen(str(tmp_path / "other"))
    with pytest.raises(UsageError, match="not a certificate and its private key"):
        keys.server_context(Certificate(one, other))


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(tmp_path, content):
    path = tmp_path / "c.crt"
    path.write_bytes(content)
    path.chmod(0o600)
    for make in (keys.client_context, keys.server_context):
        with pytest.raises(UsageError):
            make(Certificate(str(path)))
    with pytest.raises(UsageError, match="no such file"):
        keys.client_context(Certificate(str(tmp_path / "none.crt")))


@pytest.mark.parametrize(
    ("text", "address", "local"),
    [
        ("127.0.0.1:5000", Address("127.0.0.1", 5000), True),
        ("127.9.9.9:1", Address("127.9.9.9", 1), True),
        ("localhost:0", Address("localhost", 0), True),
        ("[::1]:5000", Address("::1", 5000), True),
        ("[fe80::1%eth0]:7", Address("fe80::1%eth0", 7), False),
        ("0.0.0.0:5000", Address("0.0.0.0", 5000), False),
        ("[::]:5000", Address("::", 5000), False),
        ("head.example:65535", Address("head.example", 65535), False),
    ],
)
def test_addresses_are_read_and_written(text, address, local):
    assert parse_address(text) == address
    assert str(address) == text
    assert address.local is local


@pytest.mark.parametrize(
    "text", ["", ":5000", "host", "host:", "host:x", "host:65536", "host:-1", "::1:5000", "[::1]", "[host]:1", "a:²"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError, match="not an address"):
        parse_address(text)


def test_a_certificate_without_its_private_key_is_told_by_the_name_of_the_missing_file(tmp_path):
    pytest.importorskip("cryptography")
    keygen(str(tmp_path / "k"))
    (tmp_path / "k.pem").unlink()
    with pytest.raises(UsageError, match=r"k\.pem: no such file, and a coordinator needs the private key of .*k\.crt"):
        keys.server_context(Certificate(str(tmp_path / "k.crt")))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("correct horse battery staple correct horse", "is made of words"),
        ("a key of tests that has 32 bytes or more", "is made of words"),
        ("correcthorsebatterystaplecorrecthorses", "is made of words"),
        ("a" * 64, "repeats itself"),
        ("0123456789" * 4, "repeats itself"),
        ("secret-password!" * 3, "repeats itself"),
        ("550e8400-e29b-41d4-a716-446655440000", None),
        (RANDOM, None),
    ],
)
def test_keys_that_people_think_up_are_refused(tmp_path, key, why):
    path = tmp_path / "key"
    path.write_text(key)
    path.chmod(0o600)
    if why is None:
        assert read_key(str(path)) == key.encode()
        return
    with pytest.raises(UsageError, match=f"the key {why}, and .*keygen"):
        read_key(str(path))


def test_random_keys_are_taken_however_they_are_written():
    source = random.Random(1)
    for size in (24, 32, 48):
        for _ in range(1000):
            raw = source.randbytes(size)
            for text in (raw, base64.b64encode(raw), base64.b32encode(raw), raw.hex().encode() if size > 24 else raw):
                assert keys._why_weak(text) is None
