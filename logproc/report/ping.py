"""Tells a monitor that waits for the run, in the manner of healthchecks: URL/start, then URL, or URL/CODE if not 0.

It never fails the run, and never holds it up for long: what goes wrong is a line for people. The address is a secret,
as whoever knows it can ping, so messages name its host only.
Protocol: https://healthchecks.io/docs/http_api/
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 10.0
"""Seconds for one try, from looking up the host's name to the answer."""

TRIES = 3
PAUSE = 1.0
"""Seconds between two tries."""

LONGEST_BODY = 10_000
"""Characters that are sent about a run; healthchecks keeps 100 kB."""


def address(url: str, suffix: str) -> str:
    """Append a step to the path of an address, before its query."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/") + (f"/{suffix}" if suffix else "")
    return urlunsplit(parts._replace(path=path if suffix else parts.path))


@dataclass(slots=True)
class Pinger:
    """Pings one address; `warn` takes a line if that fails, `agent` is how we call ourselves."""

    url: str
    agent: str
    warn: Callable[[str], None]
    timeout: float = TIMEOUT
    tries: int = TRIES
    pause: float = PAUSE
    _starting: threading.Thread | None = None
    _warned: bool = False

    def start(self) -> None:
        """Say that the run begins, without waiting for an answer."""
        self._starting = threading.Thread(target=self._ping, args=("start", None, self.tries), daemon=True)
        self._starting.start()

    def end(self, code: int, lines: list[str]) -> None:
        """Say with which exit code the run ends, and why; one that was interrupted tries once."""
        if self._starting is not None:
            self._starting.join(self.timeout)  # a start that came after the end would be another run
        body = "\n".join(lines)[:LONGEST_BODY].encode("utf-8", "backslashreplace")
        self._ping(str(code) if code else "", body, 1 if code > 128 else self.tries)

    def _ping(self, suffix: str, body: bytes | None, tries: int) -> None:
        reason: str | None = None
        for left in reversed(range(tries)):
            reason, again = self._attempt(suffix, body)
            if reason is None or not again:
                break
            if left:
                threading.Event().wait(self.pause)
        if reason is not None and not self._warned:  # once is enough for start and end
            self._warned = True
            self.warn(f"ping to {urlsplit(self.url).hostname}: {reason}; the run is not affected")

    def _attempt(self, suffix: str, body: bytes | None) -> tuple[str | None, bool]:
        """Try once, and give up in time, whoever is slow; return what went wrong, and whether it may go better.

        Who has not answered in that time is not asked again: the run would wait for each try, at its start and its end.
        """
        result: list[tuple[str | None, bool]] = []
        request = threading.Thread(target=lambda: result.append(self._send(suffix, body)), daemon=True)
        request.start()
        request.join(self.timeout)
        return result[0] if result else (f"no answer within {self.timeout:g} s", False)

    def _send(self, suffix: str, body: bytes | None) -> tuple[str | None, bool]:
        import urllib.error  # noqa: PLC0415 - ssl and http cost a run 30 ms
        import urllib.request  # noqa: PLC0415

        headers = {"User-Agent": self.agent, "Content-Type": "text/plain; charset=utf-8"}
        try:
            # The configuration takes http and https alone; certificates are checked, which is Python's default.
            request = urllib.request.Request(address(self.url, suffix), body, headers)  # noqa: S310
            urllib.request.urlopen(request, timeout=2 * self.timeout).close()  # noqa: S310 - who waits gives up before
        except urllib.error.HTTPError as error:
            error.close()
            return f"HTTP {error.code}", error.code == 429 or error.code >= 500
        except (OSError, ValueError, EOFError) as error:
            return _reason(error), True
        except Exception as error:  # noqa: BLE001 - nothing that a stranger's server says may end the run
            return type(error).__name__, True
        return None, False


def _reason(error: BaseException) -> str:
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or getattr(cause, "verify_message", None) or type(cause).__name__
