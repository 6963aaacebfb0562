from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.assets.provident_fund import ASSET_TYPE
from contracts.control import ControlAnswer
from contracts.documents import DocumentKind
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported, ContractError
from contracts.money import fen_to_yuan
from contracts.outcome import REASONS
from contracts.subject import IdType
from gateway.domain import law
from services.provident_fund import adapter, mock_agency, reading, sheet
from services.provident_fund.adapter import ADAPTER
from services.provident_fund.examples import DEMO_PERSON, EXAMPLES, STAMP
from services.provident_fund.mock_agency import MOCK
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
from tests.contract.documents import openapi
from tests.contract.exchange import Exchange, agency_row, as_received, other_court

ROW = agency_row("provident_fund", agency="yunfu-provident-fund", subject_kinds=("person",))
NUMBER = EXAMPLES[0].request_no
FOUND = EXAMPLES[0].result
DOCUMENT = Path("services/provident_fund/fund_centre.openapi.yaml")


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def demo(exchange: Exchange):
    return exchange.simulation.register.subject(DEMO_PERSON)


def read(body: object, *, asks: str = "query", numbers: tuple[str, ...] = (NUMBER,), status: int = 200, content_type: str = "application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers]
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return ADAPTER.to_answers(ROW, asked, AgencyResponse(status, content_type, content))


def envelope(*results: object, **changes: object) -> dict[str, object]:
    return {"code": "0000", "msg": "成功", "fksj": STAMP, "jgs": list(results), **changes}


def read_one(result: object, asks: str = "query"):
    return read(envelope(result), asks=asks)[NUMBER]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_means_what_it_says(example):
    assert read(envelope(example.result), asks=example.asks, numbers=(example.request_no,)) == {example.request_no: example.answer}


def test_the_mock_says_of_the_demo_person_what_the_example_says(exchange, demo):
    command = exchange.command("query", demo, request_no=NUMBER)
    response = exchange.simulation.answer(exchange.desk, as_received(exchange.call(command)))
    assert orjson.loads(response.body)["jgs"] == [FOUND]


def test_what_many_persons_have_arrives_as_the_register_has_it(exchange):
    subjects = [subject for subject in exchange.simulation.register.subjects() if subject.kind == "person"][::9]
    commands = [exchange.command("query", subject) for subject in subjects]
    answers = exchange.ask(*commands)
    holders = 0
    for command, subject in zip(commands, subjects, strict=True):
        truth = exchange.desk.holdings(subject)
        found = answers[command.request_no].assets
        holders += bool(truth)
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in found] == [held.record for held in truth]
        assert [asset.prior_measures for asset in found] == [held.prior_measures for held in truth]
    assert 0.55 < holders / len(subjects) < 0.65


def test_accounts_are_plausible_and_repeatable(exchange):
    for subject in list(exchange.simulation.register.subjects())[::7]:
        for held in exchange.desk.holdings(subject):
            record = held.record
            assert subject.kind == "person"
            assert held.key == record.personal_account_no == ASSET_TYPE.key_text(record.model_dump())
            assert record.monthly_personal_fen == record.contribution_base_fen * record.rate_personal
            assert record.frozen_fen == sum(one.amount_fen for one in held.prior_measures) <= record.balance_fen
            assert Decimal("0.05") <= record.rate_employer <= Decimal("0.12")
    assert Exchange(ADAPTER, MOCK, ROW).desk.holdings(subject) == exchange.desk.holdings(subject)


def test_an_organisation_is_declined_in_the_centres_words(exchange):
    company = exchange.simulation.register.subject("91445300MA4UN0001B")
    assert exchange.ask_one(exchange.command("query", company)) == Unsupported("仅受理个人")


def test_document_content_travels_with_the_request(exchange, demo):
    command = exchange.command("query", demo)
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: b"%PDF-1.7"})])
    assert orjson.loads(call.content)["qqs"][0]["wss"][0]["wsnr"] == b64encode(b"%PDF-1.7").decode()
    assert isinstance(MOCK.answer(exchange.desk, as_received(call)).body, bytes)


