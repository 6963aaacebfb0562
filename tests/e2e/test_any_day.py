"""What looks at dates, from days on which offices are closed, years change, or the calendar ends: a mesh of its own for each."""

import itertools
from datetime import date, datetime, timedelta

import pytest

from contracts.agency import MOST_WORKING_DAYS
from contracts.clock import china_date
from gateway.domain.deadlines import CALENDAR, corresponding_day, end_of_day, nth_working_day, term_end
from gateway.domain.term_warnings import is_beyond, last_working_day
from services.real_estate.demo import SOLD
from tests import builders as build
from tests import control_side as side
from tests.controlling import PAPERS, Judge, asset_with, assets_of, freeze
from tests.e2e.days import DAYS
from tests.running import running_mesh, until
from tests.servers import own_database

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
BUREAU, ICBC_ACCOUNT = "yunfu-housing-bureau", "6222024530200012345"
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=DAYS.values(), ids=DAYS)
def mesh(request, server_dir, postgres_url):
    """A mesh that starts on such a day; what answers at once answers within three seconds, the rest is overdue."""
    name = f"day_{next(_numbers)}"
    environment = {"CHAKONG_CLOCK_START": request.param, "CHAKONG_ANSWER_WITHIN_S": "3"}
    with own_database(postgres_url, name) as database, running_mesh(server_dir / name, DATABASE_URL=database, **environment) as mesh:
        yield mesh


@pytest.fixture
def today(mesh):
    """The mesh as it was at the start, and its day."""
    mesh.reset()
    return china_date(mesh.clock.now())


@pytest.fixture
def judge(mesh, today):
    return Judge(mesh, case_no=f"（{today.year}）粤5302执77号")


def test_a_case_is_asked_to_its_end_and_who_works_by_hand_answers_late(mesh, today):
    request_id = mesh.submit()
    first = mesh.ended(request_id)
    assert {task["agency"] for task in first["tasks"] if task["outcome"] == "overdue"} == {BUREAU}
    assert (first["counts"]["found"] > 10, first["counts"]["failed"]) == (True, 0)
    alarmed = 'chakong_alarms_total{kind="calendar"}' in mesh.client.get("/metrics").text
    assert alarmed is is_beyond(nth_working_day(today, MOST_WORKING_DAYS))
    mesh.advance_to_opening(BUREAU, days=2, minutes=1)
    mesh.until_office_says(BUREAU, lambda: mesh.status(request_id), lambda one: one["counts"]["overdue"] == 0)
    report = mesh.report(request_id)
    assert report["all_answered"]
    assert BUREAU in {source["agency"] for asset in assets_of(report) for source in asset["sources"]}


def test_a_measure_is_renewed_on_its_last_day_and_ends_after_its_new_one(judge, mesh):
    control = judge.answered(frozen_for_a_month(judge))
    control_id, until_on = control["control_id"], date.fromisoformat(control["until_on"])
    assert until_on == term_end(china_date(datetime.fromisoformat(control["effective_at"])), 1)
    mesh.advance_to(end_of_day(until_on) - timedelta(hours=1))
    (due,) = judge.get("/v1/controls", due_before=until_on + timedelta(days=1), state="in_force").raise_for_status().json()["items"]
    assert (due["control_id"], due["due_in_days"]) == (control_id, 0)
    assert due["last_working_day_on"] == last_working_day(until_on).isoformat()
    assert due["calendar_provisional"] is CALENDAR.is_provisional(last_working_day(until_on))
    renewal = side.renewal(officer=judge.case()["officer"], documents=[build.document(kind) for kind in PAPERS["freeze"]], term_months=1)
    assert judge.post(f"/v1/controls/{control_id}/renewals", renewal).status_code == 202
    renewed = date.fromisoformat(judge.answered(control_id)["until_on"])
    assert renewed == corresponding_day(until_on, 1)[0]
    mesh.advance_to(end_of_day(renewed))
    assert judge.until(control_id, lambda one: one["state"] != "in_force")["state"] == "expired"
    assert [one["state"] for one in mesh.effects("icbc") if one["action"] == "freeze"] == ["expired"]


def frozen_for_a_month(judge):
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])
    (control_id,) = judge.ordered(report["request_id"], freeze(asset_with(report, account_no=ICBC_ACCOUNT), 100, 1))
    return control_id


def test_an_order_to_a_closed_office_waits_until_it_opens_and_takes_effect(judge, mesh):
    mesh.advance_to(end_of_day(china_date(mesh.clock.now())) + timedelta(hours=1))
    request_id = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])["request_id"]
    (control_id,) = judge.ordered(request_id, {"agency": BUREAU, "key": SOLD.unit_code, "measure": "pre_seal", "term_months": 12}, papers=PAPERS["seal"])
    assert mesh.effects(BUREAU) == []
    mesh.advance_to_opening(BUREAU)
    (effect,) = until(lambda: mesh.effects(BUREAU))
    mesh.advance_to_opening(BUREAU, days=2, minutes=1)
    control = mesh.until_office_says(BUREAU, lambda: judge.control(control_id), lambda one: one["pending"] is None)
    assert (control["state"], control["until_on"]) == ("in_force", effect["until_on"])
    assert control["until_on"] == term_end(china_date(datetime.fromisoformat(effect["at"])), 12).isoformat()
