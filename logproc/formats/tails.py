"""What tools print of logs that others keep: `aws logs tail`, `awslogs get`, `kubectl logs --prefix`, `stern`.

https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/, https://github.com/stern/stern,
https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html, https://github.com/jorgebastida/awslogs
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, app, maybe, stamp, word

_STREAM = rb"(?:\d{4}/\d\d/\d\d/\[[^\]\n]+\][0-9a-f]+|[\w.-]+/[\w.-]+/[0-9a-f]{8,40}) "
"""A stream of Lambda, or of a container, beside which no other program names such things."""

_NO_STREAM = Expression(rb"^\S+ [^\s/]+ ", re.MULTILINE)
"""A line whose second word is no path: of another program, where one line happens to name a stream."""

TAILS = (
    app(
        "aws_logs_tail",
        "what aws logs tail prints: time stream message",
        (stamp(ISO, b" "), word("stream"), MESSAGE),
        rank=1,
        single=True,
        begins=rb"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d " + _STREAM,
        unlike=_NO_STREAM,
        samples=(
            Sample(
                "2024-01-02T03:04:05.678000+00:00 2024/01/02/[$LATEST]0123456789abcdef START RequestId: 1-2 Version: 3",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "stream": "2024/01/02/[$LATEST]0123456789abcdef",
                    "message": "START RequestId: 1-2 Version: 3",
                },
            ),
            Sample("2024-01-02T03:04:05+00:00 ecs/app/0123456789abcdef GET /", {"stream": "ecs/app/0123456789abcdef"}),
        ),
        refused=("2024-01-02T03:04:05.678000+00:00", "ecs/app/0123456789abcdef GET /"),
    ),
    app(
        "awslogs",
        "what awslogs get prints: group stream message, with a time where --timestamp is given",
        (word("group"), word("stream"), maybe(stamp(ISO, b" ")), MESSAGE),
        rank=1,
        single=True,
        begins=rb"[/A-Za-z]\S* " + _STREAM,
        unlike=_NO_STREAM,
        needs=(b"/",),
        samples=(
            Sample(
                "/aws/lambda/fn 2024/01/02/[$LATEST]0123456789abcdef START RequestId: 1-2",
                {
                    "time": None,
                    "group": "/aws/lambda/fn",
                    "stream": "2024/01/02/[$LATEST]0123456789abcdef",
                    "message": "START RequestId: 1-2",
                },
            ),
            Sample(
                "/ecs/app ecs/app/0123456789abcdef 2024-01-02T03:04:05.678Z up",
                {"time": "2024-01-02T03:04:05.678000Z", "group": "/ecs/app", "message": "up"},
            ),
        ),
        refused=("/aws/lambda/fn", "2024/01/02/[$LATEST]0123456789abcdef"),
    ),
    app(
        "kubectl_prefix",
        "what kubectl logs --prefix prints: [pod/name/container] message, with a time where --timestamps is given",
        (word("pod", b"/"), word("container", b"] "), maybe(stamp(ISO, b" ")), MESSAGE),
        prefix=b"[pod/",
        rank=1,
        single=True,
        samples=(
            Sample(
                "[pod/web-7c5ddbdf54-abcde/app] 2024-01-02T03:04:05.678901234Z up",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "pod": "web-7c5ddbdf54-abcde",
                    "container": "app",
                    "message": "up",
                },
            ),
            Sample("[pod/web-1/app] GET / 200", {"time": None, "pod": "web-1", "message": "GET / 200"}),
        ),
        refused=("[pod/web-1] up", "[pod web-1/app] up"),
    ),
    app(
        "stern",
        "what stern prints of pods of deployments: pod container message, with a time where --timestamps is given",
        (word("pod"), word("container"), maybe(stamp(ISO, b" ")), MESSAGE),
        rank=1,
        single=True,
        begins=rb"(?:[a-z0-9]+-)+[a-f0-9]{8,10}-[a-z0-9]{5} [a-z0-9][a-z0-9-]* ",
        unlike=Expression(rb"^(?!\S+-\S+ [a-z0-9][a-z0-9-]* )\S", re.MULTILINE),
        samples=(
            Sample(
                "web-7c5ddbdf54-abcde app 2024-01-02T03:04:05Z up",
                {"time": "2024-01-02T03:04:05Z", "pod": "web-7c5ddbdf54-abcde", "container": "app", "message": "up"},
            ),
            Sample("web-7c5ddbdf54-abcde app GET / 200", {"time": None, "container": "app", "message": "GET / 200"}),
        ),
        refused=("web-7c5ddbdf54-abcde", "web-7c5ddbdf54-abcde app"),
    ),
)
"""Rows of the family."""
