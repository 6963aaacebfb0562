"""The report as a court reads it: the page of a real request in a real Chromium, on the screen and on paper."""

import re
import shutil
import struct
import subprocess
import zlib

import pytest

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


@pytest.fixture(scope="module")
def page(shared_mesh, server_dir):
    """The HTML report of the demo's request, as a file, and the report itself."""
    request_id = shared_mesh.submit()
    shared_mesh.ended(request_id)
    html = shared_mesh.client.get(f"/v1/requests/{request_id}/report", headers={"Accept": "text/html"}).raise_for_status().text
    folder = server_dir / "page"
    folder.mkdir()
    (folder / "report.html").write_text(html, encoding="utf-8")
    return folder / "report.html", shared_mesh.report(request_id)


@pytest.fixture
def chromium(page, tmp_path):
    """Run Chromium on the page with some flags and return what it printed."""
    program = shutil.which("chromium")
    assert program, "make tools installs Chromium"

    def run(*flags):
        command = [program, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, page[0].as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    return run


def text_of(html):
    """What a reader sees, without blanks."""
    body = re.sub(r"<style.*?</style>|<[^>]+>", "", html.partition("<body")[2], flags=re.DOTALL)
    return re.sub(r"\s+", "", body)


def rows_of(png):
    """Width, height and the rows of a PNG as they are filtered: a blank picture has hardly two that differ."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        data += png[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    pixels = zlib.decompress(data)
    stride = len(pixels) // height
    return width, height, {pixels[number * stride:(number + 1) * stride] for number in range(height)}


def test_the_page_says_what_the_report_says(page, chromium):
    seen, report = text_of(chromium("--dump-dom")), page[1]
    assert "".join(report["completeness"]["statement"]["zh"].split()) in seen
    for subject in report["subjects"]:
        assert subject["name"] in seen
        assert subject["id_no"] in seen
    for heading in ("不动产", "机动车", "股权", "银行存款", "证券", "住房公积金"):
        assert f"{heading}（" in seen
    gaps = [gap for subject in report["subjects"] for section in subject["sections"] for gap in section["gaps"]]
    assert gaps
    assert "未获答复（不等于无财产）" in seen
    assert all(gap["reason"]["zh"] in seen for gap in gaps)
    assert "6222024530200012345" in seen
    assert "None" not in seen


def test_the_page_prints_on_a4(page, chromium, tmp_path):
    paper = tmp_path / "report.pdf"
    chromium(f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    pdf = paper.read_bytes()
    sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
    print(f"{sheets} pages, {len(pdf)} bytes")
    assert pdf.startswith(b"%PDF-")
    assert 1 <= sheets <= 30
    (width, height), = {(round(float(x)), round(float(y))) for x, y in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)}
    assert (width, height) in {(595, 842), (596, 842), (595, 841)}


def test_the_page_is_not_blank(page, chromium, tmp_path):
    picture = tmp_path / "report.png"
    chromium(f"--screenshot={picture}", "--window-size=1000,1400")
    width, height, different = rows_of(picture.read_bytes())
    print(f"{width} x {height}, {len(different)} different rows")
    assert (width, height) == (1000, 1400)
    assert len(different) > 300
