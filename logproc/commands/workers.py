"""`logproc worker` and `logproc keygen`: the other machines of a queue."""

from __future__ import annotations

import os
from typing import Any

import click

from logproc.commands.options import COUNTING, SECRETS, VERBOSITY, Mebibytes, begin_if_cold
from logproc.console import hush, put, say, tell


@click.command()
@click.argument("address", metavar="HOST:PORT")
@SECRETS
@click.option("-j", "--workers", type=click.IntRange(0, 1024), default=0, metavar="N", help="Tasks at a time; 0: CPUs.")
@click.option("--name", metavar="NAME", help="What the coordinator calls this worker; default: HOST#PID.")
@click.option(
    "--memory",
    type=Mebibytes(),
    default=0,
    metavar="MIB",
    help="MiB, from 64, that each of the N processes may use; 0: no limit.",
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds to look for a coordinator that does not answer; then exit 75.",
)
@VERBOSITY
def worker(*, address: str, workers: int, memory: int, quiet: bool, verbose: bool, **typed: Any) -> None:  # noqa: ANN401, ARG001
    """Do tasks of `run --backend queue` on this machine, until everything is done.

    The logs must be mounted where the coordinator sees them. Exits 0 when all is done, 75 when the coordinator is lost,
    78 when it refuses this worker.
    """
    from logproc import network
    from logproc.config_values import count_workers

    say = hush if quiet else tell
    begin_if_cold(COUNTING, quiet=quiet)
    network.work(address, children=count_workers(workers), memory=(memory << 20) or None, say=say, **typed)


@click.command()
@click.argument("file")
def keygen(file: str) -> None:
    """Write a key for the queue to FILE, and a certificate to FILE.crt and FILE.pem.

    Copy FILE and FILE.crt to each worker; FILE.pem stays with the coordinator. The names of the files go to standard
    output, and to standard error what each is for.
    """
    from logproc.backends import keys

    written = keys.keygen(file)
    put("".join(f"{path}\n" for path in written))
    say(_uses(*written))


def _uses(key: str, certificate: str | None = None, private: str | None = None) -> list[str]:
    """Say of each file that was written who can read it and where it belongs."""
    owner = f"only {_user()} can read it"
    lines = [f"{key}: the key ({owner}); copy it to each worker, over a connection that nobody reads along"]
    if certificate is None or private is None:
        return [*lines, "no certificate was written, which other machines need: pip install 'logproc[queue]'"]
    return [
        *lines,
        f"{certificate}: the certificate (no secret, anybody can read it); copy it to each worker",
        f"{private}: its private key ({owner}); it stays where the coordinator runs",
    ]


def _user() -> str:
    """Return the name of the user that this process is."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in a container
        return f"the user {os.geteuid()}"
