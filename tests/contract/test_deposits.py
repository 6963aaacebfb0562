from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.assets.deposits import AccountClass, DepositRecord
from contracts.control import ControlAnswer
from contracts.documents import DocumentKind
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported, MalformedMessage
from contracts.money import fen_to_yuan
from contracts.outcome import REASONS
from contracts.subject import IdType
from gateway.domain.directory import parse_directory
from services.deposits import adapter, codes, reading, said
from services.deposits.adapter import ADAPTER
from services.deposits.examples import ANSWERS, CALLS, DEMO_COMPANY, DEMO_HOLDINGS, DEMO_PERSON
from services.deposits.mock_agency import MOCK
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
from tests.contract.exchange import Exchange, agency_row, as_received, asked_of

BANKS = parse_directory(yaml.safe_load(Path("deploy/agencies.yaml").read_text(encoding="utf-8"))).of_type("deposits")
CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan")
BOTH = pytest.mark.parametrize("row", [ROW, YUAN_ROW], ids=lambda row: row.dialect)
NUMBER, OTHER = "20261122445302000123", "20261122445302000124"


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def row_of(example):
    return ROW if example.dialect == "standard" else YUAN_ROW


def answers_to(body, *numbers, asks="query", row=ROW, status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(row, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def feedback(*items, **head):
    return {"RESULT": "0000", "MSG": "成功", "FKLB": list(items), **head}


def answered(*accounts, number=NUMBER, **more):
    return {"BDHM": number, "FKSJ": "20261122170000", "ZHXX": list(accounts), **more}


def an_account(**more):
    return {"CCXH": "1", "KHZH": "6222024530200012345", "CCLB": "01", "ZHZT": "0", "BZ": "156", "YE": "100", "KYYE": "100", **more}


def a_result(**more):
    result = {"CCXH": "1", "KZCS": "01", "KHZH": "6222024530200012345", "KZNR": "1", "KZZT": "1", "CSZT": "1", **more}
    return {"BDHM": NUMBER, "FKSJ": "20261122170000", "CFBZ": "0", "KZXX": [result]}


def only(answers):
    (answer,) = answers.values()
    return answer


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def an_account_of_class(bank, account_class):
    return next((subject, held) for subject in bank.simulation.register.subjects() for held in bank.desk.holdings(subject)
                if held.record.account_class == account_class and held.record.available_balance_fen > 100
                and held.record.currency == "CNY" and not held.prior_measures)


# ---- golden pairs


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    call = ADAPTER.to_call(row_of(example), example.outgoing)
    assert (call.method, call.path, call.content.decode()) == (example.method, example.path, example.content)


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_the_mock_bank_reads_what_the_example_sends(example):
    there = Exchange(ADAPTER, MOCK, row_of(example))
    response = MOCK.answer(there.desk, MockRequest(example.method, example.path, {}, {}, example.content.encode()))
    asked = [asked_of(one.command) for one in example.outgoing]
    answers = ADAPTER.to_answers(there.agency, asked, AgencyResponse(response.status, response.content_type, response.body))
    assert not any(isinstance(answer, OutsideProtocol) for answer in answers.values())


@pytest.mark.parametrize("example", ANSWERS, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    body = example.body.encode()
    assert answers_to(body, *example.request_nos, asks=example.asks, row=row_of(example)) == example.answers


# ---- the truth, both ways


@pytest.mark.parametrize("row", BANKS, ids=lambda row: row.agency)
def test_what_many_subjects_have_arrives_as_the_register_has_it(row):
    there = Exchange(ADAPTER, MOCK, row.model_copy(update={"answers_by": "response", "batch_size": 100}))
    subjects = list(there.simulation.register.subjects())[::11]
    holders = 0
    for start in range(0, len(subjects), 100):
        batch = subjects[start:start + 100]
        commands = [there.command("query", subject) for subject in batch]
        answers = there.ask(*commands)
        for command, subject in zip(commands, batch, strict=True):
            answer, truth = answers[command.request_no], there.desk.holdings(subject)
            holders += bool(truth)
            assert [DepositRecord.model_validate(asset.record) for asset in answer.assets] == [held.record for held in truth]
            assert [asset.priority_rights for asset in answer.assets] == [held.priority_rights for held in truth]
            assert [list(asset.prior_measures) for asset in answer.assets] == [
                list(there.desk.measures(held.key, subject.id_no)) for held in truth]
            assert answer.as_of == there.clock.now()
    assert 0.18 < holders / len(subjects) < 0.32


def test_a_person_banks_at_a_few_of_the_twelve():
    desks = [Exchange(ADAPTER, MOCK, row).desk for row in BANKS]
    people = [one for one in Exchange(ADAPTER, MOCK, ROW).simulation.register.subjects() if one.kind == "person"][1:2001:10]
    banks = [sum(bool(desk.holdings(one)) for desk in desks) for one in people]
    assert 2.6 < sum(banks) / len(banks) < 3.4


def test_the_accounts_of_the_register_are_plausible(bank):
    held = [one for subject in bank.simulation.register.subjects() for one in bank.desk.holdings(subject)]
    records = [one.record for one in held]
    classes = Counter(record.account_class for record in records)
    assert classes["personal_settlement"] > classes["time_deposit"] > classes["presale_supervision"] > 0
    assert {"CNY", "USD"} <= {record.currency for record in records}
    assert any(record.balance_fen < 0 for record in records)
    assert any(record.balance_fen == 0 for record in records)
    assert any(record.balance_fen > 100_000_000 for record in records)
    assert all(record.available_balance_fen <= max(0, record.balance_fen) for record in records)
    assert any(len(one.prior_measures) == 2 for one in held)
    assert any(one.priority_rights for one in held)
    assert len({record.account_no for record in records}) == len(records)


def test_the_demo_subjects_have_one_account_of_each_kind_that_matters():
    held = [one for holdings in DEMO_HOLDINGS.values() for one in holdings]
    assert {id_no for id_no, _ in DEMO_HOLDINGS} == {DEMO_PERSON, DEMO_COMPANY}
    assert {code for _, code in DEMO_HOLDINGS} <= {row.agency for row in BANKS}
    assert any(one.prior_measures for one in held)
    assert any(one.record.currency == "USD" for one in held)
    assert any(one.record.balance_fen < 0 for one in held)
    assert {"migrant_wage", "social_insurance", "acceptance_margin"} <= {one.record.account_class for one in held}


# ---- tables


def test_the_tables_cover_the_lists_of_both_sides():
    assert set(adapter._ID_TYPES) == set(get_args(IdType))
    assert set(adapter._ID_TYPES.values()) == set(get_args(codes.IdTypeCode))
    assert set(adapter._DOCUMENTS) == set(get_args(DocumentKind))
    assert set(adapter._DOCUMENTS.values()) == set(get_args(codes.DocumentCode))
    assert set(reading._CLASSES) == set(get_args(codes.AccountClassCode))
    assert set(reading._CLASSES.values()) == set(get_args(AccountClass))
    assert set(reading._STATUSES) == set(get_args(codes.AccountStatusCode))
    assert set(reading.CURRENCIES) == set(get_args(codes.CurrencyCode))
    assert set(reading._RIGHTS) == set(get_args(codes.RightCode))
    assert set(reading._STANDINGS) == set(get_args(codes.StandingCode))
    assert set(reading._REASONS) == set(get_args(codes.ReasonCode))
    assert {reason for reason in reading._REASONS.values() if reason} <= set(REASONS)


def test_adapter_and_mock_agree_on_every_code_without_sharing_a_table():
    assert {name: code for code, name in reading._CLASSES.items()} == said._CLASSES
    assert {name: code for code, name in reading._STATUSES.items()} == said._STATUSES
    assert {name: code for code, name in reading.CURRENCIES.items()} == said._NUMERIC
    assert {name: code for code, name in reading._RIGHTS.items()} == said._RIGHTS
    assert said._STANDINGS.items() <= {name: code for code, name in reading._STANDINGS.items()}.items()
    assert all(reading._REASONS[code] in (reason, None) for reason, code in said._REASONS.items())


@given(st.integers(min_value=-10**14, max_value=10**14))
def test_fen_are_fen_in_both_dialects(fen):
    assert TypeAdapter(codes.Fen).validate_python(str(fen)) == fen
    assert TypeAdapter(codes.Yuan).validate_python(fen_to_yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "１２", "1,000", " 1", "+1", "9" * 30, 100, None, [], {}, True])
def test_what_is_no_amount_in_fen_is_refused(text):
    assert isinstance(only(answers_to(feedback(answered(an_account(YE=text))))), OutsideProtocol)


@pytest.mark.parametrize("text", ["100", "1.5", "1.005", "1,000.00", "1e2", ".50", 100.25, None])
def test_what_is_no_amount_in_yuan_is_refused(text):
    with pytest.raises(ValidationError):
        TypeAdapter(codes.Yuan).validate_python(text)


# ---- none found, not looked up, declined: never confused


def test_no_account_is_found_only_where_the_bank_says_so():
    assert only(answers_to(feedback(answered({"KHZH": "查无开户信息"})))) == Found(datetime(2026, 11, 22, 9, tzinfo=UTC), [])
    assert isinstance(only(answers_to(feedback(answered()))), OutsideProtocol)
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "查无此人"})))), OutsideProtocol)
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "查无开户信息"}, an_account())))), OutsideProtocol)


