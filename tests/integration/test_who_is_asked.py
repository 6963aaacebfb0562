"""Who is asked and who is not, by courts of every kind, through the whole edge and out of the store again."""

import orjson
import pytest

from gateway.api import answers, left_out_answers
from gateway.domain.directory import Directory
from tests import builders as build
from tests.court_side import OTHER_COURT, bearer, problem, running

LOCAL = {"region_code": "445300", "channel": "p2p_local"}
YUNFU = Directory((
    build.agency("registry", "real_estate", **LOCAL, serves="all"), build.agency("office", "vehicles", **LOCAL, serves="all"),
    build.agency("fund", "provident_fund", **LOCAL, serves="all", subject_kinds=("person",)), build.agency("icbc"),
    build.agency("village-bank", region_code="445302", channel="p2p_local", serves=["粤53"]),
    build.agency("far", "vehicles", region_code="330100", channel="p2p_local", serves="all")))
KINDS = ["real_estate", "vehicles", "deposits", "provident_fund"]
COURTS = ["粤5302", "粤", "粤71", "粤72", "粤7101", "粤0391", "兵0101", "京02", "粤0304", "最高法"]


def by(code):
    """A judge of a court."""
    return bearer("judge", court_code=code, sub=f"{code}-1")


def of(code, **other):
    """A request of a court about one debtor of Yunfu."""
    return build.request_body(**{
        "case": {"case_no": f"（2026）{code}执1号"}, "officer": build.officer(work_card_no=f"{code}-1"), "asset_types": KINDS,
        "subjects": build.request_body()["subjects"][:1], **other})


@pytest.fixture
async def yunfu(store):
    async with running(store, directory=YUNFU) as side:
        yield side


async def accepted(side, code, key="k1", **other):
    response = await side.post(of(code, **other), key=key, **by(code))
    assert response.status_code == 202, response.text
    return answers.RequestAccepted.model_validate_json(response.content)


async def agencies_of(side, code, **other):
    made = await accepted(side, code, **other)
    status = (await side.get(f"/v1/requests/{made.request_id}", **by(code))).json()
    return {one["agency"] for one in status["tasks"]}


@pytest.mark.parametrize("code", COURTS)
async def test_every_court_reaches_the_registers_of_its_debtor(yunfu, code):
    nearby = {"village-bank"} if code == "粤5302" else set()
    assert await agencies_of(yunfu, code) == {"registry", "office", "fund", "icbc"} | nearby


async def test_an_agency_is_told_the_courts_name_and_a_number_of_its_seat(yunfu):
    await accepted(yunfu, "粤71")
    command = orjson.loads(yunfu.committed[0].command)
    assert (command["case"]["court_name"], command["request_no"][8:14]) == ("广州铁路运输中级法院", "440100")


async def test_a_region_or_a_name_of_the_body_reaches_what_is_elsewhere(yunfu):
    assert "far" not in await agencies_of(yunfu, "粤0304")
    assert "far" in await agencies_of(yunfu, "粤0304", key="k2", regions=["330000"])
    assert await agencies_of(yunfu, "粤0304", key="k3", agencies=["far"]) == {"far"}


async def test_what_is_not_asked_is_told_by_reason_region_and_kind(yunfu):
    made = await accepted(yunfu, "粤0304")
    told = {(one.reason, one.asset_type, one.region_code, one.count) for one in made.left_out_summary}
    assert told == {("no_agency", "real_estate", "440300", 0), ("no_agency", "vehicles", "440300", 0), ("outside_region", "vehicles", None, 1),
                    ("not_served", "deposits", "445302", 1), ("no_agency", "provident_fund", "440300", 0)}
    assert {(one.agency, one.reason) for one in made.left_out} == {("far", "outside_region"), ("village-bank", "not_served")}
    completeness = (await yunfu.get(f"/v1/requests/{made.request_id}/report", **by("粤0304"))).json()["completeness"]
    assert completeness["left_out"] == 2
    assert "目录中没有登记该地财产的单位：不动产（广东省深圳市）、机动车（广东省深圳市）、住房公积金（广东省深圳市）" in completeness["statement"]["zh"]
    assert "单位不受理本院查询：银行存款（广东省云浮市云城区1项）" in completeness["statement"]["zh"]
    assert "real estate (广东省深圳市)" in completeness["statement"]["en"]


async def test_what_is_not_asked_is_listed_in_pages(yunfu):
    made = await accepted(yunfu, "粤0304")
    where = f"/v1/requests/{made.request_id}/left-out"
    first = left_out_answers.LeftOutList.model_validate_json((await yunfu.get(f"{where}?limit=1", **by("粤0304"))).content)
    second = left_out_answers.LeftOutList.model_validate_json((await yunfu.get(f"{where}?limit=1&cursor={first.next_cursor}", **by("粤0304"))).content)
    assert [one.agency for one in (*first.items, *second.items)] == ["far", "village-bank"]
    assert second.next_cursor is None
    only = (await yunfu.get(f"{where}?reason=not_served&asset_type=deposits", **by("粤0304"))).json()
    assert [one["agency"] for one in only["items"]] == ["village-bank"]
    assert (await yunfu.get(f"{where}?reason=not_served&asset_type=vehicles", **by("粤0304"))).json()["items"] == []


async def test_the_list_is_the_courts_own_and_its_filters_are_read_strictly(yunfu):
    made = await accepted(yunfu, "粤0304")
    where = f"/v1/requests/{made.request_id}/left-out"
    assert problem(await yunfu.get(where, **bearer("judge", court_code=OTHER_COURT))) == (404, "not_found")
    assert problem(await yunfu.get("/v1/requests/01NOTHERE0000000000000000/left-out")) == (404, "not_found")
    wrong = await yunfu.get(f"{where}?reason=bored&asset_type=boats&cursor=x", **by("粤0304"))
    assert problem(wrong) == (422, "invalid_parameter")
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"?reason", "?asset_type", "?cursor"}