def listed(schema: str, name: str) -> set[str]:
    """The codes of one field in the centre's own document."""
    properties = openapi(DOCUMENT).spec["components"]["schemas"][schema]["properties"]
    return set(properties[name].read_value()["enum"])


def test_the_tables_cover_the_centres_lists():
    assert set(reading.REASONS) | reading.UNSUPPORTED == listed("Declined", "jgdm") == set(mock_agency._RESULT_TEXTS) - {"0000", "0001", "1000"}
    assert set(reading.REASONS.values()) <= set(REASONS)
    assert set(reading.UNAVAILABLE) | {"0000", "9003", "9004"} == set(openapi(DOCUMENT).spec["components"]["schemas"]["CallCode"].read_value()["enum"])
    assert set(sheet.ACCOUNT_STATES) == listed("Account", "grzhzt")
    assert set(sheet.STANDING) == listed("Freeze", "djcs")
    assert set(sheet.LOANS) == listed("Account", "sfydk") - {None}
    assert set(adapter._ID_TYPES) == set(IdType.__args__)
    assert set(adapter._ID_TYPES.values()) <= set(openapi(DOCUMENT).spec["components"]["schemas"]["IdType"].read_value()["enum"])
    assert set(adapter._DOCUMENTS) == set(DocumentKind.__args__)
    assert set(adapter._DOCUMENTS.values()) == listed("Document", "wslb") == set(mock_agency._KINDS)
    assert set(adapter._MEASURES.values()) == listed("ControlOrder", "kzcs") == set(mock_agency._ACTIONS)


def test_adapter_and_mock_agree_on_every_code_without_sharing_a_table():
    assert {name: code for code, name in sheet.ACCOUNT_STATES.items()} == mock_agency._ACCOUNT_STATES
    assert {state: code for code, state in reading.STATES.items()} == mock_agency._STATES
    assert {measure: code for code, measure in sheet.STANDING.items()} == mock_agency._STANDING
    assert {kind: code for code, kind in mock_agency._KINDS.items()} == adapter._DOCUMENTS
    assert all(reading.REASONS.get(code, "measure_unsupported") == reason for reason, code in mock_agency._REFUSALS.items())


# ---- controls


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def test_a_freeze_holds_what_the_account_has_and_waits_for_nothing(exchange):
    subject, held = exchange.holder()
    more = held.record.balance_fen + 800_000
    control = controlled(exchange.ask_one(exchange.order("freeze", subject, held, amount_fen=more)))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("in_force", 1, held.record.balance_fen, 800_000)
    assert control.until_on.isoformat() == "2027-11-21"
    assert control.served_at == exchange.clock.now()


def test_a_second_court_waits_with_rank_two_until_the_first_is_released(exchange):
    subject, held = exchange.holder()
    first = exchange.order("freeze", subject, held, amount_fen=held.record.balance_fen)
    second = exchange.order("freeze", subject, held, amount_fen=100, **other_court())
    exchange.ask_one(first)
    waiting = controlled(exchange.ask_one(second))
    assert (waiting.state, waiting.rank, waiting.until_on) == ("waiting", 2, None)
    assert [one.authority for one in waiting.prior_measures] == ["云浮市云城区人民法院"]
    released = exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(released).state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).state == "in_force"


def test_a_renewal_moves_the_end_and_a_deduction_pays_out(exchange):
    subject, held = exchange.holder()
    first = exchange.order("freeze", subject, held, amount_fen=1_000, term_months=6)
    exchange.ask_one(first)
    follows = {"original_request_no": first.request_no}
    renewed = controlled(exchange.ask_one(exchange.order("renew", subject, held, term_months=12, **follows)))
    assert renewed.until_on.isoformat() == "2028-05-21"
    deducted = controlled(exchange.ask_one(exchange.order("deduct", subject, held, amount_fen=1_000, **follows)))
    assert (deducted.state, deducted.deducted_fen) == ("deducted", 1_000)
    assert exchange.ask_one(exchange.command("query", subject)).assets[0].record["balance_fen"] == held.record.balance_fen - 1_000