def test_a_bank_that_met_an_error_is_asked_again():
    with pytest.raises(AgencyUnavailable):
        answers_to(feedback(answered({"KHZH": "查询异常"})))


def test_an_error_about_one_subject_says_nothing_about_the_others():
    answers = answers_to(feedback(answered({"KHZH": "查询异常"}), answered(an_account(), number=OTHER)), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], Found)


def test_a_declined_query_has_a_reason_from_the_list():
    assert only(answers_to(feedback(answered({"KHZH": "业务审核未通过", "WNCXYY": "03"})))) == Refused("credential_missing", "03")
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "业务审核未通过"})))), OutsideProtocol)
    assert isinstance(only(answers_to(feedback(answered({"KHZH": "业务审核未通过", "WNCXYY": "77"})))), OutsideProtocol)


@pytest.mark.parametrize("reason", get_args(codes.ReasonCode))
def test_every_documented_refusal_of_a_control_is_read(reason):
    answer = only(answers_to(feedback(a_result(KZZT="2", CSZT=None, WNKZYY=reason)), asks="freeze"))
    assert answer == Unsupported("08") if reason == "08" else isinstance(answer, Refused)


# ---- one bad item takes no other along


@pytest.mark.parametrize("change", [
    {"CCLB": "99"}, {"ZHZT": "9"}, {"BZ": "999"}, {"XZD": "1"}, {"KHRQ": "2015-09-01"}, {"KHRQ": "20150931000000"}, {"KHZH": ""}, {"YE": None},
    {"DJXX": [{"CSXH": "1", "DJJG": "法院", "BEIZ": "5"}]}, {"DJXX": [{"CSXH": "0", "DJJG": "法院", "BEIZ": "2"}]},
    {"QLXX": [{"QLLX": "8", "QLR": "某人"}]}, {"YE": "9999999999999999"},
])
def test_an_account_outside_the_document_fails_its_request_only(change):
    good, bad = answered(an_account()), answered(an_account(**change), number=OTHER)
    answers = answers_to(feedback(good, bad), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], Found)
    assert isinstance(answers[OTHER], OutsideProtocol)


