import zipfile
from hashlib import sha256
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.assets.securities import ASSET_TYPE
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    AgencyResponse,
    Asked,
    Controlled,
    Found,
    Outgoing,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from services.securities import codes, feedback
from services.securities.adapter import ADAPTER
from services.securities.agency_api import Head
from services.securities.examples import DEMO_PERSON, EXAMPLES, STAMP
from services.securities.file import CONTENT_TYPE, MOST_BYTES, Line, batch_no, institution, pack, unpack
from services.securities.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row

ROW = agency_row("securities", agency="csdc", region_code="000000", channel="c2c_national")
NUMBER = "20261122445302000123"


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def demo(exchange: Exchange):
    return exchange.simulation.register.subject(DEMO_PERSON)


def file_of(*lines: str, prefix: str = "CXFK", batch: str = NUMBER, head: dict[str, str] | None = None) -> bytes:
    first = Head("00", prefix, institution(ROW), batch_no(batch), STAMP)._replace(**(head or {}))
    return pack(first, [line.split("|") for line in lines])


def read(body: bytes, *, asks: str = "query", numbers: tuple[str, ...] = (NUMBER,), status: int = 200, content_type: str = CONTENT_TYPE):
    asked = [Asked("task", "request", number, asks) for number in numbers]
    return ADAPTER.to_answers(ROW, asked, AgencyResponse(status, content_type, body))


def read_one(*lines: str, asks: str = "query"):
    prefix = "CXFK" if asks == "query" else "KZFK"
    return read(file_of(*lines, prefix=prefix), asks=asks)[NUMBER]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_means_what_it_says(example):
    prefix = "CXFK" if example.asks == "query" else "KZFK"
    body = file_of(*example.lines, prefix=prefix, batch=example.request_no)
    assert read(body, asks=example.asks, numbers=(example.request_no,)) == {example.request_no: example.answer}


