from base64 import b64decode
from collections import Counter
from fractions import Fraction
from typing import get_args

import orjson
import pytest

from contracts.assets.wealth_products import ASSET_TYPE, WealthProductRecord
from contracts.documents import DocumentKind
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.runtime.mock.port import MockRequest
from services.runtime.port import Accepted, AgencyResponse, Asked, Outgoing, OutsideProtocol
from services.runtime.reading import currencies
from services.wealth_products import adapter, codes, parts, reading, said
from services.wealth_products.adapter import ADAPTER
from services.wealth_products.demo import DEMO_COMPANY, DEMO_HOLDINGS, DEMO_PERSON
from services.wealth_products.examples import ANSWERS, CALLS
from services.wealth_products.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row, asked_of
from tests.contract.suite import DIRECTORY

BANKS = DIRECTORY.of_type("wealth_products")
ROW = agency_row("wealth_products", agency="icbc-wealth", capabilities=("query", "freeze", "renew", "release", "status"))


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def everything(*rows):
    for row in rows:
        there = Exchange(ADAPTER, MOCK, row)
        yield from (held for subject in there.simulation.register.subjects() for held in there.simulation.register.holdings(row, subject))


# ---- golden pairs


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    call = ADAPTER.to_call(ROW, example.outgoing)
    assert (call.method, call.path, call.content.decode()) == (example.method, example.path, example.content)


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_the_mock_bank_reads_what_the_example_sends(bank, example):
    response = MOCK.answer(bank.desk, MockRequest(example.method, example.path, {}, {}, example.content.encode()))
    asked = [asked_of(one.command) for one in example.outgoing]
    answers = ADAPTER.to_answers(ROW, asked, AgencyResponse(response.status, response.content_type, response.body))
    assert not any(isinstance(answer, OutsideProtocol) for answer in answers.values())


