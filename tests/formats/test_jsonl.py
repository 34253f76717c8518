from __future__ import annotations

import pytest
from formats.named import parsed

from logproc.formats.jsonl import SYNONYMS
from logproc.formats.naming import Naming, with_names
from logproc.kernels.jsonlines import build_paths
from logproc.model import FIELDS, Kind


def test_a_field_is_looked_for_under_its_own_name_before_its_synonyms():
    for column, paths in SYNONYMS.items():
        assert paths[0] == column or column == "level"


@pytest.mark.parametrize("name", ["levelname", "level_name", "levelName"])
def test_a_named_level_counts_before_the_number_that_a_logger_has_for_it(name: str):
    line = f'{{"timestamp":"2024-01-02 03:04:05.678","message":"x","{name}":"ERROR","level":4}}'
    rows, _report = parsed("jsonl", line.encode() + b"\n")
    assert rows[0]["level"] == "ERROR"


def test_no_synonym_is_listed_twice_for_a_field():
    for column, paths in SYNONYMS.items():
        assert len(set(paths)) == len(paths), column


@pytest.mark.parametrize(
    ("path", "column"),
    [
        *(("ts", "time"), ("@timestamp", "time"), ("timestamp", "time"), ("severity", "level"), ("lvl", "level")),
        *(("msg", "message"), ("remote_addr", "client"), ("request_method", "method"), ("request_uri", "target")),
        *(("url", "target"), ("response_code", "status"), ("body_bytes_sent", "bytes"), ("userAgent", "user_agent")),
        *(
            ("http_referer", "referrer"),
            ("referer", "referrer"),
            ("request_time", "duration"),
            ("log.level", "level"),
        ),
    ],
)
def test_usual_keys_are_synonyms(path: str, column: str):
    assert path in SYNONYMS[column]


def test_paths_come_in_the_order_of_the_columns():
    wanted = Naming().paths(["status", "http.extra"])
    assert [column for column, _ in wanted] == ["status", "http.extra"]
    assert dict(wanted)["status"][:3] == ("status", "status_code", "statusCode")
    assert dict(wanted)["http.extra"] == ("http.extra",)


def test_a_path_of_two_columns_is_that_of_the_first():
    naming = Naming(with_names(level=("s",)))
    assert dict(naming.paths(["level", "s"])) == {"level": ("s", *SYNONYMS["level"]), "s": ()}
    build_paths(naming.paths(naming.synonyms))


def test_known_fields_have_the_kinds_of_the_contract():
    contract = {name: kind for family in FIELDS.values() for name, kind in family.items()}
    fields = Naming().fields()
    assert fields["time"] is Kind.TIME
    assert {name: contract[name] for name in fields} == fields


def test_columns_from_which_others_follow_are_stored_too():
    assert Naming().helpers(["status"]) == ("date",)
    assert Naming().helpers(["path"]) == ("date", "target", "request")
    assert Naming().helpers(["target", "method"]) == ("date", "request")


@pytest.mark.parametrize(
    "pairs",
    [
        '"date":1704164645.678',  # Fluent Bit
        '"date":1704164645678',
        '"date":"2024-01-02T03:04:05.678Z"',
        '"timestamp":{"$date":"2024-01-02T03:04:05.678Z"}',  # MongoDB's export
        '"datetime":{"date":"2024-01-02 03:04:05.678","timezone":"UTC"}',  # Monolog 1
        '"id":{"time":"2024-01-02T03:04:05.678Z","applicationName":"login"}',  # Google Workspace
        '"requestTime":"02/Jan/2024:03:04:05 +0000"',  # API Gateway of AWS
        '"duration":1,"event":{"created":"2024-01-02T03:04:05.678Z"}',
    ],
)
def test_a_time_is_found_under_the_keys_that_programs_have_for_it(pairs: str):
    rows, _report = parsed("jsonl", f'{{{pairs},"msg":"a"}}\n'.encode())
    assert rows[0]["time"].replace(".678000", "") == "2024-01-02T03:04:05Z"
