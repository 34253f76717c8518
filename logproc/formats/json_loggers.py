"""JSON lines of loggers whose keys mean something else than usual."""

from __future__ import annotations

from logproc.formats.format import JSONL, Format, Sample
from logproc.formats.json_shapes import lacks
from logproc.formats.naming import Naming, with_names

# https://docs.rs/tracing-subscriber/latest/tracing_subscriber/fmt/format/struct.Json.html: a target is a module.
_TRACING = Naming(with_names(logger=("target",), thread=("threadId", "threadName"), file=("filename",)))

JSON_LOGGERS = (
    Format(
        name="rust_tracing_json",
        family="json",
        engine=JSONL,
        program=None,
        doc="tracing of Rust as JSON, whose target is the module that logs",
        rank=46,
        needs=(b'"target"', b'"level"'),
        unlike=lacks(
            rb'"target"\s*:\s*"[A-Za-z_]\w*(?:::\w+)*"',
            rb'"level"\s*:\s*"(?:TRACE|DEBUG|INFO|WARN|ERROR)"',
            rb'"(?:fields|span|spans|message|threadId)"\s*:',
        ),
        naming=_TRACING,
        samples=(
            Sample(
                '{"timestamp":"2024-01-02T03:04:05.678901Z","level":"WARN","fields":{"message":"slow","ms":12},'
                '"target":"my_app::db","threadId":"ThreadId(1)"}',
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "WARN",
                    "message": "slow",
                    "logger": "my_app::db",
                    "thread": "ThreadId(1)",
                    "fields.ms": 12,
                },
            ),
        ),
        refused=("text", '{"level":"INFO","target":"a'),
    ),
)
"""Rows of the family."""