@pytest.mark.parametrize("change", [
    {"KZZT": "3"}, {"CSZT": "9"}, {"CSZT": None}, {"CSZT": "2"}, {"CSZT": "2", "LHSX": "0"}, {"WNKZYY": "01"}, {"SKJE": 5}, {"XZD": ""},
])
def test_a_control_result_outside_the_document_confirms_nothing(change):
    assert isinstance(only(answers_to(feedback(a_result(**change)), asks="freeze")), OutsideProtocol)


def test_a_detail_says_where_and_not_what():
    answer = only(answers_to(feedback(answered(an_account(KHZH="陈伟的账户", CCLB="99")))))
    assert "ZHXX" in answer.detail
    assert "陈伟" not in answer.detail


def test_a_request_left_out_or_answered_twice_has_no_answer():
    answers = answers_to(feedback(answered(an_account()), answered({"KHZH": "查无开户信息"})), NUMBER, OTHER)
    assert isinstance(answers[NUMBER], OutsideProtocol)
    assert isinstance(answers[OTHER], OutsideProtocol)


def test_an_answer_to_what_was_not_asked_is_nobodys():
    answers = answers_to(feedback(answered(an_account(), number=OTHER), answered(an_account())))
    assert list(answers) == [NUMBER]
    assert isinstance(answers[NUMBER], Found)