def test_a_freeze_and_deduction_needs_no_freeze_before(exchange):
    subject, held = exchange.holder()
    control = controlled(exchange.ask_one(exchange.order("freeze_and_deduct", subject, held, amount_fen=500)))
    assert (control.state, control.deducted_fen) == ("deducted", 500)


def test_the_centre_declines_for_its_documented_reasons(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    cases = {
        "document_missing": exchange.command("query", subject, documents=()),
        "credential_missing": exchange.command("query", subject, officer=query.officer.model_copy(update={"duty_card_no": ""})),
        "identity_mismatch": exchange.command("query", subject, subject=query.subject.model_copy(update={"name": "张三"})),
        "asset_not_found": exchange.order("freeze", subject, held, amount_fen=1, asset={"personal_account_no": "0"}),
        "term_over_cap": exchange.order("freeze", subject, held, amount_fen=1, term_months=37),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}


@pytest.mark.parametrize("action", ["deduct", "freeze_and_deduct"])
@pytest.mark.parametrize(("left_out", "code"), [
    ("case_funds_account", "funds_account_missing"), ("withdrawal_condition", "condition_missing"), ("amount_fen", "amount_missing")])
def test_money_leaves_the_fund_only_to_a_named_account_under_a_named_condition(exchange, action, left_out, code):
    subject, held = exchange.holder()
    first = exchange.order("freeze", subject, held, amount_fen=500)
    exchange.ask_one(first)
    order = {"amount_fen": 500, "original_request_no": first.request_no, left_out: None}
    assert exchange.ask_one(exchange.order(action, subject, held, **order)).code == code
    assert exchange.desk.holding(held.key, subject.id_no).record.balance_fen == held.record.balance_fen


@pytest.mark.parametrize(("condition", "code"), [
    ("home_purchase", "01"), ("retirement", "02"), ("left_work", "03"), ("left_country", "04"), ("loan_repayment", "05"), ("rent", "06")])
def test_every_condition_of_withdrawal_has_a_code_of_the_centre(exchange, condition, code):
    order = exchange.order("freeze_and_deduct", *exchange.holder(), amount_fen=500, withdrawal_condition=condition)
    assert orjson.loads(exchange.call(order).content)["qqs"][0]["tqyy"] == code
    assert controlled(exchange.ask_one(order)).state == "deducted"


def test_the_conditions_of_the_law_are_those_the_centre_knows(exchange):
    assert set(adapter._CONDITIONS) == set(law.words("PF-DEDUCT", "conditions"))
    assert set(adapter._CONDITIONS.values()) == listed("ControlOrder", "tqyy") - {None}
    with pytest.raises(ContractError):
        exchange.call(exchange.order("deduct", *exchange.holder(), amount_fen=500, withdrawal_condition="curiosity"))


def test_a_reason_that_the_centre_does_not_list_cannot_be_read(exchange):
    order = exchange.order("freeze_and_deduct", *exchange.holder(), amount_fen=500)
    received = as_received(exchange.call(order))
    wrong = replace(received, body=received.body.replace(b'"tqyy":"02"', b'"tqyy":"77"'))
    assert orjson.loads(exchange.simulation.answer(exchange.desk, wrong).body)["code"] == "9004"


def test_a_centre_freezes_an_amount_and_no_whole_account(exchange):
    subject, held = exchange.holder()
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.order("freeze", subject, held))
    received = as_received(exchange.call(exchange.order("freeze", subject, held, amount_fen=500)))
    without = replace(received, body=received.body.replace(b'"je":"5.00"', b'"je":null'))
    assert orjson.loads(exchange.simulation.answer(exchange.desk, without).body)["jgs"][0]["jgdm"] == "3011"


@pytest.mark.parametrize("code", sorted(reading.REASONS))
def test_a_documented_refusal_becomes_a_reason(code):
    result = {"qqdh": NUMBER, "jgdm": code, "jgsm": "不予协助"}
    assert read_one(result) == read_one(result, asks="freeze") == Refused(reading.REASONS[code], "不予协助")


