"""A writer of small MaxMind files for tests, after https://maxmind.github.io/MaxMind-DB/ (version 2.0)."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PLACES: dict[str, dict[str, Any]] = {
    "192.0.2.0/24": {
        "country": {"iso_code": "DE", "names": {"en": "Germany", "de": "Deutschland"}},
        "continent": {"names": {"en": "Europe"}},
        "city": {"names": {"en": "Berlin"}},
    },
    "198.51.100.0/25": {
        "country": {"iso_code": "JP", "names": {"en": "Japan"}},
        "continent": {"names": {"en": "Asia"}},
    },
    "2001:db8::/32": {"country": {"iso_code": "FR", "names": {"en": "France"}}},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "192.0.2.0/23": {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"},
    "2001:db8::/32": {"autonomous_system_number": 64501, "autonomous_system_organization": "Documentation"},
}


KINDS = {
    **dict.fromkeys(("record_size", "ip_version"), 5),
    **dict.fromkeys(("binary_format_major_version", "binary_format_minor_version"), 5),
    "build_epoch": 9,
}
"""Types of numbers by key: 5 has 16 bits, 6 has 32, 9 has 64."""


def _value(value: Any, kind: int = 6) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_value(k) + _value(v, KINDS.get(k, 6)) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_value, value))
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return (_control(kind, len(raw)) if kind < 8 else bytes([len(raw), kind - 7])) + raw


def _control(kind: int, size: int) -> bytes:
    return bytes([kind << 5 | size]) if size < 29 else bytes([kind << 5 | 29, size - 29])


def write(path: Path, networks: dict[str, dict[str, Any]], kind: str = "Test") -> Path:
    """Write networks and what is known of each; IPv4 lies below ::/96."""
    nodes: list[list[int | bytes | None]] = [[None, None]]
    for text, record in networks.items():
        network = ipaddress.ip_network(text)
        shift, bits = (96, 32) if network.version == 4 else (0, 128)
        address, length = int(network.network_address) << (128 - bits - shift), network.prefixlen + shift
        node = 0
        for depth in range(length):
            bit = address >> (127 - depth) & 1
            if depth == length - 1:
                nodes[node][bit] = _value(record)
            elif not isinstance(nodes[node][bit], int):
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit] if depth < length - 1 else node  # type: ignore[assignment]
    data, tree = b"", b""
    for pair in nodes:
        for child in pair:
            number = len(nodes) if child is None else child
            if isinstance(number, bytes):
                data, number = data + number, len(nodes) + 16 + len(data)
            tree += struct.pack(">I", number)[1:]
    about = {
        "node_count": len(nodes), "record_size": 24, "ip_version": 6, "database_type": kind, "languages": ["en"],
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_790_000_000,
        "description": {"en": "made by a test"},
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _value(about))
    return path
