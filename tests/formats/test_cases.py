"""Lines of other parsers' test suites; where those are wrong or ask for more, `disputed_cases.json` says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from formats.cases import fields_of, needs_shared, read_cases

from logproc.errors import FormatError
from logproc.formats import resolve

DISPUTED = {
    (entry["file"], entry["case"]): entry
    for entry in json.loads(Path(__file__).with_name("disputed_cases.json").read_text(encoding="utf-8"))
}


def undisputed(file: str, *formats: str, valid: bool = True) -> list[Any]:
    return [
        pytest.param(case, id=f"{file}-{number}")
        for number, case in enumerate(read_cases(file))
        if case["format"].startswith(formats) and case["valid"] is valid and not _all_disputed(file, number)
    ]


def _all_disputed(file: str, number: int) -> bool:
    return "fields" not in DISPUTED.get((file, number), {"fields": []})


@needs_shared
@pytest.mark.parametrize("number", range(len(read_cases("web.jsonl"))))
def test_web_lines_give_the_fields_that_others_expect(number: int):
    case = read_cases("web.jsonl")[number]
    found = fields_of(resolve(case["format"].removesuffix("+extra")), case["line"])
    disputed = DISPUTED.get(("web.jsonl", number), {}).get("fields", [])
    expected = {name: value for name, value in case["expected"].items() if name not in disputed}
    assert {name: found.get(name, "missing") for name in expected} == expected
    assert "rejected" not in found


@needs_shared
def test_every_dispute_is_about_a_case_that_exists():
    for (file, number), entry in DISPUTED.items():
        case = read_cases(file)[number]
        assert entry["reason"]
        assert entry.get("line", case.get("line")) == case.get("line")
        assert entry.get("spec", case.get("spec")) == case.get("spec")


NAMES = {
    "%h": "client",
    "%a": "client",
    "%u": "user",
    "%l": "ident",
    "%>s": "status",
    "%v": "vhost",
    "%p": "port",
    "%m": "method",
}


@needs_shared
@pytest.mark.parametrize("case", undisputed("apachelogs.jsonl", "apache") or [None])
def test_apachelogs_lines_are_read_with_the_same_values(case: dict[str, Any]):
    spec = f"apache:{case['spec']}" if case["format"] == "apache" else "apache:%t"
    line = case["line"]
    if case["format"] == "apache_timestamp":
        line = f"[{line.strip('[]')}]"
    found = fields_of(resolve(spec), line)
    assert "rejected" not in found
    directives = (case["expected"] or {}).get("directives", {})
    expected = {NAMES[directive]: value for directive, value in directives.items() if directive in NAMES}
    assert {name: found[name] for name in expected} == expected


@needs_shared
@pytest.mark.parametrize("case", undisputed("apachelogs.jsonl", "apache", valid=False) or [None])
def test_what_apachelogs_refuses_is_refused(case: dict[str, Any]):
    if case["format"] == "apache":
        with pytest.raises(FormatError):
            resolve(f"apache:{case['spec']}")
    else:
        assert fields_of(resolve("apache:[%t]".replace("[%t]", "%t")), f"[{case['line']}]") == {"rejected": "bad time"}


@needs_shared
@pytest.mark.parametrize("case", undisputed("nielsbasjes_logparser.jsonl", "apache", "nginx") or [None])
def test_logparser_lines_are_read(case: dict[str, Any]):
    found = fields_of(resolve(f"{case['format']}:{case['spec']}"), case["line"])
    assert "rejected" not in found
    expected = case["expected"]
    if "BYTES:request.bytes" in expected:
        assert found["bytes_in"] == int(expected["BYTES:request.bytes"])
    if "%a" in expected:
        assert (found["client"], found["remote_port"]) == (expected["%a"], int(expected["%{remote}p"]))
