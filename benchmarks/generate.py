"""Write the inputs of the benchmarks into `benchmarks/work/`: seeded, so that every machine gets the same bytes.

    python benchmarks/generate.py [combined json small gzip sample large distinct] [--scale 0.01] [--force]

Lines are put together from dictionaries by Arrow's string kernels, some 5 million lines a minute.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from agents import user_agents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORK = Path(__file__).parent / "work"
SEED = 20260302
FIRST_SECOND = np.datetime64("2026-03-02T00:00:00", "s")
SECONDS = 7 * 86400
CHUNK = 250_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

COMBINED_LINES = 2_500_000
JSON_LINES = 1_500_000
SMALL_FILES, SMALL_LINES = 10_000, 100
DISTINCT_LINES = 10_000_000
SAMPLE_BYTES = 1_000_000
CLIENTS = 21_700
TARGETS = 6_000
REFERRERS = 1_500

STATUSES = (200, 304, 301, 404, 302, 206, 403, 500, 499, 400, 201, 204, 502, 401, 503, 405, 429, 410)
STATUS_WEIGHTS = (780, 90, 30, 45, 18, 10, 6, 3, 3, 3, 3, 2, 2, 2, 1, 1, 0.7, 0.3)
EMPTY_STATUSES = (304, 204, 499)
METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE")
METHOD_WEIGHTS = (880, 85, 22, 5, 5, 3)
PROTOCOLS = ("HTTP/1.1", "HTTP/2.0", "HTTP/1.0")
VOCABULARY = """
about account admin api app archive article assets author basket blog brand browse bundle cart catalog category
chart checkout colors compare contact content css customer data deals delivery detail docs download editor
edition events export family faq feed file filter fonts forum gallery garden guide health help history home
icons image img index info items js kitchen label latest layout legal library list login logo logout main manual
map market media member menu message mobile module news notes offer office order outlet page partner payment
photo plugin policy post premium press price print privacy product profile public query report review sale
search season service session settings shipping shop show site size sitemap static status stock store style
support survey tags team terms theme thumb ticket topic travel update upload user vendor video view voucher web
weekly widget winter wishlist work
"""
WORDS = tuple(VOCABULARY.split())
ENDINGS = ("", "", "", "/", ".html", ".html", ".php", ".css", ".js", ".png", ".jpg", ".jpg", ".webp", ".svg", ".pdf")


class Pool(NamedTuple):
    """The distinct values that lines are made of."""

    clients: pa.Array
    client_agents: np.ndarray
    targets: pa.Array
    referrers: pa.Array
    agents: pa.Array
    target_bytes: np.ndarray


def zipf(rng: np.random.Generator, size: int, count: int, exponent: float = 1.0) -> np.ndarray:
    """Draw `count` ranks below `size` whose frequency falls with rank ** exponent."""
    cumulated = np.cumsum(1.0 / np.arange(1, size + 1) ** exponent)
    return np.searchsorted(cumulated, rng.random(count) * cumulated[-1])


def addresses(rng: np.random.Generator, count: int) -> list[str]:
    """Make distinct client addresses; one in twelve is IPv6."""
    found: dict[str, None] = {}
    while len(found) < count:
        octets = rng.integers(1, 255, 8)
        if rng.random() < 1 / 12:
            found["2a02:{:x}:{:x}:{:x}::{:x}".format(*(int(x) * 13 for x in octets[:4]))] = None
        else:
            found[".".join(map(str, octets[:4]))] = None
    return list(found)


def targets(rng: np.random.Generator, count: int) -> list[str]:
    """Make distinct request targets; one in eight has a query."""
    found: dict[str, None] = {"/": None, "/favicon.ico": None, "/robots.txt": None}
    while len(found) < count:
        parts = [WORDS[i] for i in rng.integers(0, len(WORDS), rng.integers(1, 5))]
        leaf = f"-{rng.integers(1, 90000)}" if rng.random() < 0.7 else ""
        target = f"/{'/'.join(parts)}{leaf}{ENDINGS[rng.integers(0, len(ENDINGS))]}"
        if rng.random() < 0.125:
            target += f"?{WORDS[rng.integers(0, len(WORDS))]}={rng.integers(0, 1000)}&page={rng.integers(1, 30)}"
        found[target] = None
    return list(found)


def make_pool() -> Pool:
    rng = np.random.default_rng(SEED)
    agents = user_agents()
    paths = targets(rng, TARGETS)
    sites = ["https://www.example.com"] * 6 + [
        "https://www.google.com",
        "https://www.bing.com",
        "https://duckduckgo.com",
        "https://news.example.org",
    ]
    referrers = ["-", *sites[-4:]]
    referrers += [sites[rng.integers(0, 10)] + paths[i] for i in zipf(rng, TARGETS, REFERRERS)]
    return Pool(
        clients=pa.array(addresses(rng, CLIENTS)),
        client_agents=zipf(rng, len(agents), CLIENTS, 0.8),
        targets=pa.array(paths),
        referrers=pa.array(referrers),
        agents=pa.array(agents),
        target_bytes=np.minimum(np.exp(rng.normal(8.8, 1.6, TARGETS)), 5e7).astype(np.int64) + 120,
    )


def choose(rng: np.random.Generator, values: tuple, weights: tuple, count: int) -> np.ndarray:
    cumulated = np.cumsum(np.asarray(weights, float))
    return np.asarray(values)[np.searchsorted(cumulated, rng.random(count) * cumulated[-1])]


def ascending_seconds(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw `count` ascending seconds of the week, fewer at night."""
    hours = np.arange(SECONDS // 3600) % 24
    weight = np.repeat(1.2 - np.cos((hours - 3) / 24 * 2 * np.pi), 3600)
    cumulated = np.cumsum(weight)
    return np.searchsorted(cumulated, np.sort(rng.random(count)) * cumulated[-1])


def take(values: pa.Array, indices: np.ndarray) -> pa.Array:
    return values.take(pa.array(indices))


def join(*parts: pa.Array | str) -> bytes | memoryview:
    """Concatenate columns and constants row by row, and all rows to one piece of text."""
    joined = pc.binary_join_element_wise(*parts, "")
    offsets = np.frombuffer(joined.buffers()[1], np.int32)[joined.offset : joined.offset + len(joined) + 1]
    return memoryview(joined.buffers()[2])[int(offsets[0]) : int(offsets[-1])]


def clf_times(seconds: np.ndarray) -> pa.Array:
    """Write seconds of the week as `02/Mar/2026:10:05:03 +0000`."""
    days = [(FIRST_SECOND + np.timedelta64(day, "D")).astype(object) for day in range(SECONDS // 86400)]
    day_text = pa.array([f"{day.day:02}/{MONTHS[day.month - 1]}/{day.year}:" for day in days])
    clock = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02} +0000" for s in range(86400)])
    return pc.binary_join_element_wise(take(day_text, seconds // 86400), take(clock, seconds % 86400), "")


def requests(rng: np.random.Generator, pool: Pool, count: int) -> dict[str, np.ndarray]:
    """Draw what one chunk of requests has in common in all formats."""
    client = zipf(rng, CLIENTS, count, 0.9)
    target = zipf(rng, TARGETS, count)
    status = choose(rng, STATUSES, STATUS_WEIGHTS, count)
    size = pool.target_bytes[target] + target % 7
    size[np.isin(status, EMPTY_STATUSES)] = 0
    small = status >= 300
    size[small] = np.minimum(size[small], 100 + status[small])
    agent = pool.client_agents[client]
    second_device = rng.random(count) < 0.08
    agent[second_device] = (agent[second_device] * 7 + 13) % len(pool.agents)
    referrer = zipf(rng, len(pool.referrers), count)
    referrer[rng.random(count) < 0.46] = 0
    return {"client": client, "target": target, "status": status, "bytes": size, "agent": agent, "referrer": referrer}


def combined_chunks(lines: int, seed: int) -> Iterator[memoryview]:
    rng = np.random.default_rng(seed)
    pool = make_pool()
    seconds = ascending_seconds(rng, lines)
    for first in range(0, lines, CHUNK):
        chunk = seconds[first : first + CHUNK]
        row = requests(rng, pool, len(chunk))
        yield join(
            take(pool.clients, row["client"]),
            " - - [",
            clf_times(chunk),
            '] "',
            pa.array(choose(rng, METHODS, METHOD_WEIGHTS, len(chunk))),
            " ",
            take(pool.targets, row["target"]),
            " ",
            pa.array(choose(rng, PROTOCOLS, (70, 25, 5), len(chunk))),
            '" ',
            pa.array(row["status"]).cast(pa.string()),
            " ",
            pa.array(row["bytes"]).cast(pa.string()),
            ' "',
            take(pool.referrers, row["referrer"]),
            '" "',
            take(pool.agents, row["agent"]),
            '"\n',
        )


def json_chunks(lines: int, seed: int) -> Iterator[memoryview]:
    """Eleven fields a line, as an nginx `log_format escape=json` writes them."""
    rng = np.random.default_rng(seed)
    pool = make_pool()
    quote = pa.array([json.dumps(text)[1:-1] for text in pool.agents.to_pylist()])
    seconds = ascending_seconds(rng, lines)
    for first in range(0, lines, CHUNK):
        chunk = seconds[first : first + CHUNK]
        row = requests(rng, pool, len(chunk))
        millis = np.sort(rng.integers(0, 1000, len(chunk)))
        instant = (FIRST_SECOND + chunk).astype("datetime64[ms]") + millis
        duration = np.round(np.exp(rng.normal(-4.0, 1.2, len(chunk)) + (row["status"] >= 500) * 2), 3)
        numbers = rng.integers(0, 2**62, (2, len(chunk)))
        ids = [f"{a:016x}{b:016x}" for a, b in zip(*numbers.tolist(), strict=True)]
        yield join(
            '{"time":"',
            pa.array(np.datetime_as_string(instant)),
            'Z","remote_addr":"',
            take(pool.clients, row["client"]),
            '","method":"',
            pa.array(choose(rng, METHODS, METHOD_WEIGHTS, len(chunk))),
            '","host":"www.example.com","path":"',
            take(pool.targets, row["target"]),
            '","status":',
            pa.array(row["status"]).cast(pa.string()),
            ',"bytes":',
            pa.array(row["bytes"]).cast(pa.string()),
            ',"duration":',
            pa.array(duration).cast(pa.string()),
            ',"referrer":"',
            take(pool.referrers, row["referrer"]),
            '","user_agent":"',
            take(quote, row["agent"]),
            '","request_id":"',
            pa.array(ids),
            '"}\n',
        )


def distinct_chunks(lines: int, seed: int) -> Iterator[memoryview]:
    """Every line has a client of its own: number n maps to address n * an odd constant, modulo 2**32."""
    rng = np.random.default_rng(seed)
    octets = pa.array([str(n) for n in range(256)])
    paths = pa.array(["/", "/login", "/wp-login.php", "/xmlrpc.php", "/api/v1/items"])
    for first in range(0, lines, CHUNK):
        number = np.arange(first, min(first + CHUNK, lines), dtype=np.uint64)
        address = (number * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
        parts = [take(octets, (address >> np.uint64(shift)) & np.uint64(255)) for shift in (24, 16, 8, 0)]
        yield join(
            pc.binary_join_element_wise(*parts, "."),
            " - - [",
            clf_times((number * np.uint64(SECONDS) // np.uint64(lines)).astype(np.int64)),
            '] "GET ',
            take(paths, rng.integers(0, 5, len(number))),
            ' HTTP/1.1" 200 ',
            pa.array(rng.integers(100, 99999, len(number))).cast(pa.string()),
            ' "-" "Mozilla/5.0"\n',
        )


def write(path: Path, chunks: Iterator[memoryview]) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as out:
        for chunk in chunks:
            out.write(chunk)
    partial.rename(path)


def write_combined(path: Path, scale: float) -> None:
    write(path, combined_chunks(max(1, int(COMBINED_LINES * scale)), SEED + 1))


def write_json(path: Path, scale: float) -> None:
    write(path, json_chunks(max(1, int(JSON_LINES * scale)), SEED + 2))


def write_distinct(path: Path, scale: float) -> None:
    write(path, distinct_chunks(max(1, int(DISTINCT_LINES * scale)), SEED + 3))


def write_gzip(path: Path, scale: float) -> None:
    """Compress the combined file with gzip -6, which is what logrotate does."""
    plain = beside("combined", path, scale)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as out:
        subprocess.run(["gzip", "-6", "-n", "-c", str(plain)], stdout=out, check=True)
    partial.rename(path)


def write_small(path: Path, scale: float) -> None:
    """Cut a million lines into files of a hundred lines, a hundred hosts with a hundred files each."""
    files = max(1, int(SMALL_FILES * scale))
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    number = 0
    for chunk in combined_chunks(files * SMALL_LINES, SEED + 4):
        lines = bytes(chunk).splitlines(keepends=True)
        for first in range(0, len(lines), SMALL_LINES):
            folder = partial / f"host{number % 100:02}"
            if number < 100:
                folder.mkdir(parents=True)
            (folder / f"access.log.{number // 100:03}").write_bytes(b"".join(lines[first : first + SMALL_LINES]))
            number += 1
    partial.rename(path)


def write_large(path: Path, scale: float) -> None:
    """Write four files of the size of the combined one, so that starting processes does not hide how they scale."""
    partial = path.with_name(path.name + ".partial")
    partial.mkdir(exist_ok=True)
    for number in range(4):
        lines = max(1, int(COMBINED_LINES * scale))
        write(partial / f"access.log.{number}", combined_chunks(lines, SEED + 10 + number))
    partial.rename(path)


def write_sample(path: Path, scale: float) -> None:
    """Cut the first megabyte of the combined file, whole lines."""
    with beside("combined", path, scale).open("rb") as source:
        data = source.read(SAMPLE_BYTES)
    path.write_bytes(data[: data.rfind(b"\n") + 1])


def beside(name: str, path: Path, scale: float) -> Path:
    """Return the path of the input that another one is made from, writing it first if it is not there."""
    source = path.with_name(INPUTS[name].name)
    if not source.exists():
        INPUTS[name].write(source, scale)
    return source


class Input(NamedTuple):
    name: str
    write: Callable[[Path, float], None]


INPUTS = {
    "combined": Input("combined.log", write_combined),
    "json": Input("requests.jsonl", write_json),
    "small": Input("small", write_small),
    "gzip": Input("combined.log.gz", write_gzip),
    "large": Input("large", write_large),
    "distinct": Input("distinct.log", write_distinct),
    "sample": Input("sample.log", write_sample),
}
DEFAULT = ("combined", "json", "small", "gzip", "sample")


def make(name: str, scale: float = 1.0, *, force: bool = False, folder: Path = WORK) -> Path:
    """Return the path of an input, writing it first if it is not there."""
    path = (folder if scale == 1.0 else folder / f"scale-{scale:g}") / INPUTS[name].name
    path.parent.mkdir(parents=True, exist_ok=True)
    if force and path.is_dir():
        shutil.rmtree(path)
    if force or not path.exists():
        began = time.perf_counter()
        INPUTS[name].write(path, scale)
        print(f"wrote {path} in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="INPUT", help=f"of {', '.join(INPUTS)} (the first five)")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full number of lines")
    parser.add_argument("--folder", type=Path, default=WORK, help="where to write (benchmarks/work)")
    parser.add_argument("--force", action="store_true", help="write again what is there")
    options = parser.parse_args()
    if unknown := set(options.names) - set(INPUTS):
        parser.error(f"no such input: {', '.join(sorted(unknown))}; there are {', '.join(INPUTS)}")
    for name in options.names or DEFAULT:
        path = make(name, options.scale, force=options.force, folder=options.folder)
        size = sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
        print(f"{path}\t{size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