async def test_thousands_that_are_not_asked_leave_a_line_in_the_answer_and_in_the_store(store):
    many = Directory((*YUNFU.agencies, *(build.agency(f"office-{number:04d}", "vehicles", region_code="330100", channel="p2p_local") for number in range(4000))))
    async with running(store, directory=many) as side:
        made = await accepted(side, "粤5302")
        assert (len(made.left_out), {one.reason: one.count for one in made.left_out_summary}) == (0, {"outside_region": 4001})
        (row,) = await side.rows("SELECT length(r.left_out::text) AS kept, length(k.answer::text) AS answered FROM requests r, idempotency_keys k")
        assert row["kept"] + row["answered"] < 1_000
        page = (await side.get(f"/v1/requests/{made.request_id}/left-out?limit=200", **by("粤5302"))).json()
        assert len(page["items"]) == 200
        assert page["next_cursor"]


async def test_a_request_from_before_there_were_groups_still_has_its_count(yunfu):
    made = await accepted(yunfu, "粤5302")
    old = orjson.dumps([{"agency": "far", "asset_type": "vehicles", "subject": 0, "reason": "outside_region"}] * 3).decode()
    async with yunfu.database.transaction() as connection:
        await connection.exec_driver_sql(f"UPDATE requests SET left_out = '{old}'::jsonb")
    completeness = (await yunfu.get(f"/v1/requests/{made.request_id}/report", **by("粤5302"))).json()["completeness"]
    assert completeness["left_out"] == 3
    assert "另有3项" in completeness["statement"]["zh"]


async def test_a_court_that_is_not_there_is_refused_whatever_it_does(yunfu):
    for response in (await yunfu.get("/v1/requests", **by("粤9999")), await yunfu.post(of("粤9999"), **by("粤9999"))):
        assert problem(response) == (403, "unknown_court")
        assert "CHAKONG_COURTS" in response.json()["title"]
    assert [decision for _, _, decision in await yunfu.audit()] == ["refused:unknown_court"] * 2


async def test_a_case_of_a_court_that_is_not_there_is_named(yunfu):
    refused = await yunfu.post(of("粤9999", officer=build.officer()), **bearer("judge"))
    assert (problem(refused), refused.json()["errors"][0]["pointer"], refused.json()["errors"][0]["code"]) == (
        (422, "invalid_request"), "/case/case_no", "unknown_court")


async def test_a_region_that_does_not_exist_is_named(yunfu):
    refused = await yunfu.post(of("粤5302", regions=["445300", "445399"]), **by("粤5302"))
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["pointer"], error["code"]) == (422, "/regions/1", "unknown_region")
    assert all(error[name] for name in ("zh", "en", "expected"))


async def test_the_directory_says_what_an_agency_registers_and_whom_it_serves(yunfu):
    listed = answers.AgencyList.model_validate_json((await yunfu.get("/v1/agencies")).content)
    assert [(one.region_code, one.serves) for one in listed.items[3:5]] == [("000000", "all"), ("445302", ("粤53",))]


async def test_one_register_asked_by_two_channels_counts_once(store):
    channels = Directory((build.agency("national"), build.agency("branch", region_code="445300", channel="p2p_local", channel_to="national")))
    async with running(store, directory=channels) as side:
        one_way = await accepted(side, "粤5302", asset_types=["deposits"])
        assert [(one.agency, one.reason, one.covered_by) for one in one_way.left_out] == [("branch", "covered_by_higher_channel", "national")]
        both = await accepted(side, "粤5302", key="k2", asset_types=["deposits"], agencies=["national", "branch"])
        await side.answer((await side.status(both.request_id))["tasks"], "found", assets=[build.found()])
        report = (await side.get(f"/v1/requests/{both.request_id}/report", **by("粤5302"))).json()
        (asset,) = report["subjects"][0]["sections"][0]["assets"]
        assert (sorted(one["agency"] for one in asset["sources"]), report["totals"]["value_fen"]) == (["branch", "national"], asset["value_fen"])


async def test_where_the_court_has_a_measure_on_a_debtors_property_it_is_looked_for_again(yunfu):
    found = await accepted(yunfu, "粤5302", agencies=["far", "icbc"])
    papers = [build.document(kind) for kind in ("ruling", "assist_execution_notice")]
    order = build.control_body({"agency": "far", "key": "粤WA1234", "measure": "seal", "term_months": 12}, request_id=found.request_id, documents=papers,
                               officer=build.officer(work_card_no="粤5302-1"))
    ordered = await yunfu.post(order, path="/v1/controls", **by("粤5302"))
    assert ordered.status_code == 202, ordered.text
    assert "far" in await agencies_of(yunfu, "粤5302", key="k2")
    company = [build.request_body()["subjects"][1]]
    assert "far" not in await agencies_of(yunfu, "粤5302", key="k3", subjects=company)
    assert "far" not in await agencies_of(yunfu, "粤5381", key="k4")


async def test_the_places_of_what_was_refused_are_not_known_places(yunfu):
    found = await accepted(yunfu, "粤5302", agencies=["far", "icbc"])
    papers = [build.document(kind) for kind in ("ruling", "assist_execution_notice")]
    order = build.control_body({"agency": "far", "key": "粤WA1234", "measure": "seal", "term_months": 12}, request_id=found.request_id, documents=papers,
                               officer=build.officer(work_card_no="粤5302-1"))
    assert (await yunfu.post(order, path="/v1/controls", **by("粤5302"))).status_code == 202
    async with yunfu.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE controls SET state = 'refused'")
    assert "far" not in await agencies_of(yunfu, "粤5302", key="k2")
