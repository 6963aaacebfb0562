import pytest

from contracts.failures import Rejected
from gateway.domain.control_body import (
    DeductionBody,
    ReleaseBody,
    RenewalBody,
    SearchBody,
    SurplusBody,
    TransferBody,
    read_action,
    read_control,
)
from tests.builders import PERSON_ID, TODAY, control_body, control_item, document, json, officer


def errors(body):
    with pytest.raises(Rejected) as rejected:
        read_control(json(body), today=TODAY)
    return {(one.pointer, one.code) for one in rejected.value.errors}


def test_a_right_body_is_read():
    body = read_control(json(control_body()), today=TODAY)
    assert body.items[0].amount_fen == 5_000_000


@pytest.mark.parametrize(("item", "pointer", "code"), [
    ({"measure": "hold"}, "/items/0/measure", "unknown_value"),
    ({"amount_fen": 0}, "/items/0/amount_fen", "too_small"),
    ({"quantity": 5}, "/items/0", "two_extents"),
    ({"term_months": None}, "/items/0", "term_required"),
    ({"until_on": "2027-01-01"}, "/items/0", "two_terms"),
    ({"measure": "freeze_and_deduct", "until_on": "2027-01-01"}, "/items/0", "two_terms"),
    ({"term_months": 121}, "/items/0/term_months", "too_large"),
    ({"term_months": None, "until_on": "2026-11-21"}, "/items/0/until_on", "in_the_past"),
    ({"amount_fen": None, "ratio": "3/2"}, "/items/0/ratio", "bad_ratio"),
    ({"amount_fen": None, "ratio": "half"}, "/items/0/ratio", "bad_ratio"),
    ({"asset_id": ""}, "/items/0/asset_id", "empty"),
    ({"asset_id": None}, "/items/0", "one_name"),
    ({"asset_id": None, "agency": "icbc"}, "/items/0", "one_name"),
    ({"agency": "icbc", "key": "6222"}, "/items/0", "one_name"),
    ({"subject": 0}, "/items/0", "one_name"),
])
def test_what_is_wrong_with_an_item_is_named(item, pointer, code):
    assert errors(control_body(control_item(**item))) == {(pointer, code)}


def test_every_bad_item_is_named():
    items = [control_item(asset_id=f"a{number}", term_months=0) for number in range(3)]
    assert errors(control_body(*items)) == {(f"/items/{number}/term_months", "too_small") for number in range(3)}


def test_the_same_measure_twice_on_one_asset_is_refused():
    assert errors(control_body(control_item(), control_item(term_months=6))) == {("/items/1", "duplicate_item")}


def test_an_asset_is_named_by_its_agency_and_key_instead():
    clue = control_item(asset_id=None, agency="icbc", key="6222", subject=1)
    assert read_control(json(control_body(clue)), today=TODAY).items[0].key == "6222"
    assert errors(control_body(clue, clue)) == {("/items/1", "duplicate_item")}


def test_items_are_checked_beside_a_missing_officer():
    body = control_body(control_item(term_months=None, until_on="2020-01-01"))
    del body["officer"]
    assert errors(body) == {("/officer", "required"), ("/items/0/until_on", "in_the_past")}


def test_five_hundred_items_are_the_most():
    items = [control_item(asset_id=f"a{number}") for number in range(501)]
    assert errors(control_body(*items)) == {("/items", "too_many_items")}
    assert len(read_control(json(control_body(*items[:500])), today=TODAY).items) == 500


def test_a_deduction_at_once_needs_no_term():
    item = control_item(measure="freeze_and_deduct", term_months=None)
    assert read_control(json(control_body(item)), today=TODAY).items[0].term_months is None


def action(model, **fields):
    return read_action(json({"officer": officer(), "documents": [document("ruling")], **fields}), model)


def test_a_renewal_has_one_term():
    assert action(RenewalBody, term_months=6).term_months == 6
    for fields in ({}, {"term_months": 6, "until_on": "2028-01-01"}):
        with pytest.raises(Rejected) as rejected:
            action(RenewalBody, **fields)
        assert rejected.value.errors[0].pointer == ""


def test_a_release_has_a_reason():
    assert action(ReleaseBody, reason="履行完毕").amount_fen is None
    with pytest.raises(Rejected) as rejected:
        action(ReleaseBody, amount_fen=0)
    assert {(one.pointer, one.code) for one in rejected.value.errors} == {("/reason", "required"), ("/amount_fen", "too_small")}


def test_a_deduction_goes_to_the_account_of_the_case():
    account = {"bank": "工行", "account_no": "1", "name": "法院"}
    assert action(DeductionBody, amount_fen=1, case_funds_account=account).case_funds_account.name == "法院"
    with pytest.raises(Rejected) as rejected:
        action(DeductionBody, amount_fen=1, case_funds_account={**account, "account_no": ""})
    assert rejected.value.errors[0].pointer == "/case_funds_account/account_no"


def test_an_amount_goes_with_a_transferred_surplus_and_only_with_it():
    assert read_action(json({"outcome": "nil"}), SurplusBody).amount_fen is None
    assert read_action(json({"outcome": "transferred", "amount_fen": 5}), SurplusBody).amount_fen == 5
    for body in ({"outcome": "transferred"}, {"outcome": "nil", "amount_fen": 5}):
        with pytest.raises(Rejected) as rejected:
            read_action(json(body), SurplusBody)
        assert rejected.value.errors[0].code == "amount_of_transfer"


def test_a_search_finds_a_number_however_it_was_typed():
    assert read_action(json({"id_no": "４４5302199001010013\u200b "}), SearchBody).id_no == PERSON_ID
    with pytest.raises(Rejected):
        read_action(json({"id_no": "\u3000"}), SearchBody)


def test_who_gets_the_title_and_where_money_goes_are_named_in_normal_form():
    to = {"name": "王 芳", "id_type": "resident_id", "id_no": PERSON_ID}
    transferee = action(TransferBody, transferee=to).transferee
    assert (transferee.name, transferee.name_as_given) == ("王芳", "王 芳")
    funds = {"bank": "云浮\u3000农商行", "account_no": "800100200", "name": "云浮市云城区人民法院\u200b"}
    account = action(DeductionBody, amount_fen=1, case_funds_account=funds).case_funds_account
    assert (account.bank, account.name) == ("云浮农商行", "云浮市云城区人民法院")
