"""An answer with one odd field, from the reply to the report, the request and the lists of operators and agencies."""

import asyncio
import json

import pytest

from contracts.messages import Reply
from contracts.report import AssetReport
from gateway.aggregator import Aggregator, _handle
from gateway.api.oddities import OddityList
from tests import builders as build
from tests.court_side import bearer, problem, reply_to
from tests.keyring import keys, reply_record

MARK = {"field": "branch_name", "wire": "KHWD", "code": "bad_form", "raw": "云浮支行8"}
ASSET = {"record": {**build.RECORDS["deposits"]}, "unread": [MARK]}
LOST = {"position": 1, "record": {"account_no": "6222"}, "unread": [{"field": "balance_fen", "wire": "YE", "code": "bad_form", "raw": "52000.00"}]}
AROUND = {"field": "xzzd", "wire": "xzzd", "code": "unknown_field", "raw": "新"}


async def answered(court) -> str:
    """A request of which one bank wrote oddly."""
    request_id = (await court.submit())["request_id"]
    lines = (await court.status(request_id))["tasks"]
    odd = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    await reply_to(court, odd, outcome="found", assets=[ASSET], unreadable=[LOST], unread=[AROUND])
    await court.answer([one for one in lines if one is not odd])
    return request_id


async def test_an_item_that_cannot_be_read_is_counted_everywhere_and_not_all_is_answered(court):
    request_id = await answered(court)
    status = await court.status(request_id)
    assert (status["state"], status["all_answered"], status["counts"]["unreadable"], status["counts"]["failed"]) == ("ended", False, 1, 0)
    assert [one["unreadable"] for one in status["tasks"] if one["agency"] == "icbc"] == [1, 0]
    listed = (await court.get("/v1/requests")).json()["items"][0]
    assert (listed["all_answered"], listed["counts"]["unreadable"]) == (False, 1)


async def test_the_report_shows_what_was_read_and_what_was_not(court):
    request_id = await answered(court)
    report = AssetReport.model_validate_json((await court.get(f"/v1/requests/{request_id}/report")).content)
    section = next(one for one in report.subjects[0].sections if one.asset_type == "deposits")
    assert [(one.field, one.raw, one.label.zh) for one in section.assets[0].unread] == [("branch_name", "云浮支行8", "开户网点")]
    assert [(one.position, one.record, one.unread[0].raw) for one in section.unreadable] == [(1, {"account_no": "6222"}, "52000.00")]
    assert [one.wire for line in report.agencies for one in line.unread] == ["xzzd"]
    assert (report.all_answered, report.completeness.unreadable) == (False, 1)
    page = (await court.get(f"/v1/requests/{request_id}/report", Accept="text/html")).text
    assert "另有1件财产单位已答复但不能完整读出" in page


async def test_the_stream_says_so_too(court):
    request_id = await answered(court)
    text = (await court.get(f"/v1/requests/{request_id}/events")).text
    assert '"unreadable":1' in text
    assert '"all_answered":false' in text


@pytest.mark.parametrize("role", ["operator", "auditor", "tester"])
async def test_operators_see_field_and_form_and_nothing_of_whom_it_is_about(court, role):
    await answered(court)
    response = await court.get("/v1/oddities", **bearer(role))
    item = OddityList.model_validate_json(response.content).items[0]
    assert (item.agency, item.asset_type, item.unreadable) == ("icbc", "deposits", 1)
    assert [(one.field, one.wire, one.code, one.form) for one in item.oddities] == [
        ("xzzd", "xzzd", "unknown_field", "字"), ("branch_name", "KHWD", "bad_form", "字字字字9"), ("balance_fen", "YE", "bad_form", "99999.99")]
    assert not any(secret in response.text for secret in ("云浮", "52000", "6222", "陈伟", build.PERSON_ID))


async def test_an_agency_sees_its_own_answers_and_no_others(court):
    await answered(court)
    assert len((await court.get("/v1/oddities", **bearer("agency", sub="icbc"))).json()["items"]) == 1
    assert (await court.get("/v1/oddities", **bearer("agency", sub="abc"))).json()["items"] == []
    assert (await court.get("/v1/oddities?agency=icbc", **bearer("agency", sub="abc"))).json()["items"] == []


async def test_the_list_is_filtered_and_in_pages(court):
    for number in range(3):
        request_id = (await court.submit(f"k{number}"))["request_id"]
        for line in (await court.status(request_id))["tasks"][:1]:
            await reply_to(court, line, outcome="none_found", unread=[AROUND])
    first = (await court.get("/v1/oddities?limit=2", **bearer("operator"))).json()
    second = (await court.get(f"/v1/oddities?limit=2&cursor={first['next_cursor']}", **bearer("operator"))).json()
    assert len({one["task_id"] for one in (*first["items"], *second["items"])}) == 3
    assert second["next_cursor"] is None
    assert (await court.get("/v1/oddities?asset_type=vehicles", **bearer("operator"))).json()["items"] == []
    wrong = await court.get("/v1/oddities?agency=%27x&asset_type=A", **bearer("operator"))
    assert problem(wrong) == (422, "invalid_parameter")
    assert {one["code"] for one in wrong.json()["errors"]} == {"bad_code"}