def test_an_action_the_centre_does_not_offer_is_unsupported(exchange):
    subject, held = exchange.holder()
    for action in ("seal", "transfer"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, subject, held))
    no_deductions = Exchange(ADAPTER, MOCK, agency_row("provident_fund", capabilities=("query", "freeze")))
    with pytest.raises(AgencyUnsupported):
        no_deductions.call(no_deductions.order("freeze_and_deduct", subject, held))
    assert isinstance(read_one({"qqdh": NUMBER, "jgdm": "3006", "jgsm": "不支持"}, asks="deduct"), Unsupported)


def test_a_command_that_has_no_words_of_theirs_is_our_fault(exchange):
    subject, held = exchange.holder()
    query = exchange.command("query", subject)
    poem = query.documents[0].model_copy(update={"kind": "poem"})
    nameless = exchange.order("freeze", subject, held, asset={})
    for command in (query.model_copy(update={"documents": (poem,)}), nameless, nameless.model_copy(update={"control": None})):
        with pytest.raises(ContractError):
            exchange.call(command)


# ---- answers outside the document


@pytest.mark.parametrize("result", [
    {**FOUND, "zhs": []}, {**FOUND, "zhs": None}, {**FOUND, "zhs": {}}, {**FOUND, "zhs": "无"}, {**FOUND, "jgdm": "8888"}, {**FOUND, "jgdm": 0},
    {"qqdh": NUMBER, "jgdm": "0000", "jgsm": ""}, {"qqdh": NUMBER, "jgsm": ""}, {"qqdh": NUMBER, "jgdm": "0001", "jgsm": "", "zhs": "有"},
    {"qqdh": NUMBER, "jgdm": "1000", "jgsm": "", "cxjg": 1}, {"qqdh": NUMBER, "jgdm": "1000", "jgsm": "", "slbh": "1", "cxjg": -1},
])
def test_a_result_outside_the_document_concludes_nothing(result):
    assert isinstance(read_one(result), OutsideProtocol)


def test_what_is_wrong_is_named_without_its_content():
    told = {**EXAMPLES[4].result, "qqdh": NUMBER}
    told["kzjg"] = {**told["kzjg"], "lhsx": "445302199001010013", "beizhu": "445302199001010013"}
    assert read_one(told, asks="freeze") == OutsideProtocol("kzjg.lhsx: int_type; kzjg.beizhu: extra_forbidden")


@pytest.mark.parametrize("changes", [{"kzzt": "9"}, {"sjje": "1"}, {"sdsj": "2026-11-31 10:00:00"}, {"jsrq": "2027"}, {"x": 1}])
def test_a_control_result_outside_the_document_concludes_nothing(changes):
    result = {**EXAMPLES[4].result, "qqdh": NUMBER}
    assert isinstance(read_one(result, asks="freeze"), Controlled)
    assert isinstance(read_one({**result, "kzjg": {**result["kzjg"], **changes}}, asks="freeze"), OutsideProtocol)
    assert isinstance(read_one({**result, "jgdm": "0001"}, asks="freeze"), OutsideProtocol)
    assert isinstance(read_one({**result, "x": 1}, asks="freeze"), OutsideProtocol)
    for code, more in (("1000", {"slbh": "1"}), ("2003", {})):
        told = {"qqdh": NUMBER, "jgdm": code, "jgsm": "", **more}
        assert not isinstance(read_one(told, asks="freeze"), OutsideProtocol)
        assert isinstance(read_one({**told, "x": 1}, asks="freeze"), OutsideProtocol)
    assert isinstance(read_one(result, asks="query"), OutsideProtocol)


def test_one_wrong_result_of_a_batch_takes_no_other_along():
    nothing = {"jgdm": "0001", "jgsm": "查无缴存账户"}
    body = envelope({"qqdh": "A1", **nothing}, {"qqdh": "A2", **nothing, "jgdm": "0002"}, {"qqdh": "A4", **nothing}, {"qqdh": "A4", **nothing})
    answers = read(body, numbers=("A1", "A2", "A3", "A4"))
    assert [type(answers[number]) for number in ("A1", "A2", "A3", "A4")] == [Found, *[OutsideProtocol] * 3]


