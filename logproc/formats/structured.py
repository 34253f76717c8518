"""Logs whose lines name their fields themselves."""

from __future__ import annotations

from logproc.formats.format import JSONL, Format, Sample

STRUCTURED = (
    Format(
        name="jsonl",
        family="json",
        engine=JSONL,
        program=None,
        doc="one JSON object a line; nested keys join with a dot, usual names of time, level, message are known",
        rank=40,
        needs=(b"{", b'"', b"}"),
        samples=(
            Sample(
                '{"ts":"2024-01-02T03:04:05Z","lvl":"warn","msg":"slow","http":{"status":200}}',
                {"time": "2024-01-02T03:04:05Z", "level": "warn", "message": "slow", "http.status": 200},
            ),
            Sample('{"@timestamp":"2024-01-02T03:04:05Z","message":"a"}', {"message": "a"}),
        ),
        refused=('{"cut": "of', "[1, 2]", "level=info msg=x", '"text"'),
    ),
)
"""Rows of the family."""
