"""A bank that freezes an account itself, so that no amount is named (KZNR 2): only where a court allows it (LIMIT-WHOLE)."""

from dataclasses import replace

import orjson
import pytest

from contracts.control import ControlAnswer
from services.deposits.adapter import ADAPTER
from services.deposits.mock_agency import MOCK
from services.runtime.port import Controlled
from tests.contract.exchange import Exchange, agency_row, as_received, other_court

CAN = ("query", "freeze", "renew", "release", "deduct", "status")
ROW = agency_row("deposits", agency="icbc", capabilities=CAN)
YUAN_ROW = agency_row("deposits", agency="cmb", capabilities=CAN, dialect="yuan")
BOTH = pytest.mark.parametrize("row", [ROW, YUAN_ROW], ids=lambda row: row.dialect)


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


@BOTH
def test_a_freeze_without_an_amount_takes_the_whole_account_and_others_wait_behind_it(row):
    there = Exchange(ADAPTER, MOCK, row)
    subject, held = there.holder()
    command = there.order("freeze", subject, held)
    assert b'"2"' in there.call(command).content
    control = controlled(there.ask_one(command))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("in_force", 1, held.record.available_balance_fen, None)
    behind = controlled(there.ask_one(there.order("freeze", subject, held, amount_fen=1, **other_court())))
    assert (behind.state, behind.rank) == ("waiting", 2)
    assert [(one.request_no, one.amount_fen) for one in behind.prior_measures] == [(command.request_no, None)]
    (asset,) = (one for one in there.ask_one(there.command("query", subject)).assets if one.record["account_no"] == held.key)
    assert asset.record["available_balance_fen"] == 0
    assert [one.amount_fen for one in asset.prior_measures] == [None, 1]


def test_a_whole_account_behind_an_amount_takes_the_rest_and_grows_when_that_is_released(bank):
    subject, held = bank.holder()
    first = bank.order("freeze", subject, held, amount_fen=100, **other_court())
    bank.ask_one(first)
    ours = bank.order("freeze", subject, held)
    assert controlled(bank.ask_one(ours)).actual_fen == held.record.available_balance_fen - 100
    bank.ask_one(bank.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(bank.ask_one(bank.status_of(ours))).actual_fen == held.record.available_balance_fen


def test_a_whole_account_is_renewed_deducted_from_and_released_in_part(bank):
    subject, held = bank.holder()
    ours, available = bank.order("freeze", subject, held, term_months=6), held.record.available_balance_fen
    bank.ask_one(ours)
    follows = {"original_request_no": ours.request_no}
    assert controlled(bank.ask_one(bank.order("renew", subject, held, term_months=12, **follows))).until_on.isoformat() == "2028-05-21"
    taken = controlled(bank.ask_one(bank.order("deduct", subject, held, amount_fen=60, **follows)))
    assert (taken.state, taken.deducted_fen, taken.actual_fen) == ("in_force", 60, available - 60)
    left = controlled(bank.ask_one(bank.order("release", subject, held, amount_fen=available - 100, **follows)))
    assert (left.state, left.actual_fen) == ("in_force", 40)
    assert [one.amount_fen for one in bank.desk.measures(held.key, subject.id_no)] == [40]


def test_a_whole_account_that_waits_is_released_as_a_whole_only(bank):
    subject, held = bank.holder()
    bank.ask_one(bank.order("freeze", subject, held, **other_court()))
    ours = bank.order("freeze", subject, held)
    serial = controlled(bank.ask_one(ours)).waiting_serial
    follows = {"original_request_no": ours.request_no, "waiting_serial": serial}
    assert bank.ask_one(bank.order("release", subject, held, amount_fen=1, **follows)).code == "rejected_by_agency"
    assert controlled(bank.ask_one(bank.order("release", subject, held, **follows))).state == "released"


def test_an_exempt_account_is_not_frozen_whole_either(bank):
    subject, held = next((subject, held) for subject, held in bank.held() if held.record.account_class == "migrant_wage")
    received = as_received(bank.call(bank.order("freeze", subject, held)))
    (result,) = orjson.loads(bank.simulation.answer(bank.desk, received).body)["FKLB"][0]["KZXX"]
    assert (result["KZNR"], result["WNKZYY"]) == ("2", "11")


@pytest.mark.parametrize(("action", "amount", "said"), [
    ("freeze", b'"KZNR":"1","BZ":"156"', "22"), ("freeze", b'"KZNR":"2","BZ":"156","JE":"100"', None), ("freeze", b'"KZNR":"3","BZ":"156"', None),
    ("freeze_and_deduct", b'"KZNR":"2","BZ":"156"', None), ("freeze_and_deduct", b'"KZNR":"1","BZ":"156"', "22"),
])
def test_no_amount_is_a_whole_account_only_where_the_scope_says_so(bank, action, amount, said):
    subject, held = bank.holder()
    received = as_received(bank.call(bank.order(action, subject, held, amount_fen=100)))
    currency = b'"KZNR":"1","BZ":"156","JE":"100"'
    assert currency in received.body
    answer = orjson.loads(bank.simulation.answer(bank.desk, replace(received, body=received.body.replace(currency, amount))).body)
    assert answer["RESULT"] == ("9003" if said is None else "0000")
    assert said is None or answer["FKLB"][0]["KZXX"][0]["WNKZYY"] == said
    assert bank.desk.measures(held.key, subject.id_no) == []
