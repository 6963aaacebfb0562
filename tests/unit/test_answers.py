from datetime import datetime, time, timedelta

import orjson
import pytest

from contracts.clock import CHINA
from contracts.messages import Reply
from gateway.domain.answers import ask_again_at, meaning_of
from gateway.domain.control_events import AnswerOverdue, Confirmed, Refused
from tests.builders import NOW, RECORDS, agency

ACCOUNT = {"record": RECORDS["deposits"]}


def meaning(action="query", kind="deposits", **said):
    reply = Reply.model_validate({"task_id": "t1", "agency": "icbc", "kind": "answered", **said})
    return meaning_of(reply, kind=kind, action=action, is_control=action != "query")


def test_what_was_found_is_kept_as_json():
    found = meaning(outcome="found", assets=[ACCOUNT])
    assert (found.outcome, found.alarm) == ("found", False)
    assert orjson.loads(found.assets)[0]["record"] == RECORDS["deposits"]


@pytest.mark.parametrize(("outcome", "code"), [
    ("none_found", None), ("refused", "rejected_by_agency"), ("unsupported", "no_capability"), ("failed", "protocol")])
def test_an_answer_without_assets_says_why(outcome, code):
    said = meaning(outcome=outcome)
    assert (said.outcome, said.code, said.alarm) == (outcome, code, outcome == "failed")


def test_the_agencys_own_code_stands():
    assert meaning(outcome="refused", code="document_missing").code == "document_missing"


@pytest.mark.parametrize("said", [
    {"outcome": "found"}, {"outcome": "found", "assets": []}, {"outcome": "none_found", "assets": [ACCOUNT]}, {"outcome": "controlled"}, {},
    {"outcome": "none_found", "unreadable": [{"unread": []}]}, {"outcome": "none_found", "control": {"state": "in_force"}}])
def test_a_query_answered_with_something_else_has_failed(said):
    failed = meaning(**said)
    assert (failed.outcome, failed.code, failed.event, failed.alarm) == ("failed", "protocol", None, True)


def test_an_asset_that_is_none_of_its_kind_is_an_item_that_cannot_be_read_and_harms_no_other():
    said = meaning(outcome="found", assets=[ACCOUNT, {"record": {"colour": "red"}}])
    assert (said.outcome, said.alarm, len(orjson.loads(said.assets))) == ("found", False, 1)
    item = orjson.loads(said.unreadable)[0]
    assert item["position"] == 1
    assert {(one["field"], one["code"]) for one in item["unread"]} >= {("colour", "unknown_field"), ("account_no", "missing")}


def test_what_was_not_read_is_kept_and_told_without_what_it_says():
    mark = {"field": "branch_name", "wire": "KHWD", "code": "bad_form", "raw": "云浮8号"}
    said = meaning(outcome="found", assets=[ACCOUNT | {"unread": [mark]}], unreadable=[{"position": 1, "record": {}, "unread": [mark]}],
                   unread=[{"field": "x", "wire": "x", "code": "unknown_field", "raw": "Ab-1"}])
    assert orjson.loads(said.assets)[0]["unread"] == [mark]
    assert orjson.loads(said.unreadable)[0]["unread"] == [mark]
    assert orjson.loads(said.unread)[0]["raw"] == "Ab-1"
    assert said.oddities == [{"field": "x", "wire": "x", "code": "unknown_field", "form": "AA-9"},
                             {"field": "branch_name", "wire": "KHWD", "code": "bad_form", "form": "字字9字"}]


def test_one_thing_told_twice_alike_counts_once_and_told_otherwise_hides_nothing():
    more = {"record": RECORDS["deposits"] | {"balance_fen": 10**9}}
    said = meaning(outcome="found", assets=[ACCOUNT, more, ACCOUNT])
    assert len(orjson.loads(said.assets)) == 2
    (other,) = orjson.loads(said.unreadable)
    assert (other["position"], other["record"]["balance_fen"]) == (1, 10**9)
    assert [(one["field"], one["code"]) for one in other["unread"]] == [("account_no", "implausible")]


