"""The report over REST: versions that stay, formats, ETag."""

import asyncio

import pytest

from contracts.control import ControlState
from contracts.report import AssetReport
from gateway.domain.control import Control
from gateway.domain.progress import Happened, advance
from gateway.store.controls import ControlEvent, StoredControl, append_events, insert_controls
from gateway.store.progress import lock_progress, save_progress
from tests import builders as build
from tests.court_side import COURT, problem


async def report(court, request_id, **query):
    response = await court.client.get(f"/v1/requests/{request_id}/report", params=query)
    assert response.status_code == 200, response.text
    return AssetReport.model_validate_json(response.content)


async def ended_with_one_overdue(court):
    """Return a request whose first task is overdue, with that task."""
    request_id = (await court.submit())["request_id"]
    lines = (await court.status(request_id))["tasks"]
    account = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    await court.answer([account], "overdue")
    await court.answer([one for one in lines if one is not account])
    return request_id, account


async def change_control(court, request_id, asset_id, state: ControlState, seq, **values):
    """Let a control on an asset change, as ordering and aggregator do."""
    now, control = court.clock.now(), Control(measure="freeze", state=state, **values)
    async with court.database.transaction() as connection:
        (progress,) = await lock_progress(connection, [request_id])
        moved = advance(progress, [Happened("control", {"control_id": "c1", "state": state, "pending": None}, "c1")], now)
        await save_progress(connection, [moved], now)
        if seq == 1:
            await insert_controls(connection, [StoredControl(
                "c1", request_id, COURT, "（2026）粤5302执1234号", 0, "hash", asset_id, "deposits", "icbc", build.RECORDS["deposits"], "r1",
                now, control)])
        await append_events(connection, [ControlEvent("c1", seq, f"e{seq}", now, "asked", "court", "requested", state, {}, control,
                                                      moved.shown_in["c1"])])


async def test_while_under_way_the_live_view_is_version_0(court):
    request_id = (await court.submit())["request_id"]
    live = await report(court, request_id)
    assert (live.version, live.all_ended, live.all_answered, live.completeness.awaiting) == (0, False, False, 6)
    assert [section.asset_type for section in live.subjects[0].sections] == ["real_estate", "deposits"]
    assert {gap.code for section in live.subjects[0].sections for gap in section.gaps} == {"awaiting"}
    assert (await report(court, request_id, version=0)).version == 0


async def test_the_end_makes_version_1(court):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    ended = await report(court, request_id)
    assert (ended.version, ended.all_answered, ended.totals.value_fen, ended.totals.claim_fen) == (1, True, 8_812_300, 129_540_000)
    (asset,) = ended.subjects[0].sections[1].assets
    assert asset.record["account_no"] == "6222024530200012345"
    assert ended.changes == ()
    assert ended.compiled_at == court.clock.now()


async def test_a_late_answer_shows_from_its_version_on(court):
    request_id, account = await ended_with_one_overdue(court)
    first = await report(court, request_id)
    court.clock.advance(days=3)
    await court.answer([account], "found", assets=[build.found()])
    late, before = await report(court, request_id), await report(court, request_id, version=1)
    assert before == first
    assert (before.completeness.overdue, before.completeness.found) == (1, 0)
    assert (late.version, late.completeness.overdue, late.completeness.found, late.all_answered) == (2, 0, 1, True)
    assert {change.kind for change in late.changes} == {"asset_added", "outcome_changed"}
    assert [one.late for one in late.agencies if one.task_id == account["task_id"]] == [True]


async def test_a_control_shows_as_it_stood_in_each_version(court):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    asset_id = (await report(court, request_id)).subjects[0].sections[1].assets[0].asset_id
    await change_control(court, request_id, asset_id, "requested", 1, pending="freeze", requested_fen=5_000_000)
    await change_control(court, request_id, asset_id, "in_force", 2, rank=1, requested_fen=5_000_000, actual_fen=5_000_000)
    stood = [[(one.state, one.actual_fen) for one in (await report(court, request_id, version=version)).controls] for version in (1, 2, 3)]
    assert stood == [[], [("requested", None)], [("in_force", 5_000_000)]]
    newest = await report(court, request_id)
    assert (newest.version, newest.totals.secured_fen) == (3, 5_000_000)
    assert newest.subjects[0].sections[1].assets[0].controls == ("c1",)
    assert {change.kind for change in newest.changes} == {"control_changed"}


async def test_an_asset_has_the_same_id_in_every_request_of_the_court(court):
    ids = set()
    for key in ("k1", "k2"):
        request_id = (await court.submit(key))["request_id"]
        await court.answer_all(request_id)
        ids.add((await report(court, request_id)).subjects[0].sections[1].assets[0].asset_id)
    assert len(ids) == 1


@pytest.mark.parametrize(("query", "expected"), [
    ("version=2", (404, "no_such_version")), ("version=0", (404, "no_such_version")), ("version=-1", (422, "invalid_parameter")),
    ("version=x", (422, "invalid_parameter")), ("version=99999999999", (422, "invalid_parameter")), ("versio=1", (422, "invalid_parameter"))])
async def test_a_version_that_is_not_there_is_refused(court, query, expected):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    assert problem(await court.get(f"/v1/requests/{request_id}/report?{query}")) == expected


@pytest.mark.parametrize(("accept", "media_type"), [
    ("*/*", "application/json"), ("application/json", "application/json"), ("text/html", "text/html; charset=utf-8"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
    ("application/json;q=0.5, text/html;q=0.9", "text/html; charset=utf-8"), ("text/*;q=0.1, application/json", "application/json"),
    ("application/pdf, */*;q=0.1", "application/json"), ("", "application/json")])
async def test_the_format_is_the_one_accepted(court, accept, media_type):
    request_id = (await court.submit())["request_id"]
    response = await court.get(f"/v1/requests/{request_id}/report", Accept=accept)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize("accept", ["application/pdf", "image/*", "application/json;q=0", "text/html;q=x"])
async def test_a_format_that_is_not_offered_is_refused(court, accept):
    request_id = (await court.submit())["request_id"]
    assert problem(await court.get(f"/v1/requests/{request_id}/report", Accept=accept)) == (406, "not_acceptable")


async def test_the_page_is_chinese_and_loads_nothing(court):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    page = await court.get(f"/v1/requests/{request_id}/report", Accept="text/html")
    assert "陈伟" in page.text
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_who_has_the_version_gets_it_not_again(court):
    request_id = (await court.submit())["request_id"]
    path = f"/v1/requests/{request_id}/report"
    live = (await court.get(path)).headers["etag"]
    assert (await court.get(path, If_None_Match=live)).status_code == 304
    await court.answer_all(request_id)
    ended = await court.get(path, If_None_Match=live)
    tag = ended.headers["etag"]
    assert (ended.status_code, tag == live) == (200, False)
    same = await court.get(path, If_None_Match=f'"other", W/{tag}')
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (await court.get(path, If_None_Match=tag, Accept="text/html")).status_code == 200
    assert (await court.get(f"{path}?version=1", If_None_Match="*")).status_code == 304
    assert [entry[2] for entry in await court.audit()][1:].count("read") == len(await court.audit()) - 1


async def test_a_report_on_a_hundred_subjects_does_not_keep_others_waiting(court):
    subjects = [{"kind": "person", "name": "陈伟", "id_type": "passport", "id_no": f"E{number:08d}"} for number in range(100)]
    request_id = (await court.submit(subjects=subjects))["request_id"]
    reading = asyncio.create_task(report(court, request_id))
    while not reading.done():
        await asyncio.wait_for(court.get("/healthz"), 1)
    assert len(reading.result().subjects) == 100