@pytest.mark.parametrize("items", [[1], ["x"], [None], [[]], [{}], [{"BDHM": 5}], [{"BDHM": NUMBER}]])
def test_an_item_that_is_no_item_answers_nothing(items):
    assert isinstance(only(answers_to(feedback(*items))), OutsideProtocol)


# ---- the whole message


@pytest.mark.parametrize("body", [
    {"RESULT": "7777", "MSG": ""}, {"RESULT": "0000"}, {"RESULT": "0000", "MSG": "", "FKLB": {}}, {"RESULT": "0000", "MSG": "", "XZD": 1},
    {"RESULT": "9003", "MSG": "报文不符合规范"}, {"retCode": "0000", "retMsg": ""},
])
def test_a_message_outside_the_document_concludes_nothing(body):
    with pytest.raises(AgencyProtocolError):
        answers_to(body)


def test_only_json_with_status_200_is_an_answer():
    for status, content_type in ((404, "application/json"), (200, "text/html"), (202, "application/json"), (200, "")):
        with pytest.raises(AgencyProtocolError):
            answers_to(feedback(answered(an_account())), status=status, content_type=content_type)
    assert isinstance(only(answers_to(feedback(answered(an_account())), content_type="Application/JSON; charset=UTF-8")), Found)


@pytest.mark.parametrize(("code", "why"), [("9001", "office_closed"), ("9002", "busy")])
def test_a_bank_that_is_closed_or_busy_says_when_to_come_back(code, why):
    with pytest.raises(AgencyUnavailable) as raised:
        answers_to({"RESULT": code, "MSG": "请稍后", "DDMS": "1800"})
    assert (raised.value.retry_after_s, raised.value.why) == (1800.0, why)


@BOTH
def test_a_mock_bank_answers_what_it_cannot_read_in_its_own_words(row):
    there = Exchange(ADAPTER, MOCK, row)
    path = there.call(there.command("query", there.holder()[0])).path
    response = there.simulation.answer(there.desk, MockRequest("POST", path, {}, {}, b"{"))
    with pytest.raises(AgencyProtocolError):
        answers_to(response.body, row=row)
    assert there.simulation.answer(there.desk, MockRequest("POST", "/nothing", {}, {}, b"")).status == 404


def test_one_dialect_is_outside_the_protocol_of_the_other(bank):
    command = bank.command("query", bank.holder()[0])
    response = bank.simulation.answer(bank.desk, as_received(bank.call(command)))
    with pytest.raises(AgencyProtocolError):
        answers_to(response.body, command.request_no, row=YUAN_ROW)


# ---- controls


@BOTH
def test_a_freeze_that_finds_less_keeps_waiting_for_the_rest(row):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    available = held.record.available_balance_fen
    control = controlled(there.ask_one(there.order("freeze", subject, held, amount_fen=available + 40)))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("in_force", 1, available, 40)
    (asset,) = (one for one in there.ask_one(there.command("query", subject)).assets if one.record["account_no"] == held.key)
    assert asset.record["available_balance_fen"] == 0


@BOTH
def test_a_second_court_waits_with_rank_two_and_may_withdraw(row):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    there.ask_one(there.order("freeze", subject, held, amount_fen=held.record.balance_fen))
    second = there.order("freeze", subject, held, amount_fen=100)
    waiting = controlled(there.ask_one(second))
    assert (waiting.state, waiting.rank, waiting.until_on, waiting.agency_control_no) == ("waiting", 2, None, None)
    assert waiting.waiting_serial
    withdrawal = there.order("release", subject, held, original_request_no=second.request_no, waiting_serial=waiting.waiting_serial)
    assert b'"05"' in there.call(withdrawal).content
    assert controlled(there.ask_one(withdrawal)).state == "released"


def test_a_prior_freeze_and_a_pledge_are_told_with_the_control():
    there = Exchange(ADAPTER, MOCK, agency_row("deposits", agency="ccb", capabilities=CAN))
    chen = there.simulation.register.subject(DEMO_PERSON)
    (held,) = there.desk.holdings(chen)
    control = controlled(there.ask_one(there.order("freeze", chen, held, amount_fen=5_000_000)))
    assert [one.authority for one in control.prior_measures] == ["罗定市人民法院"]
    assert (control.state, control.actual_fen, control.unfunded_fen) == ("in_force", 2_200_000, 2_800_000)


