"""Fill the pages that court people read and print."""

from contracts.report import AssetReport


def render_report(report: AssetReport) -> str:
    """Return a report as one HTML page: Chinese with English beneath, printable on A4, no script, nothing loaded."""
    raise NotImplementedError
