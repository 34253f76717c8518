"""The sixteen systems of loghub: every line is read, and its message is the content that people marked."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import logproc

LOGHUB = Path(__file__).parents[3] / "shared" / "corpora" / "loghub"
FORMATS = {
    "Android": "android",
    "Apache": "apache_error",
    "BGL": "bgl",
    "HDFS": "hdfs",
    "HPC": "hpc",
    "Hadoop": "hadoop",
    "HealthApp": "healthapp",
    "Linux": "syslog",
    "Mac": "syslog",
    "OpenSSH": "syslog",
    "OpenStack": "openstack_merged",
    "Proxifier": "proxifier",
    "Spark": "spark",
    "Thunderbird": "thunderbird",
    "Windows": "windows_cbs",
    "Zookeeper": "zookeeper",
}
CLIENT = re.compile(r"^\[client [^\]]*\] ")  # a field of its own here
LEVELS = {"WARNING": "WARN", "notice": "INFO", "error": "ERROR", "V": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN"}
LEVELS |= {"E": "ERROR", "Info": "INFO", "SEVERE": "ERROR", "FAILURE": "FATAL"}
LEVELLED = sorted(set(FORMATS) - {"Linux", "HPC", "Thunderbird", "Mac", "HealthApp", "Proxifier", "OpenSSH"})


@pytest.mark.skipif(not LOGHUB.is_dir(), reason="the corpora of ../shared are not here")
@pytest.mark.parametrize("system", FORMATS)
def test_every_line_of_a_system_is_read_as_people_read_it(system: str):
    path = LOGHUB / system / f"{system}_2k.log"
    rows = list(logproc.parse(path))
    with path.with_name(f"{path.name}_structured.csv").open(encoding="utf-8", newline="") as file:
        marked = list(csv.DictReader(file))
    assert len(rows) == len(marked) == 2000
    wrong = [
        (row["message"], line["Content"])
        for row, line in zip(rows, marked, strict=True)
        if (row["message"] or "").split() != CLIENT.sub("", line["Content"]).split()
    ]
    assert len(wrong) <= 20, wrong[:5]
    if system in LEVELLED:
        assert [row["level"] for row in rows] == [LEVELS.get(line["Level"], line["Level"]) for line in marked]
    report = logproc.run(path, reports="app/app_levels")
    assert [file.format for file in report.files] == [FORMATS[system]]
    assert report.lines.rejected == 0
