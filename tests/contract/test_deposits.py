from base64 import b64decode
from collections import Counter
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
from contracts.money import fen_to_yuan
from contracts.outcome import REASONS
from contracts.subject import IdType
from gateway.domain.directory import parse_directory
from services.deposits import adapter, codes, reading, results, said
from services.deposits.adapter import ADAPTER
from services.deposits.demo import DEMO_COMPANY, DEMO_HOLDINGS, DEMO_PERSON
from services.deposits.examples import ANSWERS, CALLS
from services.deposits.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import Accepted, AgencyResponse, Asked, Controlled, Outgoing, OutsideProtocol
from services.runtime.reading import currencies
from tests.contract.exchange import Exchange, agency_row, asked_of

BANKS = parse_directory(yaml.safe_load(Path("deploy/agencies.yaml").read_text(encoding="utf-8"))).of_type("deposits")
CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan")
NUMBER = "20261122445302000123"


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


def a_result(**more):
    result = {"CCXH": "1", "KZCS": "01", "KHZH": "6222024530200012345", "KZNR": "1", "KZZT": "1", "CSZT": "1", **more}
    return {"BDHM": NUMBER, "FKSJ": "20261122170000", "CFBZ": "0", "KZXX": [result]}


def only(answers):
    (answer,) = answers.values()
    return answer


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


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
    assert set(reading.CLASSES.values()) == set(get_args(AccountClass))
    assert set(reading.STATUSES.values()) == set(get_args(DepositRecord.model_fields["account_status"].annotation))
    assert set(results.RIGHTS) == set(get_args(codes.RightCode))
    assert set(results.STANDINGS) == set(get_args(codes.StandingCode))
    assert set(results.REASONS) == set(get_args(codes.ReasonCode))
    assert {reason for reason in results.REASONS.values() if reason} <= set(REASONS)


def test_adapter_and_mock_agree_on_every_code_without_sharing_a_table():
    assert {name: code for code, name in reading.CLASSES.items()} == said._CLASSES
    assert {name: code for code, name in reading.STATUSES.items()} == said._STATUSES
    assert said._NUMERIC.items() <= currencies.NUMERIC.items()
    assert {name: code for code, name in results.RIGHTS.items()} == said._RIGHTS
    assert said._STANDINGS.items() <= {name: code for code, name in results.STANDINGS.items()}.items()
    assert all(results.REASONS[code] in (reason, None) for reason, code in said._REASONS.items())


@given(st.integers(min_value=-10**14, max_value=10**14))
def test_fen_are_fen_in_both_dialects(fen):
    assert TypeAdapter(codes.Fen).validate_python(str(fen)) == fen
    assert TypeAdapter(codes.Yuan).validate_python(fen_to_yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "１２", "1,000", " 1", "+1", "9" * 30, 100, [], {}, True])
def test_a_control_result_with_what_is_no_amount_in_fen_confirms_nothing(text):
    assert isinstance(only(answers_to(feedback(a_result(SKJE="100")), asks="freeze")), Controlled)
    assert isinstance(only(answers_to(feedback(a_result(SKJE=text)), asks="freeze")), OutsideProtocol)


@pytest.mark.parametrize("text", ["100", "1.5", "1.005", "1,000.00", "1e2", ".50", 100.25, None])
def test_what_is_no_amount_in_yuan_is_refused_of_a_control(text):
    with pytest.raises(ValidationError):
        TypeAdapter(codes.Yuan).validate_python(text)


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