@pytest.mark.parametrize("action", ["freeze_and_deduct", "withdraw_income"])
def test_money_can_be_taken_without_a_freeze_before(bank, action):
    subject, held = bank.holder()
    command = bank.order(action, subject, held, amount_fen=held.record.available_balance_fen)
    taken = controlled(bank.ask_one(command))
    assert (taken.state, taken.deducted_fen) == ("deducted", held.record.available_balance_fen)
    assert controlled(bank.ask_one(bank.status_of(command))) == taken


def test_a_deduction_takes_part_of_a_freeze(bank):
    subject, held = bank.holder()
    freeze = bank.order("freeze", subject, held, amount_fen=100)
    bank.ask_one(freeze)
    part = bank.order("deduct", subject, held, amount_fen=60, original_request_no=freeze.request_no)
    taken = controlled(bank.ask_one(part))
    assert (taken.state, taken.deducted_fen, taken.actual_fen) == ("in_force", 60, 40)


@pytest.mark.parametrize("account_class", ["letter_of_credit_margin", "presale_supervision", "migrant_wage"])
def test_an_exempt_account_is_not_frozen(bank, account_class):
    subject, held = an_account_of_class(bank, account_class)
    refused = bank.ask_one(bank.order("freeze", subject, held, amount_fen=100))
    assert (refused.code, bank.desk.measures(held.key, subject.id_no)) == ("asset_exempt", [])


def test_the_social_insurance_account_of_the_demo_company_is_exempt():
    there = Exchange(ADAPTER, MOCK, agency_row("deposits", agency="abc", capabilities=CAN))
    company = there.simulation.register.subject(DEMO_COMPANY)
    refusals = [there.ask_one(there.order("freeze", company, held, amount_fen=100)) for held in there.desk.holdings(company)]
    assert [(one.code, one.detail) for one in refusals] == [("asset_exempt", "11"), ("asset_exempt", "10")]


def test_an_acceptance_margin_may_be_frozen_and_not_deducted(bank):
    subject, held = an_account_of_class(bank, "acceptance_margin")
    assert bank.ask_one(bank.order("freeze_and_deduct", subject, held, amount_fen=100)).code == "asset_exempt"
    assert controlled(bank.ask_one(bank.order("freeze", subject, held, amount_fen=100))).state == "in_force"


@BOTH
def test_another_name_than_the_accounts_is_a_mismatch(row):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    other = {"kind": subject.kind, "name": "欧阳无名", "id_type": subject.id_type, "id_no": subject.id_no}
    assert there.ask_one(there.command("query", subject, subject=other)).code == "identity_mismatch"
    assert there.ask_one(there.order("freeze", subject, held, amount_fen=1, subject=other)).code == "identity_mismatch"


def test_an_officer_without_a_card_is_refused(bank):
    officer = {"name": "李明", "work_card_no": "-", "duty_card_no": "-"}
    command = bank.command("query", bank.holder()[0], officer=officer)
    command = command.model_copy(update={"officer": command.officer.model_copy(update={"duty_card_no": ""})})
    assert bank.ask_one(command).code == "credential_missing"


def test_an_account_of_someone_else_is_not_there(bank):
    stranger = bank.simulation.register.subject(DEMO_PERSON)
    others = next(held for subject, held in bank.held() if subject != stranger)
    assert bank.ask_one(bank.order("freeze", stranger, others, amount_fen=1)).code == "asset_not_found"


def test_a_repeated_request_is_told_by_a_code_and_has_its_first_effect(bank):
    subject, held = bank.holder()
    command = bank.order("freeze", subject, held, amount_fen=100)
    said_first, said_again = (
        orjson.loads(bank.simulation.answer(bank.desk, as_received(bank.call(command))).body) for _ in range(2))
    assert [one["FKLB"][0]["CFBZ"] for one in (said_first, said_again)] == ["0", "1"]
    assert said_first["FKLB"][0]["KZXX"][0]["DJBH"] == said_again["FKLB"][0]["KZXX"][0]["DJBH"]


