import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.assets.securities import ASSET_TYPE
from contracts.control import ControlAnswer
from contracts.documents import DocumentKind
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported, ContractError
from contracts.outcome import REASONS
from contracts.subject import IdType
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
from services.securities import adapter, agency_api, feedback
from services.securities.adapter import ADAPTER
from services.securities.agency_api import Head
from services.securities.examples import DEMO_HOLDINGS, DEMO_PERSON, EXAMPLES, STAMP
from services.securities.file import CONTENT_TYPE, MOST_BYTES, batch_no, institution, pack, unpack
from services.securities.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row, as_received, other_court

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


def test_the_mock_says_of_the_demo_person_what_the_example_says(exchange, demo):
    command = exchange.command("query", demo, request_no=NUMBER)
    response = exchange.simulation.answer(exchange.desk, as_received(exchange.call(command)))
    assert ["|".join(fields) for fields in unpack(response.body).lines] == list(EXAMPLES[0].lines)


def test_what_many_subjects_hold_arrives_as_the_register_has_it(exchange):
    subjects = list(exchange.simulation.register.subjects())[::9]
    commands = [exchange.command("query", subject) for subject in subjects]
    answers = exchange.ask(*commands)
    holders = 0
    for command, subject in zip(commands, subjects, strict=True):
        truth = exchange.desk.holdings(subject)
        found = answers[command.request_no].assets
        holders += bool(truth)
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in found] == [held.record for held in truth]
        assert [asset.priority_rights for asset in found] == [held.priority_rights for held in truth]
        assert [asset.prior_measures for asset in found] == [held.prior_measures for held in truth]
    assert 0.14 < holders / len(subjects) < 0.26


def test_holdings_are_lawful_and_repeatable(exchange):
    for subject in list(exchange.simulation.register.subjects())[::7]:
        for held in exchange.desk.holdings(subject):
            record = held.record
            pledged = sum(pledge.quantity for pledge in record.pledges)
            assert record.quantity == record.available_quantity + record.frozen_quantity + pledged
            assert held.key == ASSET_TYPE.key_text(record.model_dump())
            assert len(held.priority_rights) == len(record.pledges)
            assert sum(one.quantity for one in held.prior_measures) == record.frozen_quantity
    assert Exchange(ADAPTER, MOCK, ROW).desk.holdings(subject) == exchange.desk.holdings(subject)


def test_the_same_commands_make_the_same_file(exchange, demo):
    command = exchange.command("query", demo)
    assert exchange.call(command) == exchange.call(command)
    call = exchange.call(command)
    assert call.path == f"/files/CXQQ{institution(ROW)}{batch_no(command.request_no)}.zip"
    assert (len(institution(ROW)), len(batch_no(command.request_no))) == (17, 30)
    assert zipfile.ZipFile(BytesIO(call.content)).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_separators_inside_a_field_arrive_as_they_were(exchange, demo):
    odd = {"name": "陈|伟%0A\n甲", "work_card_no": "1", "duty_card_no": "2"}
    file = unpack(exchange.call(exchange.command("query", demo, officer=odd)).content)
    assert file.lines[0][5] == "陈|伟%0A\n甲"


def test_rare_characters_of_names_fit_the_encoding(exchange, demo):
    subject = exchange.command("query", demo).subject.model_copy(update={"name": "𠮷田·﨟"})
    assert unpack(exchange.call(exchange.command("query", demo, subject=subject)).content).lines[0][9] == "𠮷田·﨟"


def test_document_content_travels_beside_the_request(exchange, demo):
    command = exchange.command("query", demo)
    document_id = command.documents[0].document_id
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={document_id: b"%PDF-1.7"})])
    file = unpack(call.content)
    member = file.lines[1][5]
    assert file.attachments == {member}
    assert zipfile.ZipFile(BytesIO(call.content)).read(member) == b"%PDF-1.7"


