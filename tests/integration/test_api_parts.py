"""A measure that takes hold of several things apart, at an agency that may take one and decline another: through the API, on PostgreSQL."""

import pytest

from gateway.api import answers
from gateway.watching import Watching
from tests import builders as build
from tests import control_side as side
from tests.court_side import problem, running

BANK = build.agency("icbc-wealth", "wealth_products", capabilities=("query", "freeze", "renew", "release", "status"))
DECLINED = {"part": "product", "state": "refused", "code": "measure_unsupported", "detail": "23 代销产品"}
HELD = {"part": "return_account", "state": "in_force", "actual_fen": 0}


@pytest.fixture
async def court(store):
    async with running(store, directory=build.directory(build.agency(), BANK)) as court:
        yield court


async def frozen(court, **said):
    """Freeze a product that a creditor named and no answer tells of; let the bank answer, and return the control's id."""
    request_id = (await court.submit(case={"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": build.claim()}))["request_id"]
    clue = {"agency": "icbc-wealth", "key": "LC0001/GS2026A", "subject": 0, "measure": "freeze", "amount_fen": 5_000_000, "term_months": 36}
    response = await court.post(build.control_body(clue, request_id=request_id), key="c1", path="/v1/controls")
    assert response.status_code == 202, response.text
    control_id = response.json()["controls"][0]["control_id"]
    await side.answer(court, control_id, until_on="2029-11-21", **said)
    return control_id


async def shown(court, control_id):
    found = await court.get(f"/v1/controls/{control_id}")
    assert found.status_code == 200, found.text
    answers.ControlStatus.model_validate_json(found.content)
    return found.json()


async def test_a_return_account_is_frozen_though_the_product_is_not(court):
    control_id = await frozen(court, state="partly_in_force", actual_fen=0, unfunded_fen=5_000_000, parts=[DECLINED, HELD])
    control = await shown(court, control_id)
    assert (control["state"], control["actual_fen"], control["unfunded_fen"], control["secured_fen"]) == ("partly_in_force", 0, 5_000_000, 0)
    assert control["quantities"] is None
    product, account = control["parts"]
    assert (product["name"]["zh"], product["state"], product["reason"]["zh"], product["detail"]) == ("产品", "refused", "不支持该控制措施", "23 代销产品")
    assert (account["name"]["zh"], account["state"], account["actual_fen"], account["reason"]) == ("资金回款账户", "in_force", 0, None)
    page = (await court.get(f"/v1/requests/{control['request_id']}/report", Accept="text/html")).text
    assert '产品：<span class="conflict">未控制（不支持该控制措施）</span>' in page
    assert "资金回款账户：<span>已控制</span>　0.00 元" in page


async def test_what_the_product_pays_back_is_secured(court):
    control_id = await frozen(court, state="partly_in_force", actual_fen=0, unfunded_fen=5_000_000, parts=[DECLINED, HELD])
    court.clock.advance(minutes=31)
    watching = Watching(court.database, [BANK], court.deps.settings, clock=court.clock, new_id=court.deps.new_id)
    assert await watching.ask() == 1
    await side.answer(court, control_id, state="partly_in_force", actual_fen=2_000_000, unfunded_fen=3_000_000, until_on="2029-11-21",
                      parts=[DECLINED, {**HELD, "actual_fen": 2_000_000}])
    control = await shown(court, control_id)
    assert (control["state"], control["secured_fen"], control["parts"][1]["actual_fen"]) == ("partly_in_force", 2_000_000, 2_000_000)


async def test_a_release_that_failed_for_one_part_leaves_it_held(court):
    both = [{**HELD, "part": "product", "actual_fen": 5_000_000}, HELD]
    control_id = await frozen(court, state="in_force", actual_fen=5_000_000, unfunded_fen=0, parts=both)
    assert (await side.step(court, control_id, "releases", side.release())).status_code == 202
    stays = {**HELD, "part": "product", "actual_fen": 5_000_000, "code": "rejected_by_agency"}
    await side.answer(court, control_id, state="partly_in_force", actual_fen=5_000_000, unfunded_fen=0,
                      parts=[stays, {"part": "return_account", "state": "released"}])
    control = await shown(court, control_id)
    assert (control["state"], control["pending"], control["secured_fen"]) == ("partly_in_force", None, 5_000_000)
    assert [(one["part"], one["state"], one["code"]) for one in control["parts"]] == [
        ("product", "in_force", "rejected_by_agency"), ("return_account", "released", None)]


async def test_a_part_that_its_kind_does_not_have_is_an_alarm(court):
    control_id = await frozen(court, parts=[{"part": "shares", "state": "in_force"}])
    control = await shown(court, control_id)
    assert (control["state"], control["pending"], control["in_doubt"], control["code"]) == ("requested", "freeze", True, "protocol")


async def test_a_product_is_not_deducted_nor_frozen_for_more_than_three_years(court):
    control_id = await frozen(court)
    assert problem(await side.step(court, control_id, "deductions", side.deduction())) == (422, "control_refused")
    assert problem(await side.step(court, control_id, "renewals", side.renewal(term_months=37))) == (422, "control_refused")