def test_a_bank_that_is_not_idempotent_acts_twice_and_tells_its_status():
    cib = next(row for row in BANKS if row.agency == "cib")
    there = Exchange(ADAPTER, MOCK, cib)
    subject, held = there.holder()
    command = there.order("freeze", subject, held, amount_fen=held.record.available_balance_fen)
    assert there.ask_one(there.status_of(command)).code == "no_original_measure"
    assert controlled(there.ask_one(command)).state == "in_force"
    assert controlled(there.ask_one(there.status_of(command))).state == "in_force"
    assert controlled(there.ask_one(command)).state == "waiting"


def test_the_village_bank_cannot_freeze(bank):
    village = next(row for row in BANKS if row.agency == "yuncheng-village-bank")
    command = bank.order("freeze", *bank.holder(), amount_fen=1)
    with pytest.raises(AgencyUnsupported):
        ADAPTER.to_call(village, [Outgoing(command)])
    there = Exchange(ADAPTER, MOCK, village)
    response = there.simulation.answer(there.desk, as_received(bank.call(command)))
    assert answers_to(response.body, command.request_no, asks="freeze") == {command.request_no: Unsupported("08")}


def test_a_control_without_an_asset_is_not_sent(bank):
    with pytest.raises(MalformedMessage):
        bank.call(bank.command("freeze", bank.holder()[0]))


@pytest.mark.parametrize("action", ["seal", "transfer", "watchlist"])
def test_what_banks_do_not_do_is_not_sent(bank, action):
    with pytest.raises(AgencyUnsupported):
        bank.call(bank.order(action, *bank.holder()))


# ---- answers that come later


def test_the_rural_bank_answers_by_call_back_only():
    row = next(row for row in BANKS if row.agency == "yunfu-rcb")
    there = Exchange(ADAPTER, MOCK, row)
    chen = there.simulation.register.subject(DEMO_PERSON)
    command = there.command("query", chen)
    assert f"http://127.0.0.1/{command.request_no}".encode() in there.call(command).content
    assert isinstance(there.ask_one(command), Accepted)
    assert isinstance(there.ask_one(there.status_of(command)), Accepted)
    there.clock.advance(60)
    assert [asset.record["account_no"] for asset in there.called_back(command).assets] == ["6223305300045671238"]


def test_a_control_that_waited_is_told_as_it_stands_when_asked_later():
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status"}))
    subject, held = there.holder()
    first = there.order("freeze", subject, held, amount_fen=held.record.balance_fen)
    second = there.order("freeze", subject, held, amount_fen=1)
    there.settle(first)
    assert controlled(there.settle(second)).state == "waiting"
    there.settle(there.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(there.ask_one(there.status_of(second))).state == "in_force"


# ---- what is written


def test_a_document_travels_with_its_content_where_it_is_wanted(bank):
    command = bank.command("query", bank.holder()[0])
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: b"%PDF-1.7"})])
    (document,) = orjson.loads(call.content)["CXLB"][0]["WSXX"]
    assert b64decode(document["WSNR"]) == b"%PDF-1.7"


def test_a_term_is_a_last_day_or_months(bank):
    held = bank.holder()
    until = bank.call(bank.order("freeze", *held, amount_fen=1, term_months=None, until_on="2027-11-21")).content
    assert b'"JSRQ":"20271121235959"' in until
    assert b"KZQX" not in until
    assert b'"KZQX":12' in bank.call(bank.order("freeze", *held, amount_fen=1)).content


@pytest.mark.parametrize("kind", ["refused", "unknown_field", "unknown_code", "malformed", "office_closed"])
@BOTH
def test_a_scripted_fault_never_says_that_nothing_was_found(row, kind):
    there = Exchange(ADAPTER, MOCK, row)
    subjects = list(there.simulation.register.subjects())[:40]
    commands = [there.command("query", subject) for subject in subjects]
    expected = {"refused": Refused, "unknown_field": OutsideProtocol, "unknown_code": OutsideProtocol}
    if kind in expected:
        assert {type(answer) for answer in there.fail(kind, *commands).values()} == {expected[kind]}
    else:
        with pytest.raises(AgencyProtocolError if kind == "malformed" else AgencyUnavailable):
            there.fail(kind, *commands)
