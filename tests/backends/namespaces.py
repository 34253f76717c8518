"""Hosts on one machine: network namespaces that share its disk, joined by cables that can be pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

NET = "10.198.8"


def ip(*words):
    """Run iproute2; tell whether it did what was asked."""
    return subprocess.run(["ip", *words], check=False, capture_output=True).returncode == 0


class Host:
    """A namespace; `prefix` runs a command in it."""

    def __init__(self, name, number):
        self.name = f"logproc-{os.getpid()}-{name}"
        self.cable = f"lp{os.getpid()}{number}"  # at most 15 characters
        self.address = f"{NET}.{number}"
        self.prefix = ("ip", "netns", "exec", self.name)

    def pull(self):
        """Pull its cable: nobody is told, packets just end."""
        assert ip("-n", self.name, "link", "set", self.cable, "down")


@contextmanager
def joined(*names):
    """Yield hosts of these names; all are plugged into a switch in the first. Skip where that cannot be made."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need iproute2 and root")
    hosts = [Host(name, number) for number, name in enumerate(names, 1)]
    first = hosts[0]
    try:
        if not all(ip("netns", "add", host.name) for host in hosts):
            pytest.skip("this machine makes no network namespaces")
        if not ip("-n", first.name, "link", "add", "switch", "type", "bridge"):
            pytest.skip("this machine makes no virtual switches")
        for host in hosts[1:]:
            ends = ("netns", host.name, "type", "veth", "peer", "name", host.cable, "netns", first.name)
            if not ip("link", "add", host.cable, *ends):
                pytest.skip("this machine makes no virtual cables")
            assert ip("-n", first.name, "link", "set", host.cable, "master", "switch", "up")
        for host in hosts:
            device = "switch" if host is first else host.cable
            assert ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", device)
            assert ip("-n", host.name, "link", "set", device, "up")
            assert ip("-n", host.name, "link", "set", "lo", "up")
        yield hosts
    finally:
        for host in hosts:
            ip("netns", "del", host.name)