def test_the_tables_cover_the_agencys_lists():
    assert set(feedback._REASONS) | {"0000", "0001", "2006"} == set(agency_api.RESULT_CODES)
    assert set(feedback._REASONS.values()) <= set(REASONS)
    assert set(feedback._STATES) == set(agency_api.STATES)
    assert set(feedback._MARKETS) == set(agency_api.MARKETS)
    assert set(feedback._NATURES) == set(agency_api.NATURES)
    assert set(adapter._ID_TYPES.values()) == set(agency_api.ID_TYPES)
    assert set(adapter._ID_TYPES) == set(IdType.__args__)
    assert set(adapter._DOCUMENTS.values()) == set(agency_api.DOCUMENT_KINDS)
    assert set(adapter._DOCUMENTS) == set(DocumentKind.__args__)
    assert {*adapter._MEASURES.values(), "05"} == set(agency_api.MEASURES)


# ---- controls


def freeze(exchange, subject, holding, **changes):
    return exchange.order("freeze", subject, holding, **changes)


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def test_a_freeze_holds_the_quantity_asked(exchange):
    subject, held = exchange.holder()
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=100, term_months=36)))
    assert (control.state, control.actual_quantity, control.rank) == ("in_force", 100, 1)
    assert control.until_on.isoformat() == "2029-11-21"
    assert control.served_at == control.effective_at == exchange.clock.now()
    assert control.agency_control_no
    assert control.waiting_serial is None


def test_a_second_court_waits_with_rank_two_and_a_waiting_serial(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity))
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=100, **other_court())))
    assert (control.state, control.rank, control.until_on) == ("waiting", 2, None)
    assert control.waiting_serial
    assert [(one.authority, one.rank, one.quantity) for one in control.prior_measures] == [
        ("云浮市云城区人民法院", 1, held.record.quantity)]


def test_a_court_gets_the_rest_and_waits_for_what_is_missing(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity - 100))
    control = controlled(exchange.ask_one(freeze(exchange, subject, held, quantity=500, **other_court())))
    assert (control.state, control.actual_quantity) == ("partly_in_force", 100)
    assert control.waiting_serial


def test_pledged_shares_are_marked(exchange, demo):
    pledged = DEMO_HOLDINGS[DEMO_PERSON][1]
    exchange.ask_one(freeze(exchange, demo, pledged, quantity=4_000))
    later = freeze(exchange, demo, pledged, quantity=6_000, **other_court())
    assert controlled(exchange.ask_one(later)).priority_rights == pledged.priority_rights


def test_a_released_freeze_lets_the_next_move_up(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    second = freeze(exchange, subject, held, quantity=200, **other_court())
    waiting = controlled(exchange.ask_one(second))
    released = controlled(exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no)))
    assert released.state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).state == "in_force"
    assert waiting.state == "waiting"


def test_a_waiting_freeze_is_released_by_its_serial(exchange):
    subject, held = exchange.holder()
    exchange.ask_one(freeze(exchange, subject, held, quantity=held.record.quantity))
    second = freeze(exchange, subject, held, quantity=200, **other_court())
    serial = controlled(exchange.ask_one(second)).waiting_serial
    release = exchange.order("release", subject, held, original_request_no=second.request_no, waiting_serial=serial)
    assert unpack(exchange.call(release).content).lines[-1][2] == "05"
    assert controlled(exchange.ask_one(release)).state == "released"


def test_a_renewal_moves_the_end(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=100, term_months=12)
    exchange.ask_one(first)
    renewed = exchange.order("renew", subject, held, original_request_no=first.request_no, term_months=12)
    assert controlled(exchange.ask_one(renewed)).until_on.isoformat() == "2028-11-21"


