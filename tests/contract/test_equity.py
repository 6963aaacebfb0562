from datetime import date
from fractions import Fraction
from typing import get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.assets.equity import EquityRecord
from contracts.control import ControlAnswer
from contracts.documents import DocumentKind
from contracts.failures import AgencyUnsupported, MalformedMessage
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.equity import adapter, codes, reading, said, sheet, stakes
from services.equity.adapter import ADAPTER
from services.equity.examples import ANSWERS, CALLS, DEMO_COMPANY, DEMO_HOLDINGS, DEMO_PERSON
from services.equity.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    AgencyResponse,
    Asked,
    Controlled,
    Found,
    Outgoing,
    OutsideProtocol,
    Unsupported,
)
from services.runtime.reading.currencies import NUMERIC
from tests.contract.exchange import Exchange, agency_row, as_received, asked_of

CAN = ("query", "freeze", "renew", "release", "transfer", "status")
ROW = agency_row("equity", agency="gd-market-regulation", capabilities=CAN, batch_size=20, rank_basis="publicity")
NUMBER = "20261122445302000123"


@pytest.fixture
def registrar() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def slow() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status"}))


def answers_to(body, *numbers, asks="query", status=200, content_type="application/json"):
    asked = [Asked("task", "request", number, asks) for number in numbers or (NUMBER,)]
    return ADAPTER.to_answers(ROW, asked, AgencyResponse(status, content_type, body if isinstance(body, bytes) else orjson.dumps(body)))


def answer(*tasks, **head):
    return {"fhm": "0", "fhxx": "成功", "rw": list(tasks), **head}


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


# ---- golden pairs


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    call = ADAPTER.to_call(ROW, example.outgoing)
    assert (call.method, call.path, call.content.decode()) == (example.method, example.path, example.content)


@pytest.mark.parametrize("example", CALLS, ids=lambda example: example.title)
def test_the_mock_registrar_reads_what_the_example_sends(registrar, example):
    response = MOCK.answer(registrar.desk, MockRequest(example.method, example.path, {}, {}, example.content.encode()))
    asked = [asked_of(one.command) for one in example.outgoing]
    answers = ADAPTER.to_answers(ROW, asked, AgencyResponse(response.status, response.content_type, response.body))
    assert not any(isinstance(one, OutsideProtocol) for one in answers.values())


