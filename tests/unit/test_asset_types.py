from fractions import Fraction
from typing import Literal, get_args, get_origin

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from contracts.asset_type import AssetRecord, Ratio, fen_of
from contracts.control import MEASURES
from contracts.documents import KIND_NAMES, DocumentKind
from contracts.failures import UnknownAssetType
from contracts.registry import asset_type, asset_types
from tests.builders import RECORDS, found

KINDS = list(asset_types().values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)


def test_the_first_six_are_read_in_a_courts_order_and_the_others_follow_by_name():
    assert list(asset_types()) == ["real_estate", "vehicles", "equity", "deposits", "securities", "provident_fund", "wealth_products"]


def test_an_unknown_kind_is_an_error():
    with pytest.raises(UnknownAssetType, match="boats"):
        asset_type("boats")


@each_kind
def test_a_record_has_its_key_and_its_schema(kind):
    record = RECORDS[kind.code]
    assert kind.key_text(record)
    Draft202012Validator(kind.schema()).validate(record)
    assert set(kind.key) <= set(kind.labels())


@each_kind
def test_every_field_has_a_chinese_label(kind):
    assert set(kind.labels()) == set(kind.record.model_fields)
    assert all(property_.get("x-label-zh") for property_ in kind.schema()["properties"].values())


def enumeration(annotation):
    """Return the words a field may hold, looking through `| None` and `tuple[…, ...]`."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*(enumeration(inner) for inner in get_args(annotation) if inner is not Ellipsis))


@each_kind
def test_every_word_of_an_enumeration_is_said_in_chinese(kind):
    enumerations = {name: enumeration(field.annotation) for name, field in kind.record.model_fields.items()}
    assert {name: set(words) for name, words in kind.words().items()} == {name: words for name, words in enumerations.items() if words}


@each_kind
def test_a_field_that_a_register_does_not_have_is_refused(kind):
    with pytest.raises(ValidationError):
        kind.record.model_validate({**RECORDS[kind.code], "colour_of_the_roof": "red"})


@each_kind
def test_every_measure_needs_documents_and_is_a_word_we_know(kind):
    assert set(kind.measures) <= set(MEASURES) & set(kind.documents)
    assert {"query", "renew", "release"} <= set(kind.documents)
    assert {one for needs in kind.documents.values() for need in needs for one in need} <= set(get_args(DocumentKind)) == set(KIND_NAMES)


@each_kind
def test_a_record_survives_being_sent(kind):
    record = kind.record.model_validate(RECORDS[kind.code])
    assert kind.record.model_validate_json(record.model_dump_json()) == record


def test_securities_are_named_by_account_and_code():
    assert asset_type("securities").key_text(found("securities").record) == "A123456789/600000"


@pytest.mark.parametrize(("changes", "doubtful"), [
    ({}, ()), ({"available_quantity": 1001}, ("available_quantity",)), ({"frozen_quantity": 1001}, ("frozen_quantity",)),
    ({"portions": ((700, 500, 100), (300, 100, 300))}, ()), ({"portions": ((700, 500, 100), (299, 100, 300))}, ("quantity",)),
])
def test_more_of_a_security_than_there_is_and_portions_that_do_not_make_it_up_are_doubtful(changes, doubtful):
    counts = ("quantity", "available_quantity", "frozen_quantity")
    portions = [dict(zip(counts, one, strict=True)) | {"share_nature": "tradable"} for one in changes.get("portions", ())]
    record = asset_type("securities").record.model_validate(RECORDS["securities"] | changes | ({"portions": portions} if portions else {}))
    assert record.doubtful() == doubtful


def test_a_record_that_says_nothing_of_its_worth_is_wholly_the_debtors():
    bare = AssetRecord()
    assert (bare.value_fen(), bare.available_fen(), bare.share(), bare.others()) == (None, None, Fraction(1), ())


def test_the_capital_of_a_company_is_not_the_worth_of_a_stake():
    record = asset_type("equity").record.model_validate(RECORDS["equity"])
    assert (record.value_fen(), record.share()) == (None, Fraction(1))


def test_capital_is_in_yuan_unless_its_record_says_another_currency():
    kind = asset_type("equity")
    assert kind.record.model_validate(RECORDS["equity"]).currency == "CNY"
    assert kind.known_by("91445300MA4UN0001B") == {"uscc": "91445300MA4UN0001B", "currency": "CNY"}
    assert "currency" in kind.deciding()


def test_more_paid_in_or_pledged_than_subscribed_is_doubtful():
    kind, pledge = asset_type("equity"), {"pledgee": "银行", "capital_fen": 100_000_001}
    def doubts(**more):
        return kind.record.model_validate({**RECORDS["equity"], "subscribed_capital_fen": 100_000_000, **more}).doubtful()
    assert doubts(paid_in_capital_fen=100_000_000, pledges=(pledge | {"capital_fen": 1},)) == ()
    assert doubts(paid_in_capital_fen=100_000_001, pledges=(pledge,)) == ("paid_in_capital_fen", "pledges")


def test_more_frozen_than_there_is_is_doubtful():
    kind = asset_type("provident_fund")
    def doubts(frozen_fen):
        return kind.record.model_validate({**RECORDS["provident_fund"], "balance_fen": 100, "frozen_fen": frozen_fen}).doubtful()
    assert (doubts(100), doubts(101)) == ((), ("frozen_fen",))


def test_units_times_price_is_the_worth():
    assert (fen_of(3, 250), fen_of(3, None)) == (750, None)


@pytest.mark.parametrize("text", ["0", "-1/2", "3/2", "1/0", "half"])
def test_a_share_is_above_nothing_and_at_most_the_whole(text):
    with pytest.raises(ValidationError):
        TypeAdapter(Ratio).validate_python(text)


def test_a_share_is_written_as_a_fraction():
    assert TypeAdapter(Ratio).validate_python("0.5") == "1/2"


@pytest.mark.parametrize(("fields", "doubtful"), [
    ({}, ()), ({"area_building_m2": 118.5, "area_private_m2": 97.17, "area_shared_m2": 21.33}, ()), ({"area_private_m2": 97.17}, ()),
    ({"area_building_m2": 18.5, "area_private_m2": 97.17, "area_shared_m2": 21.33}, ("area_private_m2", "area_shared_m2")),
    ({"land_use_from": "2014-03-12", "land_use_to": "2084-03-11"}, ()), ({"land_use_from": "2084-03-12", "land_use_to": "2014-03-11"}, ("land_use_to",)),
    ({"land_use_to": "2014-03-11"}, ()),
])
def test_a_unit_smaller_than_its_parts_and_land_that_ends_before_it_starts_are_doubtful(fields, doubtful):
    house = {"unit_code": "445302001001GB00014F00310202", "right_type": "house", "right_status": "current", "holder_name": "陈伟", "co_ownership": "sole"}
    assert asset_type("real_estate").record.model_validate(house | fields).doubtful() == doubtful


def test_what_a_register_has_no_key_for_goes_by_its_certificate():
    houses = asset_type("real_estate")
    text = "certificate_no:粤房地权证云浮字第0100012345号"
    record = houses.known_by("certificate_no: 粤房地权证云浮字第 0100012345 号")
    assert record == {"certificate_no": "粤房地权证云浮字第0100012345号"}
    assert houses.key_text(record) == text
    assert houses.key_text({"unit_code": "445302001001GB00014F00310202", **record}) == "445302001001GB00014F00310202"
    with pytest.raises(ValueError, match="without a key"):
        houses.key_text({"location": "解放路1号"})


def test_more_of_a_product_than_it_is_worth_is_doubtful():
    record = RECORDS["wealth_products"] | {"available_value_fen": 10**9}
    assert asset_type("wealth_products").record.model_validate(record).doubtful() == ("available_value_fen",)


def test_a_record_of_its_own_doubts_nothing():
    assert AssetRecord().doubtful() == ()