def test_proceeds_are_paid_out_of_a_freeze(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    amount_fen = 100 * held.record.close_price_fen
    deducted = exchange.order("deduct", subject, held, original_request_no=first.request_no, amount_fen=amount_fen)
    assert controlled(exchange.ask_one(deducted)).deducted_fen == amount_fen
    assert exchange.desk.holding(held.key, subject.id_no).record.quantity == held.record.quantity - 100


def test_a_transfer_ends_the_holding(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=held.record.quantity)
    exchange.ask_one(first)
    transferred = exchange.order("transfer", subject, held, original_request_no=first.request_no)
    assert controlled(exchange.ask_one(transferred)).state == "transferred"


def test_a_freeze_by_our_own_court_is_listed_with_its_request_number(exchange):
    subject, held = exchange.holder()
    first = freeze(exchange, subject, held, quantity=100)
    exchange.ask_one(first)
    found = exchange.ask_one(exchange.command("query", subject)).assets
    mine = [one for asset in found for one in asset.prior_measures if one.request_no]
    assert [(one.request_no, one.quantity, one.rank) for one in mine] == [(first.request_no, 100, 1)]


def test_the_depository_declines_for_its_documented_reasons(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    nobody = query.officer.model_copy(update={"duty_card_no": ""})
    namesake = query.subject.model_copy(update={"name": "张三"})
    elsewhere = held.record.model_dump(mode="json") | {"security_code": "999999"}
    cases = {
        "document_missing": exchange.command("query", subject, documents=()),
        "credential_missing": exchange.command("query", subject, officer=nobody),
        "identity_mismatch": exchange.command("query", subject, subject=namesake),
        "asset_not_found": freeze(exchange, subject, held, asset=elsewhere),
        "term_over_cap": freeze(exchange, subject, held, quantity=100, term_months=37),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
        "identity_incomplete": exchange.order("transfer", subject, held, original_request_no="none", transferee=None),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}


@pytest.mark.parametrize("code", sorted(feedback._REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    refused = read_one(f"10|{NUMBER}|{code}|不予协助|0")
    assert refused == Refused(feedback._REASONS[code], "不予协助")
    assert read_one(f"30|{NUMBER}|{code}|不予协助|0|||||||||||", asks="freeze") == refused


def test_an_action_the_agency_does_not_offer_is_unsupported(exchange, demo):
    held = DEMO_HOLDINGS[DEMO_PERSON][0]
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.order("seal", demo, held))
    query_only = Exchange(ADAPTER, MOCK, agency_row("securities", capabilities=("query",)))
    with pytest.raises(AgencyUnsupported):
        query_only.call(query_only.order("freeze", demo, held, quantity=100))
    assert isinstance(read_one(f"30|{NUMBER}|2006|不支持|0|||||||||||", asks="deduct"), Unsupported)


def test_a_command_that_has_no_words_of_theirs_is_our_fault(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    poem = query.documents[0].model_copy(update={"kind": "poem"})
    nameless = exchange.order("freeze", subject, held, asset={})
    for command in (query.model_copy(update={"documents": (poem,)}), nameless, nameless.model_copy(update={"control": None})):
        with pytest.raises(ContractError):
            exchange.call(command)


# ---- answers outside the document

GOOD = EXAMPLES[0].lines
OK = f"10|{NUMBER}|0000|成功|1"
HELD = f"20|{NUMBER}|A445302001|600901|云石股份|1|陈伟|00|390100|20000|20000|0|12.340"


def changed(line: str, position: int, text: str) -> str:
    fields = line.split("|")
    return "|".join([*fields[:position], text, *fields[position + 1:]])


@pytest.mark.parametrize(("position", "text"), [
    (2, "a445302001"), (3, "60090"), (4, ""), (5, "9"), (6, ""), (7, "04"), (9, "-1"), (9, "1e3"), (9, ""), (9, "２００００"),
    (10, "1.0"), (11, "99999999999999"), (12, "12.34"), (12, "12.345"), (12, "十二"), (12, "-1.000"), (0, "25"),
])
def test_a_holding_outside_the_document_concludes_nothing(position, text):
    assert isinstance(read_one(OK, HELD), Found)
    assert isinstance(read_one(OK, changed(HELD, position, text)), OutsideProtocol)


@pytest.mark.parametrize("lines", [
    (f"10|{NUMBER}|0000|成功|0",), (f"10|{NUMBER}|0000|成功|2", HELD), (f"10|{NUMBER}|0001|查无|1", HELD), (HELD,),
    (f"10|{NUMBER}|0001|查无|0|新",), (f"10|{NUMBER}|7777|?|0",), (OK, HELD + "|新"), (OK, HELD, OK, HELD),
    (OK, changed(GOOD[3], 4, "20250230")), (f"10|{NUMBER}|0000|成功|2", HELD, changed(GOOD[6], 2, "02")),
    (f"30|{NUMBER}|0000|成功|0|01|8000||||1|D||||",), (OK, GOOD[3]),
])
def test_lines_that_do_not_fit_together_conclude_nothing(lines):
    assert isinstance(read_one(*lines), OutsideProtocol)


@pytest.mark.parametrize("line", [
    f"30|{NUMBER}|0000|成功|0|11|8000||||1|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000||||一|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|0|01|8000||||1|D||20261122170060|20261122170000|20291121",
    f"30|{NUMBER}|0000|成功|1|01|8000||||1|D||20261122170000|20261122170000|20291121",
    f"30|{NUMBER}|0001|查无|0|||||||||||",
    f"10|{NUMBER}|0001|查无|0",
])
def test_a_control_result_outside_the_document_concludes_nothing(line):
    assert isinstance(read_one(line, asks="freeze"), OutsideProtocol)


def test_one_wrong_request_of_a_batch_takes_no_other_along():
    first, second, third = "A1", "A2", "A3"
    body = file_of(f"10|{first}|0001|查无|0", f"10|{second}|0009|?|0", batch=first)
    answers = read(body, numbers=(first, second, third))
    assert [type(answers[number]) for number in (first, second, third)] == [Found, OutsideProtocol, OutsideProtocol]
    assert answers[first].assets == []


@pytest.mark.parametrize("body", [
    b"", b"not a zip", file_of(OK, HELD)[:-40], file_of(OK, HELD, prefix="KZFK"), file_of(OK, HELD, prefix="CXQQ"),
    file_of(OK, HELD, batch="another"), file_of(OK, HELD, head={"institution": "X" * 17}), file_of(OK, HELD, head={"stamp": "x"}),
    file_of(OK, HELD, head={"code": "0000"}), file_of(OK, HELD, "10|foreign|0001|查无|0"), file_of("10"),
    pack(Head("00", "CXFK", institution(ROW), batch_no(NUMBER), STAMP), [], {"further.txt": b""}),
])
def test_a_file_outside_the_document_is_a_protocol_error(body):
    with pytest.raises(AgencyProtocolError):
        read(body)


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
    for spoilt in (text.replace(b"|20000|", b"|90000|"), text.replace(b"99|2|", b"99|3|"), text[:-66], text + b"x\n"):
        with pytest.raises(AgencyProtocolError):
            read(zipped(spoilt))
    with pytest.raises(AgencyProtocolError):
        read(zipped(text, name="other.txt"))


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


@given(st.lists(st.text(max_size=12), max_size=16), st.integers(0, 40))
def test_no_text_in_a_line_is_taken_for_an_answer_it_is_not(fields, at):
    lines = [OK.split("|"), HELD.split("|")]
    line = lines[at % 2]
    line[2:] = fields
    body = pack(Head("00", "CXFK", institution(ROW), batch_no(NUMBER), STAMP), lines)
    assert isinstance(read(body)[NUMBER], OutsideProtocol | Refused | Unsupported)


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
    assert unpack(response.body).head.code == "9004"
    stranger = agency_row("securities", agency="stranger")
    call = ADAPTER.to_call(stranger, [Outgoing(command)])
    response = MOCK.answer(exchange.desk, MockRequest("POST", call.path, {}, {}, call.content))
    assert unpack(response.body).head.code == "9003"
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
