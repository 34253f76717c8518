"""Text is told from everything else by its first bytes, and a crash's NUL bytes do not make a log binary."""

from __future__ import annotations

import bz2
import io
import os
import random
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.inputs.blocks import sample
from logproc.inputs.codecs import sniff
from logproc.inputs.encodings import HEAD_BYTES, SIGNATURES, Encoding, classify, plainly_text

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
LINE = b'192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "-" "curl/8"\n'
BINARY_CORPORA = {".zip", ".bin"}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        LINE,
        LINE * 3 + b"\0" * 4096,
        b"\0" * 4096 + LINE,
        LINE + b"\0" * 5,
        LINE + b"\0" * 1000 + LINE,
        b"\0" * HEAD_BYTES,
        b"__CURSOR=s\n__REALTIME_TIMESTAMP=1\nMESSAGE\n\5\0\0\0\0\0\0\0a\nb\nc\n",
        b"8=FIX.4.2\x019=65\x0135=A\x0149=SERVER\x0156=CLIENT\x0110=062\x01\n",
        b"\x1b[32mok\x1b[0m\a done\b\n",
        "журнал 日本語\n".encode(),
        "журнал\n".encode("koi8-r"),
        "日本語のログ\n".encode("shift-jis"),
        LINE * 50 + bytes(range(32)) + b"\n",
        b"cut\0off\n",
    ],
)
def test_text(head: bytes) -> None:
    assert classify(head) == Encoding("utf-8")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xef\xbb\xbf" + LINE, "utf-8-bom"),
        (b"\xff\xfea\0\n\0", "utf-16le"),
        (b"\xfe\xff\0a\0\n", "utf-16be"),
        (b"\xff\xfe\0\0a\0\0\0", "binary"),
        ("text without a mark\n".encode("utf-16-le") * 9, "binary"),
        ("text without a mark\n".encode("utf-16-be") * 9, "binary"),
    ],
)
def test_byte_order_marks(head: bytes, name: str) -> None:
    encoding = classify(head)
    assert encoding.name == name
    if "without" in head.decode("latin-1").replace("\0", ""):
        assert "UTF-16 without a byte order mark" in str(encoding.reason)


def archive(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "tar":
        with tarfile.open(fileobj=out, mode="w") as tar:
            info = tarfile.TarInfo("access.log")
            info.size = len(LINE)
            tar.addfile(info, io.BytesIO(LINE))
    else:
        with zipfile.ZipFile(out, "w") as zipped:
            zipped.writestr("access.log", LINE)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archives_are_named(kind: str) -> None:
    assert classify(archive(kind)).reason == f"{kind} archive"


def test_a_database_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "it.db") as database:
        database.execute("CREATE TABLE t (a)")
    database.close()
    found = sample(str(tmp_path / "it.db"))
    assert (found.binary, found.lines) == ("SQLite database", b"")


def test_a_program_is_named() -> None:
    path = Path("/bin/ls")
    if not path.exists() or not path.read_bytes().startswith(b"\x7fELF"):
        pytest.skip("no ELF program here")
    assert classify(path.read_bytes()[:HEAD_BYTES]).reason == "ELF program"


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda one: one[2])
def test_every_signature_needs_a_control_byte_to_count(signature: tuple[int, bytes, str]) -> None:
    offset, magic, name = signature
    head = b"x" * offset + magic
    assert classify(head + b"\0\x02\x03" + LINE).reason == name


def test_text_that_begins_like_a_file_type_is_text() -> None:
    assert classify(b"PAR1 is the name of a host\n").reason is None


@pytest.mark.parametrize("size", [300, 5000, HEAD_BYTES])
def test_random_bytes_are_binary(size: int) -> None:
    assert "control bytes" in str(classify(random.Random(size).randbytes(size)).reason)


def test_compressed_data_inside_is_named() -> None:
    inner = bz2.compress(LINE)
    assert classify(inner, "gzip").reason == "bzip2 inside gzip"
    assert classify(inner).reason == "bzip2 data"


@given(st.binary(max_size=400))
def test_any_bytes_are_classified_and_the_short_way_agrees(head: bytes) -> None:
    encoding = classify(head)
    assert (encoding.reason is not None) == (encoding.name == "binary")
    if head and plainly_text(np.frombuffer(head, np.uint8)) and sniff(head) == "plain":
        assert encoding == Encoding("utf-8")


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
def test_every_log_of_the_corpora_is_text() -> None:
    wrong = {}
    for folder, _, names in os.walk(CORPORA):
        for name in names:
            path = Path(folder, name)
            found = sample(str(path))
            if found.binary is not None and path.suffix not in BINARY_CORPORA:
                wrong[str(path.relative_to(CORPORA))] = found.binary
    assert wrong == {
        "nasty/encoding/utf16le_nobom_access.log": "UTF-16 without a byte order mark; convert it to UTF-8",
        "nasty/gz/double.log.gz.gz": "gzip inside gzip",
        "nasty/gz/access.log.tar.gz": "tar archive",
    }
