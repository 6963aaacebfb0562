"""One freeze takes hold of a product and of the account it pays back to; a bank may take one of them and decline the other."""

import orjson
import pytest

from contracts.control import ControlAnswer
from contracts.failures import AgencyUnsupported, IllegalTransition, MalformedMessage
from services.runtime.mock.happenings import Inflow, Reversal
from services.runtime.port import Controlled, Outgoing, Refused, Unsupported
from services.wealth_products.adapter import ADAPTER
from services.wealth_products.demo import DEMO_COMPANY, DEMO_PERSON
from services.wealth_products.mock_agency import MOCK
from tests.contract.exchange import Exchange, agency_row, as_received, other_court

CAN = ("query", "freeze", "renew", "release", "status")
ROW = agency_row("wealth_products", agency="icbc-wealth", capabilities=CAN)
SOLD_ROW = agency_row("wealth_products", agency="cmb-wealth", capabilities=CAN)
#: The pot of the demo person's product, in fen.
WORTH = 8_000_000


@pytest.fixture
def bank() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def own(bank):
    return held_by(bank, DEMO_PERSON)


@pytest.fixture
def seller() -> Exchange:
    return Exchange(ADAPTER, MOCK, SOLD_ROW)


@pytest.fixture
def sold(seller):
    return held_by(seller, DEMO_COMPANY)


def held_by(there, id_no):
    subject = there.simulation.register.subject(id_no)
    return subject, *there.desk.holdings(subject)


def some(there, sale_channel, *, has_account):
    return next((subject, held) for subject, held in there.held()
                if held.record.sale_channel == sale_channel and (held.record.cash_return_account is not None) == has_account
                and held.record.currency == "CNY")


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


def told(control):
    return [(part.part, part.state, part.actual_fen, part.code) for part in control.parts]


def pays_back(there, held, fen):
    there.simulation.happen(there.agency, Inflow(kind="inflow", key=held.key, amount_fen=fen))


def record_of(there, subject, held):
    (asset,) = (one for one in there.ask_one(there.command("query", subject)).assets
                if f"{one.record['wealth_account']}/{one.record['product_code']}" == held.key)
    return asset.record


# ---- both parts


def test_product_and_return_account_are_frozen_together(bank, own):
    control = controlled(bank.ask_one(bank.order("freeze", *own, amount_fen=5_000_000)))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("in_force", 1, 5_000_000, 0)
    assert told(control) == [("product", "in_force", 5_000_000, None), ("return_account", "in_force", 0, None)]
    record = record_of(bank, *own)
    assert (record["total_value_fen"], record["available_value_fen"], record["units"], record["available_units"]) == (
        WORTH, 3_000_000, "78170.80", "29314.05")


def test_more_than_there_is_lacks_until_the_product_pays_back(bank, own):
    freeze = bank.order("freeze", *own, amount_fen=WORTH + 700_000)
    control = controlled(bank.ask_one(freeze))
    assert (control.state, control.actual_fen, control.unfunded_fen) == ("in_force", WORTH, 700_000)
    pays_back(bank, own[1], 1_000_000)
    control = controlled(bank.ask_one(bank.status_of(freeze)))
    assert (control.actual_fen, control.unfunded_fen) == (WORTH + 700_000, 0)
    assert told(control) == [("product", "in_force", WORTH - 300_000, None), ("return_account", "in_force", 1_000_000, None)]
    record = record_of(bank, *own)
    assert (record["total_value_fen"], record["return_account_balance_fen"], record["available_value_fen"]) == (WORTH, 1_000_000, 300_000)


def test_money_on_the_account_is_held_first_and_by_who_came_first(bank, own):
    first, second = bank.order("freeze", *own, amount_fen=600_000), bank.order("freeze", *own, amount_fen=900_000, **other_court())
    pays_back(bank, own[1], 1_000_000)
    assert told(controlled(bank.ask_one(first))) == [("product", "in_force", 0, None), ("return_account", "in_force", 600_000, None)]
    assert told(controlled(bank.ask_one(second))) == [("product", "in_force", 500_000, None), ("return_account", "in_force", 400_000, None)]
    assert record_of(bank, *own)["available_value_fen"] == WORTH - 500_000


