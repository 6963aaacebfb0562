from fractions import Fraction
from typing import get_args

import orjson
import pytest

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.equity import codes
from services.equity.adapter import ADAPTER
from services.equity.examples import DEMO_COMPANY
from services.equity.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    AgencyResponse,
    Asked,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from tests.contract.exchange import Exchange, agency_row

CAN = ("query", "freeze", "renew", "release", "transfer", "status")
ROW = agency_row("equity", agency="gd-market-regulation", capabilities=CAN, batch_size=20, rank_basis="publicity")
NUMBER, OTHER = "20261122445302000123", "20261122445302000124"


@pytest.fixture
def registrar() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def answers_to(body, *numbers, asks="query", status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(ROW, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def answer(*tasks, **head):
    return {"fhm": "0", "fhxx": "成功", "rw": list(tasks), **head}


def a_task(number=NUMBER, **more):
    return {"qqdh": number, "rwlsh": "RW1", "zt": "2", "fksj": "2026年11月22日 17:00:00", **more}


def found(*stakes, count=None, number=NUMBER):
    return a_task(number, cxjg={"sl": str(len(stakes)) if count is None else count, "gq": list(stakes)})


def done(**more):
    return a_task(zxjg={"zxsx": "1", "tyshxydm": DEMO_COMPANY, "zxzt": "1", "bz": "156", **more})


def a_stake(**more):
    return {"tyshxydm": DEMO_COMPANY, "qymc": "云浮市新成石材有限公司", "djzt": "1", "gdmc": "陈伟", "rjcze": "300.000000", "bz": "156",
            "cgbl": "30.0000%", **more}


def only(answers):
    (one,) = answers.values()
    return one


# ---- nothing is concluded from what is missing


@pytest.mark.parametrize("task", [
    a_task(), a_task(cxjg={"gq": []}), a_task(cxjg={"sl": "1"}), a_task(cxjg={"sl": "0", "gq": {}}), a_task(cxjg={}), a_task(cxjg=[]), a_task(zt="8"),
    a_task(zt="9"), a_task(zt="9", thyy="77"), a_task(zt="1", cxjg={"sl": "0", "gq": []}), done(), {"qqdh": NUMBER}, {}, 5, None,
    found() | {"thyy": "01"}, found() | {"zt": 2}, a_task(zt="1", rwlsh=None), a_task(zt="1", ddms="soon"), a_task(zt="9", thyy="01", fksj="now"),
])
def test_a_task_that_is_not_complete_answers_nothing(task):
    assert isinstance(only(answers_to(answer(task))), OutsideProtocol)


@pytest.mark.parametrize("task", [
    found(), done(zxzt="8"), done(zxzt="3"), done(sxyy="1"), done(zxzt="4"), done(bz=None), done(bz="000"), done(gqse=5), done(xzd=""),
    done(gqse="100万元"), done(qxz="2029-11-21"), done(tyshxydm="粤工商"), done() | {"fksj": None}, done() | {"fksj": "2026-11-22 17:00:00"},
    done() | {"rwlsh": None}, done() | {"thyy": "01"}, done() | {"xzd": 1}, done() | {"cxjg": {"sl": "0", "gq": []}},
])
def test_a_matter_that_is_not_complete_confirms_nothing(task):
    assert isinstance(only(answers_to(answer(task), asks="freeze")), OutsideProtocol)


def test_a_request_left_out_or_answered_twice_has_no_answer():
    answers = answers_to(answer(found(), found(a_stake())), NUMBER, OTHER)
    assert [type(one) for one in answers.values()] == [OutsideProtocol, OutsideProtocol]


def test_an_answer_to_what_was_not_asked_is_nobodys():
    assert list(answers_to(answer(found(number=OTHER), found()))) == [NUMBER]


@pytest.mark.parametrize("asks", ["query", "freeze"])
@pytest.mark.parametrize("body", [{"fhm": "7", "fhxx": ""}, {"fhm": "0"}, {"fhm": "0", "fhxx": "", "rw": {}}, {"fhm": "3", "fhxx": "报文错误"}, {}, []])
def test_a_message_outside_the_document_concludes_nothing(body, asks):
    with pytest.raises(AgencyProtocolError):
        answers_to(body, asks=asks)


@pytest.mark.parametrize("changes", [{"fhxx": None}, {"ddms": "soon"}, {"xzd": 1}])
def test_what_is_said_about_a_matter_is_held_to_the_document(changes):
    with pytest.raises(AgencyProtocolError):
        answers_to(answer(done(), **changes), asks="freeze")


def test_a_flood_is_refused_and_not_listed():
    flood = {"fhm": "0", "fhxx": "", **{f"k{number}": 1 for number in range(1000)}}
    for body in (answer(*[{}] * 10_000), flood):
        with pytest.raises(AgencyProtocolError) as raised:
            answers_to(body, asks="freeze")
        assert len(str(raised.value)) < 600


def test_a_flood_around_stakes_is_bounded():
    flood = {f"k{number}": 1 for number in range(1000)}
    told = only(answers_to(answer(found(a_stake() | flood) | flood, *[{}] * 10_000, **flood)))
    assert (len(told.assets), len(told.assets[0].unread), len(told.unread)) == (1, 100, 201)


def test_what_the_registrar_says_that_is_wrong_is_named_without_its_content():
    told = only(answers_to(answer(done(zxzt="445302199001010013")), asks="freeze"))
    assert told.detail.startswith("zxjg.zxzt: ")
    assert "4453" not in told.detail


def test_a_share_with_more_decimals_cannot_be_written():
    with pytest.raises(ValueError):
        codes.percent(Fraction(1, 3))


def test_only_json_with_status_200_is_an_answer():
    for status, content_type in ((404, "application/json"), (200, "text/html"), (202, "application/json")):
        with pytest.raises(AgencyProtocolError):
            answers_to(answer(found()), status=status, content_type=content_type)


@pytest.mark.parametrize(("code", "why"), [("1", "office_closed"), ("2", "busy")])
def test_a_registrar_that_is_closed_or_busy_says_when_to_come_back(code, why):
    with pytest.raises(AgencyUnavailable) as raised:
        answers_to({"fhm": code, "fhxx": "请稍后", "ddms": "1800"})
    assert (raised.value.retry_after_s, raised.value.why) == (1800.0, why)


@pytest.mark.parametrize("reason", get_args(codes.ReasonCode))
def test_every_documented_reason_is_read(reason):
    told = only(answers_to(answer({"qqdh": NUMBER, "zt": "9", "fksj": "2026年11月22日 17:00:00", "thyy": reason}), asks="freeze"))
    assert isinstance(told, Unsupported if reason == "07" else Refused)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rwlx":"3"}', b'{"rwlx":[]}', b'{"rwlx":"1","rw":[]}', b'{"rwlx":"1","rw":[{}]}'])
def test_the_mock_registrar_answers_what_it_cannot_read_in_its_own_words(registrar, body):
    told = registrar.simulation.answer(registrar.desk, MockRequest("POST", "/tasks", {}, {}, body))
    with pytest.raises(AgencyProtocolError):
        answers_to(told.body)


@pytest.mark.parametrize("kind", ["refused", "unknown_field", "unknown_code", "malformed", "office_closed"])
def test_a_scripted_fault_never_says_that_nothing_was_found(registrar, kind):
    commands = [registrar.command("query", subject) for subject in list(registrar.simulation.register.subjects())[:20]]
    expected = {"refused": Refused, "unknown_code": OutsideProtocol}
    if kind in expected:
        assert {type(one) for one in registrar.fail(kind, *commands).values()} == {expected[kind]}
    elif kind == "unknown_field":
        assert all(isinstance(one, Found) and [mark.wire for mark in one.unread] == ["xzd"] for one in registrar.fail(kind, *commands).values())
        order = registrar.order("freeze", *registrar.holder())
        assert isinstance(registrar.fail(kind, order)[order.request_no], OutsideProtocol)
    else:
        with pytest.raises(AgencyProtocolError if kind == "malformed" else AgencyUnavailable):
            registrar.fail(kind, *commands)