@pytest.mark.parametrize("example", ANSWERS, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    asked = [Asked("task", "request", number, example.asks) for number in example.request_nos]
    assert ADAPTER.to_answers(ROW, asked, AgencyResponse(200, "application/json", example.body.encode())) == example.answers


# ---- the truth, both ways


@pytest.mark.parametrize("row", BANKS, ids=lambda row: row.agency)
def test_what_many_subjects_have_arrives_as_the_register_has_it(row):
    there = Exchange(ADAPTER, MOCK, row.model_copy(update={"answers_by": "response"}))
    subjects, holders = list(there.simulation.register.subjects())[::11], 0
    for start in range(0, len(subjects), 100):
        batch = subjects[start:start + 100]
        commands = [there.command("query", subject) for subject in batch]
        answers = there.ask(*commands)
        for command, subject in zip(commands, batch, strict=True):
            answer, truth = answers[command.request_no], there.desk.holdings(subject)
            holders += bool(truth)
            assert [WealthProductRecord.model_validate(asset.record) for asset in answer.assets] == [held.record for held in truth]
            assert [asset.priority_rights for asset in answer.assets] == [held.priority_rights for held in truth]
            assert [list(asset.prior_measures) for asset in answer.assets] == [
                list(there.desk.measures(held.key, subject.id_no)) for held in truth]
            assert answer.as_of == there.clock.now()
    assert 0.05 < holders / len(subjects) < 0.12


def test_the_products_of_the_register_are_plausible():
    held = list(everything(*BANKS))
    records = [one.record for one in held]
    own = [record for record in records if record.sale_channel == "own"]
    assert 0.2 < 1 - len(own) / len(records) < 0.3
    assert 0.07 < sum(record.cash_return_account is None for record in own) / len(own) < 0.13
    assert {record.product_type for record in records} == set(get_args(reading.ProductType))
    assert {record.trade_restriction for record in records} == {"none", "closed_period", "pledged"}
    assert {record.currency for record in records} == {"CNY", "USD"}
    assert any(record.return_account_balance_fen for record in own)
    assert any(len(one.prior_measures) == 2 for one in held)
    assert 1_000_000 < sorted(record.total_value_fen for record in records)[len(records) // 2] < 20_000_000
    assert len({(agency, one.key) for agency, one in zip(map(id, held), held, strict=True)}) == len(held)
    assert max(Counter(record.wealth_account for record in records).values()) == 3


def test_units_price_and_worth_say_the_same_of_every_product():
    for one in everything(*BANKS):
        record = one.record
        assert abs(Fraction(record.units) * Fraction(record.unit_price) * 100 - record.total_value_fen) <= 1
        if record.sale_channel == "agency_sold":
            assert (record.available_units, record.available_value_fen) == ("0", 0)
        assert record.available_value_fen <= record.total_value_fen
        short = Fraction(record.units) * record.available_value_fen - Fraction(record.available_units) * record.total_value_fen
        assert 0 <= short <= Fraction("0.01") * record.total_value_fen


def test_the_register_shows_at_first_what_its_ledger_computes():
    for row in BANKS:
        there = Exchange(ADAPTER, MOCK, row)
        for subject in there.simulation.register.subjects():
            for held in there.simulation.register.holdings(row, subject):
                thing = there.simulation.ledger.thing(row, held, subject.id_no, there.clock.now())
                beside = max(0, held.record.return_account_balance_fen - thing.held)
                assert thing.left == held.record.available_value_fen + beside


def test_the_demo_subjects_have_an_own_product_and_one_sold_for_another():
    (own,), (sold,) = DEMO_HOLDINGS[DEMO_PERSON, "icbc-wealth"], DEMO_HOLDINGS[DEMO_COMPANY, "cmb-wealth"]
    assert {code for _, code in DEMO_HOLDINGS} <= {row.agency for row in BANKS}
    assert (own.record.sale_channel, own.record.available_value_fen, own.in_part) == ("own", 8_000_000, False)
    assert (sold.record.sale_channel, sold.record.total_value_fen, sold.record.available_value_fen, sold.in_part) == ("agency_sold", 30_000_000, 0, True)
    assert own.record.cash_return_account
    assert sold.record.cash_return_account


# ---- tables


def words(field):
    return set(ASSET_TYPE.words()[field])


def test_the_tables_cover_the_lists_of_both_sides():
    assert set(adapter._ID_TYPES) == set(get_args(IdType))
    assert set(adapter._ID_TYPES.values()) == set(get_args(codes.IdTypeCode))
    assert set(adapter._DOCUMENTS) == set(get_args(DocumentKind))
    assert set(adapter._DOCUMENTS.values()) == set(get_args(codes.DocumentCode))
    assert set(reading.TYPES.values()) == set(get_args(reading.ProductType))
    assert set(reading.TYPES.values()) == words("product_type")
    assert set(reading.CHANNELS.values()) == words("sale_channel")
    assert set(reading.RESTRICTIONS.values()) == words("trade_restriction")
    assert set(parts.RIGHTS) == set(get_args(codes.RightCode))
    assert set(parts.STANDINGS) == set(get_args(codes.StandingCode))
    assert set(parts.REASONS) == set(get_args(codes.ReasonCode))
    assert {reason for reason in parts.REASONS.values() if reason} <= set(REASONS)
    assert set(parts.PARTS) == set(get_args(codes.PartCode))
    assert list(parts.PARTS.values()) == list(ASSET_TYPE.parts)


def test_adapter_and_mock_agree_on_every_code_without_sharing_a_table():
    assert {name: code for code, name in reading.TYPES.items()} == said._TYPES
    assert {name: code for code, name in reading.CHANNELS.items()} == said._CHANNELS
    assert {name: code for code, name in reading.RESTRICTIONS.items()} == said._RESTRICTIONS
    assert said._NUMERIC.items() <= currencies.NUMERIC.items()
    assert {name: code for code, name in parts.RIGHTS.items()} == said._RIGHTS
    assert {name: code for code, name in parts.STANDINGS.items()} | {"partly_in_force": "1"} == said._STANDINGS
    assert all(parts.REASONS[code] in (reason, None) for reason, code in said._REASONS.items())


# ---- answers that come later


def test_a_bank_that_answers_later_tells_its_products_when_asked():
    there = Exchange(ADAPTER, MOCK, next(row for row in BANKS if row.agency == "cmb-wealth"))
    company = there.simulation.register.subject(DEMO_COMPANY)
    command = there.command("query", company)
    assert isinstance(there.ask_one(command), Accepted)
    assert isinstance(there.ask_one(there.status_of(command)), Accepted)
    there.clock.advance(60)
    assert [asset.record["product_code"] for asset in there.ask_one(there.status_of(command)).assets] == ["004453"]


# ---- what is written


def test_a_document_travels_with_its_content_where_it_is_wanted(bank):
    command = bank.command("query", bank.holder()[0])
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: b"%PDF-1.7"})])
    (document,) = orjson.loads(call.content)["CXLB"][0]["WSXX"]
    assert b64decode(document["WSNR"]) == b"%PDF-1.7"
