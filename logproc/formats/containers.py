"""Logs of containers as their runtimes write them: Docker's JSON files and CRI, long lines in parts."""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import CRI, DOCKER, Format, Sample
from logproc.formats.naming import Naming

_NOT_DOCKER = Expression(rb'(?!\s*\{"log"\s*:\s*")')
_NOT_CRI = Expression(rb"(?!\d{4}-\d\d-\d\dT\S+ std(?:out|err) [PF][ :\r\n])")

CONTAINERS = (
    Format(
        name="docker",
        family="app",
        engine=DOCKER,
        program=None,
        doc="Docker's json-file log; the parts of a long line are one record",
        rank=60,
        needs=(b'{"log":"',),
        unlike=_NOT_DOCKER,
        naming=Naming({"time": ("time",), "message": ("log",), "stream": ("stream",)}),
        samples=(
            Sample(
                '{"log":"GET \\"/a\\" \\u003c ","stream":"stdout","time":"2024-01-02T03:04:05.678901234Z"}\n'
                '{"log":"done\\r\\n","stream":"stdout","time":"2024-01-02T03:04:05.7Z"}',
                {"time": "2024-01-02T03:04:05.678901Z", "message": 'GET "/a" < done', "stream": "stdout"},
            ),
            Sample('{"log":"a\\\\n\\n"}', {"message": "a\\n", "stream": None, "time": None}),
        ),
        refused=('{"log":"cut', "2024-01-02T03:04:05Z stdout F x"),
    ),
    Format(
        name="cri",
        family="app",
        engine=CRI,
        program=None,
        doc="containerd's and CRI-O's log (Kubernetes); the parts of a long line are one record",
        rank=61,
        needs=(b" std",),
        unlike=_NOT_CRI,
        naming=Naming({"time": ("time",), "stream": ("stream",), "message": ("message",)}),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678901234+01:00 stderr P one, \n2024-01-02T03:04:06Z stderr F two ",
                {"time": "2024-01-02T02:04:05.678901Z", "stream": "stderr", "message": "one, two "},
            ),
            Sample("2024-01-02T03:04:05Z stdout F", {"message": "", "stream": "stdout"}),
        ),
        refused=("2024-01-02T03:04:05Z stdout X a", "2024-01-02T03:04:05Z INFO F a", "stdout F a"),
    ),
)
"""Rows of the family."""