@pytest.mark.parametrize("example", ANSWERS, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    assert answers_to(example.body.encode(), *example.request_nos, asks=example.asks) == example.answers


# ---- the truth, both ways


def test_what_many_subjects_hold_arrives_as_the_register_has_it(registrar):
    subjects = list(registrar.simulation.register.subjects())[::5]
    for start in range(0, len(subjects), 20):
        batch = subjects[start:start + 20]
        commands = [registrar.command("query", subject) for subject in batch]
        answers = registrar.ask(*commands)
        for command, subject in zip(commands, batch, strict=True):
            told, truth = answers[command.request_no], registrar.desk.holdings(subject)
            assert [EquityRecord.model_validate(asset.record) for asset in told.assets] == [held.record for held in truth]
            assert [asset.priority_rights for asset in told.assets] == [held.priority_rights for held in truth]
            assert [list(asset.prior_measures) for asset in told.assets] == [
                list(registrar.desk.measures(held.key, subject.id_no)) for held in truth]
            assert told.as_of == registrar.clock.now()


@pytest.mark.parametrize(("kind", "least", "most"), [("person", 0.08, 0.12), ("organisation", 0.45, 0.55)])
def test_a_tenth_of_the_people_and_half_the_companies_hold_stakes(registrar, kind, least, most):
    subjects = [one for one in registrar.simulation.register.subjects() if one.kind == kind]
    held = [registrar.desk.holdings(one) for one in subjects]
    assert least < sum(map(bool, held)) / len(subjects) < most
    assert {len(stakes) for stakes in held} == {0, 1, 2, 3}
    companies = [stake.key for stakes in held for stake in stakes]
    assert len(companies) == len(set(companies))


def test_the_demo_subjects_have_a_pledged_and_a_frozen_stake():
    assert set(DEMO_HOLDINGS) == {DEMO_PERSON, DEMO_COMPANY}
    assert any(held.record.pledges for held in DEMO_HOLDINGS[DEMO_PERSON])
    assert any(held.prior_measures for held in DEMO_HOLDINGS[DEMO_COMPANY])


# ---- tables and forms


def test_the_tables_cover_the_lists_of_both_sides():
    assert set(adapter._ID_TYPES) == set(get_args(IdType))
    assert set(adapter._ID_TYPES.values()) == set(get_args(codes.IdTypeCode))
    assert set(adapter._DOCUMENTS) == set(get_args(DocumentKind))
    assert set(adapter._DOCUMENTS.values()) == set(get_args(codes.DocumentCode))
    assert set(adapter._MATTERS.values()) == set(get_args(codes.MatterCode))
    assert set(sheet.COMPANY_STATES.values()) == set(get_args(EquityRecord.model_fields["registration_status"].annotation))
    assert set(reading._STATES) == set(get_args(codes.FreezeStateCode)) - {"3"}
    assert set(reading._LAPSES) == set(get_args(codes.LapseCode))
    assert set(reading._RIGHTS) == set(get_args(codes.RightCode))
    assert set(reading._REASONS) == set(get_args(codes.ReasonCode))
    assert {reason for reason in reading._REASONS.values() if reason} <= set(REASONS)


def test_adapter_and_mock_agree_on_every_code_without_sharing_a_table():
    assert {name: code for code, name in sheet.COMPANY_STATES.items()} == said._COMPANY_STATES
    assert {name: code for code, name in sheet.CONTRIBUTIONS.items()} == said._CONTRIBUTIONS
    assert {name: code for code, name in reading._RIGHTS.items()} == said._RIGHTS
    assert said._MATTERS == adapter._MATTERS
    assert {letters: NUMERIC[letters] for letters in said._CURRENCIES} == said._CURRENCIES
    assert all(reading._REASONS[code] in (reason, None) for reason, code in said._REASONS.items())


@given(st.integers(min_value=0, max_value=10**15))
def test_the_sixth_decimal_of_a_wan_is_the_fen(fen):
    assert TypeAdapter(codes.Fen).validate_python(codes.wan(fen)) == fen
    assert codes.wan(fen) == said._wan(fen)
    assert sheet.capital("CNY")(codes.wan(fen)) == sheet.capital("USD")(codes.wan(fen)) == fen


@given(st.integers(min_value=1, max_value=10**6))
def test_a_share_is_the_same_both_ways(millionths):
    share = Fraction(millionths, 10**6)
    assert Fraction(sheet.share(codes.percent(share))) == share
    assert codes.percent(share) == said._percent(str(share))


@given(st.dates(min_value=date(1980, 1, 1), max_value=date(2100, 1, 1)))
def test_a_day_has_no_leading_noughts(day):
    text = f"{day.year}年{day.month}月{day.day}日"
    assert TypeAdapter(codes.Day).validate_python(text) == day
    assert said._day(day) == text


# ---- matters


def test_a_share_of_the_company_freezes_so_much_of_the_holders_capital(registrar):
    chen = registrar.simulation.register.subject(DEMO_PERSON)
    own = registrar.desk.holdings(chen)[0]
    control = controlled(registrar.ask_one(registrar.order("freeze", chen, own, ratio="1/10", term_months=36)))
    assert (control.state, control.actual_fen, control.rank) == ("in_force", own.record.subscribed_capital_fen // 3, 1)
    assert control.until_on == date(2029, 11, 21)


def test_capital_is_frozen_to_the_fen_and_the_rest_is_free_for_the_next(registrar):
    subject, held = registrar.holder()
    most = held.record.subscribed_capital_fen
    first = controlled(registrar.ask_one(registrar.order("freeze", subject, held, capital_fen=most - 1)))
    rest = controlled(registrar.ask_one(registrar.order("freeze", subject, held, capital_fen=5)))
    last = controlled(registrar.ask_one(registrar.order("freeze", subject, held, capital_fen=5)))
    assert [(one.state, one.actual_fen, one.rank) for one in (first, rest, last)] == [
        ("in_force", most - 1, 1), ("in_force", 1, 1), ("waiting", 0, 2)]
    assert (last.agency_control_no, last.until_on) == (None, None)
    assert last.waiting_serial


def in_dollars(registrar):
    return next((subject, held) for subject, held in registrar.held() if held.record.currency == "USD")


def test_capital_in_dollars_is_found_and_frozen_in_dollars(registrar):
    subject, held = in_dollars(registrar)
    found = next(one for one in registrar.ask_one(registrar.command("query", subject)).assets if one.record["uscc"] == held.key)
    assert (found.record["currency"], held.record.value_fen(), stakes.currency_of(held.key)) == ("USD", None, "USD")
    order = registrar.order("freeze", subject, held, capital_fen=1_000)
    assert orjson.loads(registrar.call(order).content)["rw"][0]["bz"] == "840"
    control = controlled(registrar.ask_one(order))
    assert (control.state, control.actual_fen, control.wire["bz"]) == ("in_force", 1_000, "840")


def test_an_amount_in_yuan_is_no_capital_in_dollars(registrar):
    subject, held = in_dollars(registrar)
    with pytest.raises(AgencyUnsupported):
        registrar.call(registrar.order("freeze", subject, held, amount_fen=1_000))
    as_yuan = held.record.model_dump(mode="json") | {"currency": "CNY"}
    assert registrar.ask_one(registrar.order("freeze", subject, held, capital_fen=1_000, asset=as_yuan)).code == "rejected_by_agency"
    assert controlled(registrar.ask_one(registrar.order("freeze", subject, held, ratio="1/100"))).state == "in_force"


def test_a_currency_that_is_none_is_not_sent(registrar):
    subject, held = registrar.holder()
    with pytest.raises(MalformedMessage):
        registrar.call(registrar.order("freeze", subject, held, asset=held.record.model_dump(mode="json") | {"currency": "ZZZ"}))


def test_a_share_that_is_no_percentage_of_four_decimals_is_not_sent(registrar):
    with pytest.raises(AgencyUnsupported):
        registrar.call(registrar.order("freeze", *registrar.holder(), ratio="1/3"))


def test_shareholders_of_one_company_are_told_apart(registrar):
    chen, company = (registrar.simulation.register.subject(id_no) for id_no in (DEMO_PERSON, DEMO_COMPANY))
    own = registrar.desk.holdings(chen)[0]
    assert registrar.ask_one(registrar.order("freeze", company, own)).code == "asset_not_found"
    assert controlled(registrar.ask_one(registrar.order("freeze", chen, own))).state == "in_force"


def test_a_pledge_and_an_earlier_freeze_are_told_with_the_matter(registrar):
    chen, company = (registrar.simulation.register.subject(id_no) for id_no in (DEMO_PERSON, DEMO_COMPANY))
    pledged, frozen = registrar.desk.holdings(chen)[1], registrar.desk.holdings(company)[0]
    assert controlled(registrar.ask_one(registrar.order("freeze", chen, pledged))).priority_rights[0].amount_fen == 65_000_000
    behind = controlled(registrar.ask_one(registrar.order("freeze", company, frozen)))
    assert [one.authority for one in behind.prior_measures] == ["佛山市禅城区人民法院"]
    assert behind.actual_fen == 300_000_000


def test_a_transfer_needs_a_transferee_and_takes_the_stake_away(registrar):
    subject, held = registrar.holder()
    freeze = registrar.order("freeze", subject, held)
    registrar.ask_one(freeze)
    nobody = registrar.order("transfer", subject, held, original_request_no=freeze.request_no)
    nobody = nobody.model_copy(update={"control": nobody.control.model_copy(update={"transferee": None})})
    assert registrar.ask_one(nobody).code == "identity_incomplete"
    transfer = registrar.order("transfer", subject, held, original_request_no=freeze.request_no)
    assert controlled(registrar.ask_one(transfer)).state == "transferred"
    assert held.key not in {one.key for one in registrar.desk.holdings(subject)}


def test_a_freeze_that_was_not_renewed_has_expired_when_asked(slow):
    subject, held = slow.holder()
    freeze = slow.order("freeze", subject, held, term_months=1)
    assert controlled(slow.settle(freeze)).state == "in_force"
    slow.clock.advance(40 * 86_400)
    assert controlled(slow.ask_one(slow.status_of(freeze))).state == "expired"


def test_another_name_is_a_mismatch_and_a_card_is_needed(registrar):
    subject, _ = registrar.holder()
    other = {"kind": subject.kind, "name": "欧阳无名", "id_type": subject.id_type, "id_no": subject.id_no}
    assert registrar.ask_one(registrar.command("query", subject, subject=other)).code == "identity_mismatch"
    command = registrar.command("query", subject)
    without = command.model_copy(update={"officer": command.officer.model_copy(update={"work_card_no": " "})})
    assert registrar.ask_one(without).code == "credential_missing"


def test_what_a_registrar_does_not_do_is_not_sent_and_would_be_sent_back(registrar):
    order = registrar.order("freeze", *registrar.holder())
    response = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"capabilities": ("query",)}))
    told = response.simulation.answer(response.desk, as_received(registrar.call(order)))
    assert answers_to(told.body, order.request_no, asks="freeze") == {order.request_no: Unsupported("07")}
    for action in ("deduct", "seal", "freeze_and_deduct"):
        with pytest.raises(AgencyUnsupported):
            registrar.call(registrar.order(action, *registrar.holder()))
    with pytest.raises(MalformedMessage):
        registrar.call(registrar.command("freeze", registrar.holder()[0]))