def test_a_second_court_waits_and_is_promoted_by_the_release(bank, own):
    first, second = bank.order("freeze", *own, amount_fen=WORTH), bank.order("freeze", *own, amount_fen=100, **other_court())
    bank.ask_one(first)
    waiting = controlled(bank.ask_one(second))
    assert (waiting.state, waiting.rank, waiting.until_on, waiting.agency_control_no) == ("waiting", 2, None, None)
    assert told(waiting) == [("product", "waiting", 0, None), ("return_account", "waiting", 0, None)]
    assert waiting.waiting_serial
    assert [one.amount_fen for one in waiting.prior_measures] == [WORTH]
    released = controlled(bank.ask_one(bank.order("release", *own, original_request_no=first.request_no)))
    assert (released.state, told(released)) == ("released", [("product", "released", 0, None), ("return_account", "released", 0, None)])
    promoted = controlled(bank.ask_one(bank.status_of(second)))
    assert (promoted.state, promoted.rank, promoted.actual_fen) == ("in_force", 1, 100)


def test_who_waits_may_withdraw(bank, own):
    second = bank.order("freeze", *own, amount_fen=100)
    bank.ask_one(bank.order("freeze", *own, amount_fen=WORTH, **other_court()))
    waiting = controlled(bank.ask_one(second))
    withdrawal = bank.order("release", *own, original_request_no=second.request_no, waiting_serial=waiting.waiting_serial)
    assert b'"KZCS":"05"' in bank.call(withdrawal).content
    assert controlled(bank.ask_one(withdrawal)).state == "released"


def test_a_renewal_keeps_rank_and_parts(bank, own):
    freeze = bank.order("freeze", *own, amount_fen=WORTH)
    before = controlled(bank.ask_one(freeze))
    bank.ask_one(bank.order("freeze", *own, amount_fen=100, **other_court()))
    after = controlled(bank.ask_one(bank.order("renew", *own, original_request_no=freeze.request_no)))
    assert (after.state, after.rank, after.parts) == (before.state, 1, before.parts)
    assert after.until_on == before.until_on.replace(year=before.until_on.year + 1)


def test_a_part_of_the_amount_is_released(bank, own):
    freeze = bank.order("freeze", *own, amount_fen=WORTH)
    bank.ask_one(freeze)
    narrowed = controlled(bank.ask_one(bank.order("release", *own, original_request_no=freeze.request_no, amount_fen=3_000_000)))
    assert (narrowed.state, narrowed.actual_fen, narrowed.unfunded_fen) == ("in_force", 5_000_000, 0)
    assert record_of(bank, *own)["available_value_fen"] == 3_000_000


# ---- one part only


def test_of_a_product_sold_for_another_only_the_return_account_is_frozen(seller, sold):
    freeze = seller.order("freeze", *sold, amount_fen=1_000_000)
    control = controlled(seller.ask_one(freeze))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("partly_in_force", 1, 0, 1_000_000)
    assert told(control) == [("product", "refused", None, "measure_unsupported"), ("return_account", "in_force", 0, None)]
    for paid_back, holds in ((400_000, 400_000), (2_000_000, 1_000_000)):
        pays_back(seller, sold[1], paid_back)
        control = controlled(seller.ask_one(seller.status_of(freeze)))
        assert (control.state, control.actual_fen, control.unfunded_fen) == ("partly_in_force", holds, 1_000_000 - holds)
    record = record_of(seller, *sold)
    assert (record["return_account_balance_fen"], record["available_value_fen"], record["available_units"]) == (2_400_000, 0, "0")


def test_of_a_product_that_pays_back_elsewhere_only_the_product_is_frozen(bank):
    subject, held = some(bank, "own", has_account=False)
    worth = held.record.total_value_fen
    control = controlled(bank.ask_one(bank.order("freeze", subject, held, amount_fen=worth + 50)))
    assert (control.state, control.rank, control.actual_fen, control.unfunded_fen) == ("partly_in_force", 1, worth, 50)
    assert told(control) == [("product", "in_force", worth, None), ("return_account", "refused", None, "measure_unsupported")]
    with pytest.raises(IllegalTransition):
        pays_back(bank, held, 100)


def test_a_part_is_renewed_released_and_taken_back_like_the_whole(seller, sold):
    freeze = seller.order("freeze", *sold, amount_fen=1_000)
    before = controlled(seller.ask_one(freeze))
    follows = {"original_request_no": freeze.request_no}
    renewed = controlled(seller.ask_one(seller.order("renew", *sold, **follows)))
    assert (renewed.state, renewed.parts, renewed.rank) == ("partly_in_force", before.parts, 1)
    pays_back(seller, sold[1], 1_000)
    narrowed = controlled(seller.ask_one(seller.order("release", *sold, amount_fen=300, **follows)))
    assert (narrowed.state, narrowed.actual_fen) == ("partly_in_force", 700)
    released = controlled(seller.ask_one(seller.order("release", *sold, **follows)))
    assert (released.state, told(released)) == ("released", [("return_account", "released", 0, None)])
    assert controlled(seller.ask_one(seller.status_of(freeze))).state == "released"