@pytest.mark.parametrize("code", sorted(codes.REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    refused = read_one(f"10|{NUMBER}|{code}|不予协助|0")
    assert refused == Refused(codes.REASONS[code], "不予协助")
    assert read_one(f"30|{NUMBER}|{code}|不予协助|0|||||||||||||", asks="freeze") == refused


def test_a_measure_the_depository_does_not_do_is_unsupported():
    assert isinstance(read_one(f"30|{NUMBER}|2006|不支持|0|||||||||||||", asks="deduct"), Unsupported)


# ---- answers outside the document

GOOD = EXAMPLES[0].lines
OK = f"10|{NUMBER}|0000|成功|1"
HELD = f"20|{NUMBER}|A445302001|600901|云石股份|1|陈伟|00|390100|20000|20000|0|12.340"


def changed(line: str, position: int, text: str) -> str:
    fields = line.split("|")
    return "|".join([*fields[:position], text, *fields[position + 1:]])


@pytest.mark.parametrize("lines", [
    (f"10|{NUMBER}|0000|成功|0",), (f"10|{NUMBER}|0000|成功|",), (f"10|{NUMBER}|0000|成功",), (f"10|{NUMBER}||成功|0",), (f"10|{NUMBER}|7777|?|0",),
    (OK, HELD, OK, HELD), (f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||1|D||||",), (OK, changed(HELD, 0, "25")), (changed(HELD, 0, "25"),),
    (f"10|{NUMBER}|0001|查无|1", changed(HELD, 0, "25")), (f"10|{NUMBER}|1001|缺少法律文书|1", HELD), (f"10|{NUMBER}|7777|?|1", HELD),
])
def test_lines_that_conclude_nothing(lines):
    assert isinstance(read_one(*lines), OutsideProtocol)


@pytest.mark.parametrize("line", [
    f"30|{NUMBER}|0000|成功|0|11|8000|0|0||||1|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||一|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||1|D||20261122170060|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|1|01|8000|0|0||||1|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||1|D||20261122170000|20261122170000|20291121|新",
    f"30|{NUMBER}|0000|成功|0|01|8000|0|0|100|||1|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||1|D||20261122170000|20261122170000|2029-11-21",
    f"30|{NUMBER}|0001|查无|0|||||||||||||",
    f"10|{NUMBER}|0001|查无|0",
])
def test_a_control_result_outside_the_document_concludes_nothing(line):
    assert isinstance(read_one(line, asks="freeze"), OutsideProtocol)


def test_what_is_wrong_with_a_value_is_said_without_the_value():
    answer = feedback.answer(lambda _lines: ASSET_TYPE.record.model_validate({"holder_name": "陈伟", "market": "陈伟"}), [Line(["10"], "10")])
    assert isinstance(answer, OutsideProtocol)
    assert ("market: literal_error" in answer.detail, "陈伟" in answer.detail) == (True, False)


def test_one_wrong_request_of_a_batch_takes_no_other_along():
    first, second, third = "A1", "A2", "A3"
    body = file_of(f"10|{first}|0001|查无|0", f"10|{second}|0009|?|0", batch=first)
    answers = read(body, numbers=(first, second, third))
    assert [type(answers[number]) for number in (first, second, third)] == [Found, OutsideProtocol, OutsideProtocol]
    assert answers[first].assets == []


@pytest.mark.parametrize("body", [
    b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18, file_of(OK, HELD)[:-40], file_of(OK, HELD, prefix="KZFK"), file_of(OK, HELD, prefix="CXQQ"),
    file_of(OK, HELD, batch="another"), file_of(OK, HELD, head={"institution": "X" * 17}),
])
def test_a_file_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


def test_a_file_without_a_line_for_a_request_concludes_nothing():
    assert isinstance(read(file_of("10"))[NUMBER], OutsideProtocol)
    assert isinstance(read(file_of())[NUMBER], OutsideProtocol)


FROZEN = f"30|{NUMBER}|0000|成功|0|01|8000|0|0||||1|D||20261122170000|20261122170000|20291121"


def test_a_control_is_read_only_from_a_file_that_is_in_all_as_its_document_says():
    def control(*lines, **head):
        return file_of(*lines, prefix="KZFK", head=head)

    assert isinstance(read(control(FROZEN), asks="freeze")[NUMBER], Controlled)
    text = text_of(control(FROZEN)).splitlines(keepends=True)
    name = f"KZFK{institution(ROW)}{batch_no(NUMBER)}.txt"
    odd = [control(FROZEN, stamp="x"), control(FROZEN, stamp=""), control(FROZEN, code="0000"), control(FROZEN, "30|foreign|0001|查无|0"),
           pack(Head("00", "KZFK", institution(ROW), batch_no(NUMBER), STAMP), [FROZEN.split("|")], {"further.txt": b""}),
           zipped(b"".join(text).replace(b"99|1|", b"99|2|"), name=name), zipped(closed(text[0], text[1].replace(b"|D|", b"|%D|")), name=name),
           zipped(closed(text[0], text[1].replace(b"|D|", b"|\xff|")), name=name), zipped(closed(text[0][:-1] + b"|x\n", text[1]), name=name)]
    for body in odd:
        with pytest.raises(AgencyProtocolError):
            read(body, asks="freeze")


def closed(*lines: bytes) -> bytes:
    """End a text with the line that fits it."""
    body = b"".join(lines)
    return body + f"99|{len(lines) - 1}|{sha256(body).hexdigest()}\n".encode()


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (404, CONTENT_TYPE), (204, ""), (200, "application/json")])
def test_another_status_or_content_type_is_a_protocol_error(status, content_type):
    with pytest.raises(AgencyProtocolError):
        read(file_of(OK, HELD), status=status, content_type=content_type)


def zipped(content: bytes, *, name: str | None = None, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr(name or f"CXFK{institution(ROW)}{batch_no(NUMBER)}.txt", content)
    return buffer.getvalue()


def text_of(body: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(body)) as archive:
        return archive.read(archive.infolist()[0])


def test_a_file_that_was_changed_on_the_way_is_a_protocol_error():
    text = text_of(file_of(OK, HELD))
    assert isinstance(read(zipped(text))[NUMBER], Found)
    for spoilt in (text.replace(b"|20000|", b"|90000|"), text[:-66], text[:-2] + b"g\n", text + b"x\n", text[text.rindex(b"99|"):], closed()):
        with pytest.raises(AgencyProtocolError):
            read(zipped(spoilt))
    with pytest.raises(AgencyProtocolError):
        read(zipped(text, name="other.txt"))


def test_a_control_has_no_lines_of_a_query():
    result = f"30|{NUMBER}|0000|成功|1|01|8000|0|0||||1|D||20261122170000|20261122170000|20291121"
    assert isinstance(read(file_of(result, HELD, prefix="KZFK"), asks="freeze")[NUMBER], OutsideProtocol)


def test_a_bomb_is_not_unpacked():
    bomb = zipped(b"\0" * (MOST_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(AgencyProtocolError, match="unpacks to more"):
        read(bomb)
    with pytest.raises(AgencyProtocolError):
        read(zipped(text_of(file_of(OK, HELD)), compression=zipfile.ZIP_LZMA))


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_no_broken_file_is_more_than_a_protocol_error(at, piece):
    body = file_of(OK, HELD)
    at %= len(body)
    spoilt = body[:at] + piece + body[at + len(piece):]
    try:
        answer = read(spoilt)[NUMBER]
    except AgencyProtocolError:
        return
    assert answer == read(body)[NUMBER]


@given(st.lists(st.text(max_size=12), max_size=16))
def test_no_text_in_a_result_is_taken_for_an_answer_it_is_not(fields):
    answer = read(file_with(["10", NUMBER, *fields], HELD.split("|")))[NUMBER]
    assert isinstance(answer, OutsideProtocol) or answer.assets == read_one(OK, HELD).assets


@given(st.lists(st.text(max_size=12), max_size=16))
def test_no_text_in_a_holding_makes_it_vanish_or_become_two(fields):
    answer = read(file_with(OK.split("|"), ["20", NUMBER, *fields]))[NUMBER]
    assert len(answer.assets) + len(answer.unreadable) == 1


def file_with(*lines: list[str]) -> bytes:
    return pack(Head("00", "CXFK", institution(ROW), batch_no(NUMBER), STAMP), lines)


# ---- receipts, and answers that come later


def receipt(code: str, *lines: str, message: str = "说明") -> bytes:
    return file_of(*lines, prefix="CXHZ", head={"code": code, "message": message})


def test_a_receipt_says_that_the_request_was_taken_in():
    assert read(receipt("1000", f"11|{NUMBER}|SL01|30"))[NUMBER] == Accepted("SL01", 30)
    assert read(receipt("1000", f"11|{NUMBER}|SL01|"))[NUMBER] == Accepted("SL01", None)
    assert isinstance(read(receipt("1000"))[NUMBER], OutsideProtocol)
    assert isinstance(read(receipt("1000", f"11|{NUMBER}|SL01|soon"))[NUMBER], OutsideProtocol)
    assert isinstance(read(receipt("1000", OK))[NUMBER], OutsideProtocol)


@pytest.mark.parametrize(("code", "why"), [("9001", "office_closed"), ("9002", "busy")])
def test_a_depository_that_is_closed_or_busy_is_asked_again(code, why):
    with pytest.raises(AgencyUnavailable) as unavailable:
        read(receipt(code))
    assert unavailable.value.why == why


def test_a_receipt_for_a_file_as_a_whole():
    assert read(receipt("9003"))[NUMBER] == Refused("not_authorised", "说明")
    for code in ("9004", "1234", ""):
        with pytest.raises(AgencyProtocolError):
            read(receipt(code))


def test_the_mock_returns_a_receipt_for_a_file_it_cannot_read(exchange, demo):
    command = exchange.command("query", demo)
    response = MOCK.answer(exchange.desk, MockRequest("POST", "/files/x.zip", {}, {}, b"?"))
    assert unpack(response.body).first.code == "9004"
    stranger = agency_row("securities", agency="stranger")
    call = ADAPTER.to_call(stranger, [Outgoing(command)])
    response = MOCK.answer(exchange.desk, MockRequest("POST", call.path, {}, {}, call.content))
    assert unpack(response.body).first.code == "9003"
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