# ---- tasks that take their time


def test_a_task_is_taken_in_and_found_by_either_number(slow):
    subject, _ = slow.holder()
    command = slow.command("query", subject)
    accepted = slow.ask_one(command)
    assert accepted == Accepted(f"RW{command.request_no}", 1.0)
    assert slow.ask_one(slow.status_of(command)) == accepted
    slow.clock.advance(1)
    by_task_no = slow.simulation.answer(slow.desk, MockRequest("GET", f"/tasks/{accepted.agency_ref}", {}, {}, b""))
    assert slow.read([command], by_task_no)[command.request_no] == slow.ask_one(slow.status_of(command))


def test_of_a_batch_what_is_sent_back_and_what_is_found_stand_side_by_side(slow):
    subject, _ = slow.holder()
    right, wrong = slow.command("query", subject), slow.command("query", subject, documents=())
    assert [type(one) for one in slow.ask(right, wrong).values()] == [Accepted, Accepted]
    slow.clock.advance(60)
    assert isinstance(slow.ask_one(slow.status_of(right)), Found)
    assert slow.ask_one(slow.status_of(wrong)).code == "document_missing"


def test_a_document_travels_with_its_content_where_it_is_wanted(registrar):
    command = registrar.command("query", registrar.holder()[0])
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: b"%PDF"})])
    assert orjson.loads(call.content)["rw"][0]["ws"][0]["wsnr"] == "JVBERg=="


def test_a_matter_that_cannot_be_written_is_not_sent(registrar):
    subject, held = registrar.holder()
    for asset in ({}, {"uscc": "not a code"}):
        with pytest.raises(MalformedMessage):
            registrar.call(registrar.order("freeze", subject, held, asset=asset))
