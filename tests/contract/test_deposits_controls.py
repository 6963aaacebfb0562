from pathlib import Path

import orjson
import pytest
import yaml

from contracts.control import ControlAnswer
from contracts.failures import AgencyUnsupported, MalformedMessage
from gateway.domain.directory import parse_directory
from services.deposits.adapter import ADAPTER
from services.deposits.demo import DEMO_COMPANY, DEMO_PERSON
from services.deposits.mock_agency import MOCK
from services.runtime.port import (
    AgencyResponse,
    Asked,
    Controlled,
    Outgoing,
    Unsupported,
)
from tests.contract.exchange import Exchange, agency_row, as_received

BANKS = parse_directory(yaml.safe_load(Path("deploy/agencies.yaml").read_text(encoding="utf-8"))).of_type("deposits")
CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan")
BOTH = pytest.mark.parametrize("row", [ROW, YUAN_ROW], ids=lambda row: row.dialect)
NUMBER = "20261122445302000123"


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def answers_to(body, *numbers, asks="query", row=ROW, status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(row, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def an_account_of_class(bank, account_class):
    return next((subject, held) for subject in bank.simulation.register.subjects() for held in bank.desk.holdings(subject)
                if held.record.account_class == account_class and held.record.available_balance_fen > 100
                and held.record.currency == "CNY" and not held.prior_measures)


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


@pytest.mark.parametrize("action", ["deduct", "freeze_and_deduct", "withdraw_income"])
@BOTH
def test_money_leaves_an_account_only_to_a_named_account(row, action):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    freeze = there.order("freeze", subject, held, amount_fen=100)
    there.ask_one(freeze)
    order = {"amount_fen": 100, "original_request_no": freeze.request_no}
    assert there.ask_one(there.order(action, subject, held, **order, case_funds_account=None)).code == "funds_account_missing"
    assert there.ask_one(there.order(action, subject, held, **{**order, "amount_fen": None})).code == "amount_missing"
    assert there.desk.holding(held.key, subject.id_no).record.balance_fen == held.record.balance_fen


def test_a_control_without_an_asset_is_not_sent(bank):
    with pytest.raises(MalformedMessage):
        bank.call(bank.command("freeze", bank.holder()[0]))


@pytest.mark.parametrize("action", ["seal", "transfer", "watchlist"])
def test_what_banks_do_not_do_is_not_sent(bank, action):
    with pytest.raises(AgencyUnsupported):
        bank.call(bank.order(action, *bank.holder()))


def test_a_control_that_cannot_be_written_is_not_sent(bank):
    subject, held = bank.holder()
    for asset in ({}, {"account_no": "6222024530200012345", "currency": "XXX"}, {"account_no": "查无开户信息", "currency": "CNY"}):
        with pytest.raises(MalformedMessage):
            bank.call(bank.order("freeze", subject, held, asset=asset))


def test_a_dialect_nobody_speaks_is_not_sent(bank):
    command = bank.command("query", bank.holder()[0])
    row = ROW.model_copy(update={"dialect": "another"})
    with pytest.raises(AgencyUnsupported):
        ADAPTER.to_call(row, [Outgoing(command)])