@pytest.mark.parametrize("asks", ["query", "freeze"])
@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"0000"', b"\xff", orjson.dumps(envelope())[:-2], b"[" * 100_000, envelope(code="1234"), envelope(code="9004"),
    envelope(code=0), {"code": "0000", "msg": ""}, envelope(jgs={}),
], ids=range(12))
def test_an_envelope_outside_the_document_is_a_protocol_error(body, asks):
    with pytest.raises(AgencyProtocolError):
        read(body, asks=asks)


@pytest.mark.parametrize("body", [envelope(x=1), envelope(fksj="2026-11-31 17:00:00"), envelope(fksj="now"), envelope(fksj=None), envelope(msg=None), envelope("text")])
def test_what_is_said_of_a_control_is_held_to_the_document(body):
    with pytest.raises(AgencyProtocolError):
        read(body, asks="freeze")


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (404, "application/json"), (204, "")])
def test_another_status_or_content_type_is_a_protocol_error(status, content_type):
    with pytest.raises(AgencyProtocolError):
        read(envelope(FOUND), status=status, content_type=content_type)


JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | (
    st.dictionaries(st.sampled_from(["qqdh", "jgdm", "jgsm", "zhs", "grzh", "x"]), inner, max_size=4)), max_leaves=12)


@given(JSON)
def test_no_json_is_taken_for_an_answer_it_is_not(result):
    try:
        answer = read_one(result)
    except AgencyProtocolError:
        return
    assert isinstance(answer, OutsideProtocol) or result["jgdm"] in ("0000", "0001")


# ---- accounts as the centre may write them


@given(
    st.builds(
        lambda **fields: fields,
        grzh=st.text("0123456789", min_size=1, max_size=20), xingming=st.text("陈伟·abc", min_size=1, max_size=300),
        grzhye=st.from_regex(r"\A[0-9]{1,12}\.[0-9]{2}\Z"), djje=st.from_regex(r"\A[0-9]{1,12}\.[0-9]{2}\Z"),
        grzhzt=st.sampled_from(sorted(sheet.ACCOUNT_STATES)), grjcbl=st.none() | st.from_regex(r"\A(0\.[0-9]{4}|1\.0000)\Z"),
        jzny=st.none() | st.from_regex(r"\A(19|20)[0-9]{2}(0[1-9]|1[0-2])\Z")))
def test_whatever_fits_the_centres_document_fits_our_record(account):
    found = read_one({"qqdh": NUMBER, "jgdm": "0000", "jgsm": "", "zhs": [account]}).assets[0]
    record = ASSET_TYPE.record.model_validate(found.record)
    assert fen_to_yuan(record.balance_fen) == str(Decimal(account["grzhye"]))
    assert {mark.code for mark in found.unread} <= {"implausible"}


# ---- answers that come later, and calls as a whole


@pytest.mark.parametrize(("code", "why"), [("9001", "office_closed"), ("9002", "busy")])
def test_a_centre_that_is_closed_or_busy_is_asked_again(code, why):
    with pytest.raises(AgencyUnavailable) as unavailable:
        read(envelope(code=code))
    assert unavailable.value.why == why


def test_a_court_the_centre_does_not_serve_is_not_authorised():
    assert read(envelope(code="9003", msg="法院未开通"))[NUMBER] == Refused("not_authorised", "法院未开通")


def test_a_request_may_be_taken_in_without_a_time_to_ask_again():
    assert read_one({"qqdh": NUMBER, "jgdm": "1000", "jgsm": "", "slbh": "SL1"}) == Accepted("SL1", None)


def test_the_mock_declines_a_body_it_cannot_read(exchange):
    for body in (b"{", b"[]", b"{}", b'{"qqs":[{}]}', b'{"qqs":["?"]}', b'{"qqs":5}'):
        response = MOCK.answer(exchange.desk, MockRequest("POST", "/gjj/cx", {}, {}, body))
        assert orjson.loads(response.body)["code"] == "9004"
    assert MOCK.answer(exchange.desk, MockRequest("GET", "/elsewhere", {}, {}, b"")).status == 404
