import sys

import pytest


@pytest.mark.no_cover
def test_where_coverage_is_not_measured_nothing_traces_in_its_place(pytestconfig):
    if not getattr(pytestconfig.option, "cov_source", None):
        pytest.skip("coverage is not measured at all")
    assert sys.gettrace() is None
