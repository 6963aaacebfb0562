"""Names as they were typed and former names through the whole edge, on PostgreSQL."""

import orjson
import pytest
from sqlalchemy import text

from gateway.api import answers
from tests import builders as build
from tests import control_side as side
from tests.court_side import problem, running

RENAMED = {"kind": "person", "name": "陈\u200b伟", "id_type": "resident_id", "id_no": build.PERSON_ID, "former_names": ["陈 大伟"]}


@pytest.fixture
async def court(store):
    icbc, abc = build.agency(matches_name=True), build.agency("abc")
    async with running(store, directory=build.directory(icbc, abc)) as one:
        yield one


async def asked(court, **other):
    return await court.submit(subjects=[RENAMED], asset_types=["deposits"], **other)


async def subjects_told(court, agency):
    rows = await court.rows("SELECT command FROM tasks WHERE agency = :agency AND control_id IS NULL ORDER BY task_id", agency=agency)
    return [orjson.loads(row["command"])["subject"] for row in rows]


async def test_an_agency_is_told_the_normal_form_and_what_was_typed(court):
    await asked(court)
    who = {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": build.PERSON_ID}
    assert await subjects_told(court, "abc") == [{**who, "name_as_given": "陈\u200b伟", "former_names": ["陈大伟"]}]
    assert await subjects_told(court, "icbc") == [{**who, "name_as_given": "陈\u200b伟"}, {**who, "name": "陈大伟"}]


async def test_the_status_says_who_is_asked_about_and_by_which_name(court):
    accepted = await asked(court)
    assert (accepted["tasks"], accepted["warnings"]) == (3, [])
    status = answers.RequestStatus.model_validate_json((await court.get(f"/v1/requests/{accepted['request_id']}")).content)
    assert sorted((one.agency, one.asked_as or "") for one in status.tasks) == [("abc", ""), ("icbc", ""), ("icbc", "陈大伟")]
    (subject,) = status.subjects
    assert (subject.name, subject.name_as_given, subject.former_names) == ("陈伟", "陈\u200b伟", ("陈大伟",))


async def answered(court, today, former):
    request_id = (await asked(court))["request_id"]
    for line in (await court.status(request_id))["tasks"]:
        here = {("icbc", None): today, ("icbc", "陈大伟"): former}.get((line["agency"], line["asked_as"]), {"outcome": "none_found"})
        await court.answer([line], **here)
    return request_id


MISMATCH, FOUND = {"outcome": "refused", "code": "identity_mismatch"}, {"outcome": "found", "assets": [build.found()]}


async def test_a_name_that_another_name_answered_leaves_no_gap_anywhere(court):
    request_id = await answered(court, MISMATCH, FOUND)
    status, report = await court.status(request_id), (await court.get(f"/v1/requests/{request_id}/report")).json()
    (listed,) = (await court.get("/v1/requests")).json()["items"]
    stream = (await court.get(f"/v1/requests/{request_id}/events")).text
    assert (status["all_answered"], report["all_answered"], listed["all_answered"]) == (True, True, True)
    assert '"all_answered":true' in stream
    (section,) = report["subjects"][0]["sections"]
    assert (section["gaps"], [source["asked_as"] for source in section["assets"][0]["sources"]]) == ([], ["陈大伟"])
    assert status["counts"]["refused"] == 1


async def test_names_that_nobody_knows_are_gaps(court):
    request_id = await answered(court, MISMATCH, MISMATCH)
    assert not (await court.status(request_id))["all_answered"]


async def test_a_measure_and_its_later_steps_go_out_in_the_name_that_found_the_asset(court):
    request_id = await answered(court, MISMATCH, FOUND)
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    asset_id = report["subjects"][0]["sections"][0]["assets"][0]["asset_id"]
    response = await court.post(build.control_body(build.control_item(asset_id=asset_id), request_id=request_id), key="c1", path="/v1/controls")
    assert response.status_code == 202, response.text
    control_id = response.json()["controls"][0]["control_id"]
    await side.answer(court, control_id)
    assert (await side.step(court, control_id, "renewals", side.renewal())).status_code == 202
    told = [one["command"]["subject"]["name"] for one in await side.tasks(court, control_id)]
    assert told == ["陈大伟", "陈大伟"]


async def test_what_reaches_no_agency_is_refused(court):
    body = build.request_body(subjects=[{**RENAMED, "nationality": "CHN"}], asset_types=["deposits"],
                              transactions={"from_on": "2026-01-01", "to_on": "2026-02-01"})
    response = await court.post(body)
    assert problem(response) == (422, "invalid_request")
    assert {(one["pointer"], one["code"]) for one in response.json()["errors"]} == {
        ("/transactions", "transactions_not_answered"), ("/subjects/0/nationality", "nationality_not_asked")}
    assert not await court.rows("SELECT 1 FROM requests")


async def test_transactions_go_to_the_agency_that_offers_them_and_to_no_other(store):
    bank = build.agency("bank", served_by="external", capabilities=("query", "transactions"))
    async with running(store, directory=build.directory(bank, build.agency())) as court:
        period = {"from_on": "2026-01-01", "to_on": "2026-02-01"}
        await court.submit(asset_types=["deposits"], transactions=period)
        rows = await court.rows("SELECT agency, command FROM tasks")
        assert {row["agency"]: orjson.loads(row["command"]).get("transactions") for row in rows} == {"bank": period, "icbc": None}


async def test_a_credit_code_that_is_a_persons_number_too_is_marked_where_it_is_taken(court):
    company = {"kind": "organisation", "name": "某机关", "id_type": "uscc", "id_no": "11010119900101012X"}
    accepted = await court.submit(subjects=[company], asset_types=["deposits"])
    (warning,) = accepted["warnings"]
    assert (warning["pointer"], warning["code"]) == ("/subjects/0/id_no", "also_resident_id")
    assert (await court.status(accepted["request_id"]))["subjects"][0]["warnings"] == [warning]
    report = (await court.get(f"/v1/requests/{accepted['request_id']}/report?version=0")).json()
    assert report["subjects"][0]["warnings"] == [warning]


async def test_a_request_that_was_taken_before_a_rule_came_is_still_read(court):
    request_id = (await asked(court))["request_id"]
    async with court.database.transaction() as connection:
        await connection.execute(text("""
            UPDATE requests SET body = jsonb_set(jsonb_set(body, '{subjects,0,name}', '"陈\\u0007伟"'), '{case,enforcement_title}', '"（2026）粤5302民初88号"')"""))
    assert (await court.get(f"/v1/requests/{request_id}/report?version=0")).status_code == 200
    assert (await court.get(f"/v1/requests/{request_id}")).status_code == 200