def test_an_answer_that_tells_only_of_what_cannot_be_read_has_found():
    said = meaning(outcome="found", unreadable=[{"unread": [{"field": "count", "wire": "sl", "code": "implausible", "raw": "2"}]}])
    assert (said.outcome, said.assets, orjson.loads(said.unreadable)[0].get("position")) == ("found", None, None)


def test_a_confirmed_control_is_an_event():
    said = meaning("freeze", outcome="controlled", control={"state": "in_force", "actual_fen": 5})
    assert (said.outcome, said.event) == ("controlled", Confirmed(actual_fen=5))


@pytest.mark.parametrize(("kind", "parts", "known"), [
    ("wealth_products", ["product", "return_account"], True), ("wealth_products", ["return_account"], True),
    ("wealth_products", ["product", "product"], False), ("wealth_products", ["shares"], False), ("deposits", ["product"], False)])
def test_the_parts_of_a_control_are_those_that_its_kind_has(kind, parts, known):
    told = [{"part": one, "state": "in_force", "actual_fen": 5} for one in parts]
    said = meaning("freeze", kind, outcome="controlled", control={"state": "in_force", "parts": told})
    if known:
        assert [(one.part, one.actual_fen) for one in said.event.parts] == [(one, 5) for one in parts]
    else:
        assert (said.outcome, said.code, said.event, said.alarm) == ("failed", "protocol", AnswerOverdue("protocol"), True)


@pytest.mark.parametrize(("outcome", "code", "event"), [
    ("refused", None, Refused("rejected_by_agency")), ("refused", "asset_exempt", Refused("asset_exempt")),
    ("unsupported", None, Refused("measure_unsupported")), ("failed", None, AnswerOverdue("protocol"))])
def test_a_control_that_was_not_done_is_an_event_too(outcome, code, event):
    assert meaning("freeze", outcome=outcome, code=code).event == event


@pytest.mark.parametrize("said", [
    {"outcome": "none_found"}, {"outcome": "controlled"}, {"outcome": "controlled", "control": {"state": "requested"}}])
def test_a_control_answered_with_something_else_is_in_doubt(said):
    failed = meaning("freeze", **said)
    assert (failed.outcome, failed.event, failed.alarm) == ("failed", AnswerOverdue("protocol"), True)


def again(attempts=0, until=None, now=NOW, **of_agency):
    reply = Reply(task_id="t1", agency="icbc", kind="acknowledged", agency_ref="r", until=until)
    return ask_again_at(reply, agency(**of_agency), attempts, now)


@pytest.mark.parametrize(("attempts", "pause_s"), [(0, 1), (1, 2), (5, 32), (30, 600)])
def test_a_machine_is_asked_again_with_growing_pauses(attempts, pause_s):
    assert again(attempts) - NOW == timedelta(seconds=pause_s)


def test_a_person_is_asked_again_after_half_an_hour():
    assert again(mode="manual") - NOW == timedelta(minutes=30)


def test_the_agency_may_say_when_but_not_in_the_past():
    assert again(until=NOW + timedelta(hours=1)) - NOW == timedelta(hours=1)
    assert again(until=NOW - timedelta(hours=1)) == NOW


def test_an_agency_with_office_hours_is_asked_inside_them():
    friday_evening = datetime(2026, 11, 20, 18, 0, tzinfo=CHINA)
    monday_morning = datetime(2026, 11, 23, 8, 30, tzinfo=CHINA)
    assert again(now=friday_evening, office_hours={"opens": time(8, 30), "closes": time(17, 30)}) == monday_morning


def test_an_agency_that_left_the_directory_is_asked_at_any_hour():
    reply = Reply(task_id="t1", agency="gone", kind="acknowledged", agency_ref="r")
    assert ask_again_at(reply, None, 0, NOW) == NOW + timedelta(seconds=1)