async def test_a_judge_reads_the_report_and_not_this_list(court):
    assert (await court.get("/v1/oddities")).status_code == 403


async def test_the_same_answer_twice_changes_nothing_and_another_is_filed(court):
    request_id = await answered(court)
    line = next(one for one in (await court.status(request_id))["tasks"] if one["unreadable"])
    await reply_to(court, line, outcome="found", assets=[ASSET], unreadable=[LOST], unread=[AROUND])
    assert await court.rows("SELECT * FROM filed_replies") == []
    await reply_to(court, line, outcome="found", assets=[ASSET])
    assert [row["why"] for row in await court.rows("SELECT why FROM filed_replies")] == ["contradiction"]


class BrokenStore:
    """Applies replies as the aggregator does, and meets a bug with one of them."""

    def __init__(self, court, poison):
        """Take the court whose store it is, and the task whose reply meets the bug."""
        self._role = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
        self._poison = poison
        self.pulse, self.by_our_clock = self._role.pulse, self._role.by_our_clock

    async def apply(self, replies):
        """Apply, or meet the bug."""
        if any(one.task_id == self._poison for one in replies):
            raise OverflowError("a bug of ours")
        await self._role.apply(replies)


class Letters:
    """A broker that takes what is set aside."""

    def __init__(self):
        """Start empty."""
        self.written = []

    async def deliver(self, messages):
        """Take all."""
        self.written += messages
        return ["taken"] * len(messages)


async def test_a_reply_that_meets_a_bug_is_set_aside_and_every_other_is_applied(court):
    request_id = (await court.submit())["request_id"]
    tasks = (await court.status(request_id))["tasks"]
    records = [reply_record(Reply(task_id=one["task_id"], agency=one["agency"], kind="answered", outcome="none_found").model_dump_json().encode(),
                            one["task_id"], at) for at, one in enumerate(tasks)]
    letters = Letters()
    assert await _handle(BrokenStore(court, tasks[1]["task_id"]), letters, records, asyncio.Event(), keys())
    assert [one.value for one in letters.written] == [records[1].value]
    outcomes = [one["outcome"] for one in (await court.status(request_id))["tasks"]]
    assert (outcomes.count("none_found"), outcomes.count(None), outcomes[1]) == (len(tasks) - 1, 1, None)


@pytest.mark.parametrize("reply", [
    {"outcome": "found", "assets": [ASSET, {"record": ASSET["record"] | {"account_no": "6222024530200099999", "branch_name": "a\x00", "k\x00": "\x00"}}]},
    {"outcome": "found", "assets": [ASSET | {"unread": [MARK | {"raw": "\x00"}]}]},
    {"outcome": "found", "assets": [ASSET], "unreadable": [{"position": 10**30, "record": {"n": 10**30}, "unread": []}]},
    {"outcome": "found", "assets": [ASSET | {"prior_measures": [{"kind": "freeze", "authority": "法院", "rank": 10**20}]}]},
    {"outcome": "found", "assets": [ASSET], "as_of": "0001-01-01T00:00:00+08:00"},
    {"outcome": "found", "assets": [ASSET], "elapsed_s": float("nan"), "agency_ref": "\x00", "detail": "\ud800", "code": "a\x00"},
    {"outcome": "found", "assets": [{"record": ASSET["record"] | {"branch_name": 10**30, "balance_fen": float("inf")}}]},
    {"outcome": "refused", "code": "document_missing", "detail": "a\x00b"},
])
async def test_no_reply_stops_the_store_and_its_task_is_answered(court, reply):
    request_id = (await court.submit())["request_id"]
    task = next(one for one in (await court.status(request_id))["tasks"] if one["asset_type"] == "deposits")
    said = json.dumps({"task_id": task["task_id"], "agency": task["agency"], "kind": "answered"} | reply)
    letters = Letters()
    await _handle(BrokenStore(court, None), letters, [reply_record(said.encode(), task["task_id"])], asyncio.Event(), keys())
    after = next(one for one in (await court.status(request_id))["tasks"] if one["task_id"] == task["task_id"])
    assert (after["outcome"], letters.written) == (reply["outcome"], [])
    AssetReport.model_validate_json((await court.get(f"/v1/requests/{request_id}/report")).content)
    assert (await court.get(f"/v1/requests/{request_id}/report", Accept="text/html")).status_code == 200
