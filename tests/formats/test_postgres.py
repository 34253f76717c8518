from __future__ import annotations

from typing import Any

import pytest
from formats.named import parsed

from logproc.errors import FormatError
from logproc.formats import resolve

TIME = "2020-04-16 11:45:11.844 UTC"
PREFIXES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "%m [%p] %q%u@%d ",
        f"{TIME} [26953] joe smith@shop ERROR:  42P01: oops\n\tSELECT 1\n",
        {"pid": 26953, "user": "joe smith", "database": "shop", "code": "42P01", "message": "oops\n\tSELECT 1"},
    ),
    (
        "%m [%p] %q%u@%d ",
        f"{TIME} [26953] LOG:  duration: 5.25 ms  statement: x\n",
        {"pid": 26953, "user": None, "database": None, "level": "INFO", "duration": 0.00525},
    ),
    (
        "%m [%p] %q[user=%u,db=%d,app=%a] ",
        f"{TIME} [4] [user=u,db=d,app=a b] FATAL:  no\n",
        {"user": "u", "database": "d", "application": "a b", "level": "FATAL", "message": "no"},
    ),
    ("%m [%p] %q[user=%u,db=%d,app=%a] ", f"{TIME} [4] LOG:  x\n", {"user": None, "application": None, "message": "x"}),
    (
        "%t:%r:%u@%d:[%p]:",
        f"{TIME}:10.0.0.1(5432):rds@postgres:[123]:LOG:  x\n",
        {"client": "10.0.0.1", "remote_port": 5432, "user": "rds", "database": "postgres", "pid": 123},
    ),
    ("%t:%r:%u@%d:[%p]:", f"{TIME}:[local]:a@b:[1]:LOG:  x\n", {"client": "local", "remote_port": None, "pid": 1}),
    (
        "log_line_prefix = '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h '  # pgBadger's",
        f"{TIME} [4]: [2-1] user=a,db=b,app=psql,client=1.2.3.4 WARNING:  w\n",
        {"line_number": 2, "user": "a", "application": "psql", "client": "1.2.3.4", "level": "WARN"},
    ),
    ("< %m >", f"< {TIME} >LOG:  x\n", {"time": "2020-04-16T11:45:11.844000Z", "message": "x"}),
    (
        "%n %5p %e %c %v %x 100%% ",
        "1587037511.844     4 00000 5ff25ba2.1b 3/0 0 100% LOG:  x\n",
        {"time": "2020-04-16T11:45:11.844000Z", "pid": 4, "code": "00000", "session": "5ff25ba2.1b"},
    ),
]


@pytest.mark.parametrize(("prefix", "text", "expected"), PREFIXES)
def test_any_log_line_prefix_is_read(prefix: str, text: str, expected: dict[str, Any]):
    (row,), report = parsed(f"postgres:{prefix}", text.encode())
    assert report.lines.rejected == 0
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("prefix", "said"),
    [("%m %y", "'%y' at position 4"), ("%m %u", "%u has nothing behind it"), ("plain", "no escape"), ("%", "'%'")],
)
def test_a_prefix_that_cannot_be_read_is_refused_with_the_reason(prefix: str, said: str):
    with pytest.raises(FormatError, match=said):
        resolve(f"postgres:{prefix}")


@pytest.mark.parametrize(
    ("zone", "hour"), [("PKT", 6), ("NZDT", 22), ("HKT", 3), ("WIB", 4), ("AKST", 20), ("CST", 11), ("BST", 11)]
)
def test_names_of_zones_are_hours_where_they_mean_one_alone(zone: str, hour: int):
    (row,), _ = parsed("postgres:%m [%p] ", f"2020-04-16 11:45:11.844 {zone} [4] LOG:  x\n".encode())
    assert row["time"][10:16] == f"T{hour:02}:45"