def test_a_part_is_waited_for_and_promoted(seller, sold):
    first, second = seller.order("freeze", *sold, amount_fen=1_000), seller.order("freeze", *sold, amount_fen=500, **other_court())
    seller.ask_one(first)
    waiting = controlled(seller.ask_one(second))
    assert (waiting.state, waiting.rank) == ("waiting", 2)
    assert told(waiting) == [("product", "refused", None, "measure_unsupported"), ("return_account", "waiting", 0, None)]
    seller.simulation.happen(seller.agency, Reversal(kind="reversed", request_no=first.request_no))
    assert controlled(seller.ask_one(seller.status_of(first))).state == "reversed"
    assert controlled(seller.ask_one(seller.status_of(second))).state == "partly_in_force"


def test_of_a_product_sold_for_another_that_pays_back_elsewhere_nothing_is_frozen(bank):
    subject, held = some(bank, "agency_sold", has_account=False)
    assert bank.ask_one(bank.order("freeze", subject, held, amount_fen=100)) == Unsupported("23 代销产品，由管理人登记; 24 资金回款账户不在本行")
    assert bank.desk.measures(held.key, subject.id_no) == []


# ---- what is declined


def test_the_bank_declines_for_its_documented_reasons(bank, own):
    subject, held = own
    query, asset = bank.command("query", subject), held.record.model_dump(mode="json")
    cases = {
        "document_missing": bank.order("freeze", *own, amount_fen=1, documents=()),
        "credential_missing": bank.command("query", subject, officer=query.officer.model_copy(update={"duty_card_no": ""})),
        "identity_mismatch": bank.order("freeze", *own, amount_fen=1, subject=query.subject.model_copy(update={"name": "欧阳无名"})),
        "asset_not_found": bank.order("freeze", *own, amount_fen=1, asset=asset | {"product_code": "none"}),
        "amount_missing": bank.order("freeze", *own),
        "term_over_cap": bank.order("freeze", *own, amount_fen=1, term_months=37),
        "no_original_measure": bank.order("release", *own, original_request_no="none"),
    }
    assert {code: bank.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}
    assert bank.desk.measures(held.key, subject.id_no) == []


def test_another_return_account_than_the_banks_is_not_there(bank, own):
    asset = own[1].record.model_dump(mode="json") | {"cash_return_account": "6222000000000000000"}
    assert bank.ask_one(bank.order("freeze", *own, amount_fen=1, asset=asset)) == Refused("asset_not_found", "09")


def test_what_its_row_does_not_offer_a_bank_declines(bank, own):
    command = bank.order("freeze", *own, amount_fen=1)
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"capabilities": ("query",)}))
    with pytest.raises(AgencyUnsupported):
        there.call(command)
    response = there.simulation.answer(there.desk, as_received(bank.call(command)))
    assert bank.read([command], response) == {command.request_no: Unsupported("08")}


def test_a_repeated_request_is_told_by_a_code_and_has_its_first_effect(bank, own):
    command = bank.order("freeze", *own, amount_fen=100)
    said = [orjson.loads(bank.simulation.answer(bank.desk, as_received(bank.call(command))).body)["FKLB"][0] for _ in range(2)]
    assert [one["CFBZ"] for one in said] == ["0", "1"]
    assert said[0]["KZXX"] == said[1]["KZXX"]


# ---- what is not sent


@pytest.mark.parametrize("action", ["seal", "transfer", "watchlist", "deduct", "freeze_and_deduct", "withdraw_income"])
def test_what_banks_do_not_do_to_products_is_not_sent(bank, own, action):
    there = Exchange(ADAPTER, MOCK, agency_row("wealth_products"))
    with pytest.raises(AgencyUnsupported):
        there.call(there.order(action, *own, amount_fen=1))


def test_a_control_that_cannot_be_written_is_not_sent(bank, own):
    with pytest.raises(MalformedMessage):
        bank.call(bank.command("freeze", own[0]))
    right = own[1].record.model_dump(mode="json")
    for asset in ({}, right | {"currency": "XXX"}, right | {"product_code": "查无金融资产信息"}, right | {"wealth_account": "x"}):
        with pytest.raises(MalformedMessage):
            bank.call(bank.order("freeze", *own, asset=asset))


def test_a_dialect_nobody_speaks_is_not_sent(bank, own):
    row = ROW.model_copy(update={"dialect": "another"})
    with pytest.raises(AgencyUnsupported):
        ADAPTER.to_call(row, [Outgoing(bank.command("query", own[0]))])
