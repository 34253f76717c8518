from __future__ import annotations

import socket
import ssl
import threading

import pytest
from monitors import running

from logproc.backends import keys
from logproc.report.ping import LONGEST_BODY, Pinger, address


@pytest.fixture
def monitor():
    with running() as server:
        yield server


def pinger(server, warnings, **options):
    return Pinger(f"{server.url}?a=b", "logproc/test", warnings.append, **{"pause": 0.0, "timeout": 5.0} | options)


@pytest.mark.parametrize(("code", "path"), [(0, "/secret?a=b"), (3, "/secret/3?a=b"), (1, "/secret/1?a=b")])
def test_start_and_end_are_told_in_order(code, path, monitor):
    warnings = []
    it = pinger(monitor, warnings)
    it.start()
    it.end(code, ["one", "two"])
    assert monitor.seen == [("GET", "/secret/start?a=b", ""), ("POST", path, "one\ntwo")]
    assert warnings == []


def test_a_monitor_that_is_busy_is_asked_again(monitor):
    warnings = []
    monitor.answers += [503, 429]
    pinger(monitor, warnings).end(0, [])
    assert len(monitor.seen) == 3
    assert warnings == []


@pytest.mark.parametrize(("answers", "tries"), [([500, 500, 500], 3), ([404], 1), ([502, 400], 2)])
def test_what_goes_wrong_is_a_warning_that_keeps_the_secret(answers, tries, monitor):
    warnings = []
    monitor.answers += answers
    pinger(monitor, warnings).end(0, [])
    assert len(monitor.seen) == tries
    assert warnings == [f"ping to 127.0.0.1: HTTP {answers[-1]}; the run is not affected"]


def test_one_that_was_interrupted_tries_once(monitor):
    warnings = []
    monitor.answers += [500]
    pinger(monitor, warnings).end(143, ["terminated"])
    assert [path for _, path, _ in monitor.seen] == ["/secret/143?a=b"]
    assert len(warnings) == 1


def test_a_monitor_that_never_answers_is_given_up(monitor):
    warnings = []
    monitor.answers += ["silence"]
    pinger(monitor, warnings, timeout=0.2).end(0, [])
    assert len(monitor.seen) <= 1  # a second try would wait as long
    assert len(warnings) == 1
    assert "no answer within 0.2 s" in warnings[0]


def test_nobody_there_is_a_warning():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    warnings = []
    Pinger(f"http://127.0.0.1:{port}/secret", "x", warnings.append, pause=0.0).end(0, [])
    assert warnings == ["ping to 127.0.0.1: Connection refused; the run is not affected"]


def test_what_is_no_http_is_a_warning():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble():
            for _ in range(3):
                connection, _ = server.accept()
                connection.recv(10_000)
                connection.sendall(b"SSH-2.0-hello\r\n\r\n")
                connection.close()

        threading.Thread(target=babble, daemon=True).start()
        warnings = []
        Pinger(f"http://127.0.0.1:{server.getsockname()[1]}/secret", "x", warnings.append, pause=0.0).end(0, [])
    assert len(warnings) == 1
    assert "secret" not in warnings[0]


def test_a_certificate_that_nobody_signed_is_refused(tmp_path, monitor):
    keys.keygen(str(tmp_path / "key"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "key.crt", tmp_path / "key.pem")
    monitor.socket = context.wrap_socket(monitor.socket, server_side=True)
    warnings = []
    url = f"https://127.0.0.1:{monitor.server_address[1]}/secret"
    Pinger(url, "x", warnings.append, pause=0.0, tries=1).end(0, ["body"])
    assert monitor.seen == []
    assert "certificate" in warnings[0] or "signed" in warnings[0]


def test_a_long_story_is_cut(monitor):
    pinger(monitor, []).end(1, ["é" * 50_000])
    assert len(monitor.seen[0][2]) == LONGEST_BODY


@pytest.mark.parametrize(
    ("url", "suffix", "expected"),
    [
        ("https://hc-ping.com/uuid", "start", "https://hc-ping.com/uuid/start"),
        ("https://hc-ping.com/uuid/", "75", "https://hc-ping.com/uuid/75"),
        ("https://hc-ping.com/key/slug?create=1", "1", "https://hc-ping.com/key/slug/1?create=1"),
        ("https://hc-ping.com/uuid/", "", "https://hc-ping.com/uuid/"),
        ("http://[::1]:8000", "start", "http://[::1]:8000/start"),
    ],
)
def test_the_step_goes_behind_the_path(url, suffix, expected):
    assert address(url, suffix) == expected
