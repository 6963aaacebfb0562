import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.runtime.mock.port import MockRequest
from services.runtime.port import AgencyResponse, Asked, Controlled, Found, OutsideProtocol, Refused, Unsupported
from services.vehicles import agency_api, codes, demo
from services.vehicles.adapter import ADAPTER
from services.vehicles.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row

ROW = agency_row("vehicles")
NUMBER = "20261122445302000123"


# ---- answers outside the document


def answers(*rows, **changes):
    return orjson.dumps({"code": "0000", "sj": "2026-11-22 17:00:00", "jg": rows} | changes)


def read(body, *, asks="query", numbers=(NUMBER,), status=200, content_type="application/json"):
    return ADAPTER.to_answers(ROW, [Asked("task", "request", number, asks) for number in numbers], AgencyResponse(status, content_type, body))


def read_one(row, asks="query"):
    return read(answers(row), asks=asks)[NUMBER]


CAR = {"hphm": "粤WA8K21", "hpzl": "02", "clsbdh": demo.FREE.vin, "cllx": "K33", "clpp": "大众牌", "syr": "陈伟", "zt": "A", "dybj": "1",
       "csys": "A", "syxz": "A", "ccdjrq": "2019-03-05 00:00:00", "cf": [{"cflx": "1", "cfjg": "法院"}], "dy": [{"dyqr": "银行", "je": "98600.00"}]}
DONE = {"code": "0000", "qqdh": NUMBER, "hphm": "粤WA8K21", "cfzt": "1"}


def owned(**changes):
    return {"code": "0000", "qqdh": NUMBER, "sl": 1, "cl": [{**CAR, **changes}]}


def test_a_day_may_have_a_time():
    assert read_one(owned()).assets[0].record["first_registered_on"] == "2019-03-05"
    assert read_one({**DONE, "sxsj": "2026-11-22"}, asks="seal").control.effective_at.isoformat() == "2026-11-21T16:00:00+00:00"


@pytest.mark.parametrize(("letter", "word"), sorted(codes.STATUSES.items()))
def test_every_letter_of_the_status_has_its_own_meaning(letter, word):
    assert read_one(owned(zt=f"G{letter}")).assets[0].record["status_codes"] == ["violation_unsettled", word]


@pytest.mark.parametrize("row", [
    {**owned(), "cl": "?"}, {**owned(), "code": "1000"}, {"code": "0000", "qqdh": NUMBER}, {"qqdh": NUMBER}, {"code": None, "qqdh": NUMBER},
    {"code": "0001", "qqdh": NUMBER}, {"code": "0001", "qqdh": NUMBER, "sldh": "1", "yjms": "soon"}, {"code": 0, "qqdh": NUMBER}, DONE, [], "?",
])
def test_a_row_outside_the_document_concludes_nothing(row):
    assert isinstance(read_one(row), OutsideProtocol)


@pytest.mark.parametrize("changes", [{"cfzt": "0"}, {"cfsx": 1.5}, {"jsrq": "2028-11-31"}, {"xzzd": "x"}, {"hphm": "?"}, {"sl": 0}])
def test_a_control_result_outside_the_document_concludes_nothing(changes):
    assert isinstance(read_one(DONE, asks="seal"), Controlled)
    assert isinstance(read_one({**DONE, **changes}, asks="seal"), OutsideProtocol)


@pytest.mark.parametrize("state", sorted(codes.STATES))
def test_a_documented_state_becomes_ours(state):
    assert read_one({**DONE, "cfzt": state}, asks="seal").control.state == codes.STATES[state]


@pytest.mark.parametrize("code", sorted(codes.REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    declined = {"code": code, "qqdh": NUMBER, "msg": "不予协助"}
    assert read_one(declined) == read_one(declined, asks="seal") == Refused(codes.REASONS[code], "不予协助")
    assert read_one({**declined, "code": "2001"}, asks="watchlist") == Unsupported("不予协助")


def test_one_wrong_row_of_a_batch_takes_no_other_along():
    numbers = ("A1", "A2", "A3", "A4")
    rows = [{**owned(), "qqdh": "A1"}, {**owned(), "qqdh": "A2", "cl": 9}, {**owned(), "qqdh": "A4"}, {**owned(), "qqdh": "A4"}]
    found = read(answers(*rows), numbers=numbers)
    assert [type(found[number]) for number in numbers] == [Found, OutsideProtocol, OutsideProtocol, OutsideProtocol]


def trouble(code, status=200):
    return read(orjson.dumps({"code": code, "msg": "说明", "sj": "2026-11-22 17:00:00"}), status=status)


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"{", b'{"code":"0000"}', b"[" * 100_000, answers(owned()) + b"}", answers(owned(), code="0009"),
    answers(owned()).replace("粤".encode(), b"\xff"),
])
def test_a_body_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (400, "application/json"), (404, "application/json"), (204, "")])
def test_another_status_or_content_type_is_a_protocol_error(status, content_type):
    with pytest.raises(AgencyProtocolError):
        read(answers(owned()), status=status, content_type=content_type)


def test_an_office_that_is_closed_or_busy_is_asked_again_and_one_that_bars_us_refuses():
    for code, why in (("9002", "busy"), ("9003", "office_closed")):
        with pytest.raises(AgencyUnavailable) as unavailable:
            trouble(code)
        assert unavailable.value.why == why
    assert trouble("9004", 403)[NUMBER] == Refused("not_authorised", "说明")
    for code, status in (("9001", 400), ("9004", 200), ("9005", 200), ("9002", 400)):
        with pytest.raises(AgencyProtocolError):
            trouble(code, status)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_no_broken_body_is_more_than_a_protocol_error(at, piece):
    plain = answers(owned())
    at %= len(plain)
    try:
        answer = read(plain[:at] + piece + plain[at + len(piece):])[NUMBER]
    except AgencyProtocolError:
        return
    assert isinstance(answer, Found | OutsideProtocol | Refused | Unsupported)


def test_the_mock_says_that_it_cannot_read_what_is_no_request():
    exchange = Exchange(ADAPTER, MOCK, ROW)
    for path, body in ((agency_api.QUERY_PATH, b"{}"), (agency_api.CONTROL_PATH, b"?"), (agency_api.QUERY_PATH, b'{"qq":[{}]}')):
        assert MOCK.answer(exchange.desk, MockRequest("POST", path, {}, {}, body)).status == 400
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
