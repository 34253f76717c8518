"""The report as one HTML file: opens from disk, loads nothing, is complete without JavaScript.

    ReportTable -> figures (which charts) -> panels, overview (texts) -> drawing (SVG) -> templates

Templates escape everything; what is not escaped is our own style sheet, script and the chart data, which is JSON
without "<". A policy in the page lets no script or style run but these, and no request leave.
"""

from __future__ import annotations

from logproc.report.html.page import MOST_BYTES, Link, Links, render

__all__ = ["MOST_BYTES", "Link", "Links", "render"]
