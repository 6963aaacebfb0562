import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from contracts import identifiers
from contracts.failures import Unfit
from tests.builders import OLD_PERSON_ID, OTHER_PERSON_ID, OTHER_USCC, PERSON_ID, UNIT_CODE, USCC, VIN


def code_of(check, text):
    with pytest.raises(Unfit) as unfit:
        check(text)
    return unfit.value.code


@pytest.mark.parametrize(("written", "normal"), [
    (PERSON_ID, PERSON_ID), (OTHER_PERSON_ID.lower(), OTHER_PERSON_ID), (" 445302 19900101 0013 ", PERSON_ID), (OLD_PERSON_ID, OLD_PERSON_ID),
    ("４４５３０２１９９００１０１００１３", PERSON_ID)])
def test_a_resident_number_is_written_in_its_normal_form(written, normal):
    assert identifiers.resident_id(written) == normal


def test_the_old_number_is_the_new_one():
    assert identifiers.resident_id_18(OLD_PERSON_ID) == identifiers.resident_id_18(PERSON_ID) == PERSON_ID


@pytest.mark.parametrize(("number", "code"), [
    ("44530219900101001", "bad_format"), ("4453021990010100１X3", "bad_format"), ("990302199001010013", "bad_component"),
    ("445302199013010013", "bad_component"), ("445302199002300013", "bad_component"), ("445302199001010014", "bad_check_digit")])
def test_a_wrong_resident_number_says_what_is_wrong(number, code):
    assert code_of(identifiers.resident_id, number) == code


def test_a_credit_code_is_checked():
    assert identifiers.social_credit_code(f" {USCC.lower()} ") == USCC
    assert identifiers.social_credit_code(OTHER_USCC) == OTHER_USCC


@pytest.mark.parametrize(("number", "code"), [
    ("91445300MA4UN0001C", "bad_check_digit"), ("91445300MA4UN0001", "bad_length"), ("91445300MA4UI0001B", "bad_format")])
def test_a_wrong_credit_code_says_what_is_wrong(number, code):
    assert code_of(identifiers.social_credit_code, number) == code


@pytest.mark.parametrize(("number", "may_be"), [
    (VIN, True), (VIN[:8] + "8" + VIN[9:], False), (VIN.replace("J", "I"), False), ("WVGZZZ5NZEW069297", True), ("8A0123456", True)])
def test_a_vehicle_number_may_be_one_without_a_check_digit(number, may_be):
    assert identifiers.vin_may_be(number) is may_be
@pytest.mark.parametrize("card", ["911124198108030024", "CAN110081080310", " can 110081080310"])
def test_the_cards_of_foreign_permanent_residents_pass(card):
    assert identifiers.foreign_permanent_resident(card) == card.replace(" ", "").upper()


@pytest.mark.parametrize(("card", "code"), [
    ("911124198108030025", "bad_check_digit"), ("999124198108030024", "bad_component"), ("911124198113030024", "bad_component"),
    ("CAN1100810803", "bad_format"), (PERSON_ID, "other_id_type")])
def test_a_wrong_card_of_a_foreign_permanent_resident_says_what_is_wrong(card, code):
    assert code_of(identifiers.foreign_permanent_resident, card) == code


@pytest.mark.parametrize(("check", "number", "id_type"), [
    (identifiers.resident_id, USCC, "uscc"), (identifiers.resident_id, "911124198108030024", "foreign_permanent_resident"),
    (identifiers.uscc_of_identity, PERSON_ID, "resident_id"), (identifiers.uscc_of_identity, "911124198108030024", "foreign_permanent_resident")])
def test_a_number_of_another_type_says_which(check, number, id_type):
    with pytest.raises(Unfit) as unfit:
        check(number)
    assert (unfit.value.code, unfit.value.expected) == ("other_id_type", f'"id_type": "{id_type}"')


def test_a_credit_code_that_is_a_resident_number_names_a_register():
    assert code_of(identifiers.uscc_of_identity, "362322198709086409") == "no_such_register"
    assert identifiers.social_credit_code("362322198709086409")  # what an agency's register says is not judged
    assert identifiers.uscc_of_identity("11010119900101012X") == "11010119900101012X"
    assert identifiers.uscc_of_identity(USCC) == USCC
    assert code_of(identifiers.uscc_of_identity, USCC[:-1] + "C") == "bad_check_digit"


def test_the_check_character_of_a_vehicle_number_can_be_x():
    assert identifiers.vin_check_digit("1M8GDM9AXKP042788") == "X"
    assert identifiers.vin_may_be("1M8GDM9AXKP042788")


@pytest.mark.parametrize("plate", [
    "粤WA1234", "粤WD12345", "粤W1234学", "京A12345", "粤Z1234港", "粤A1234应急", "京X1234应急", "粤W临1234", "使224578", "224578使", "沪A0023领",
    "WJ粤12345", "KA12345", "民航A1234", "粤0512345", "粤W1234挂", "粤B1234警"])
def test_plates_of_every_kind_pass(plate):
    assert identifiers.plate_no(plate) == plate


@pytest.mark.parametrize("written", ["粤W·A8K21", "粤W A8K21", "粤W-A8K21", "粤w•a8k21", "粤Ｗ．Ａ８Ｋ２１", " 粤WA8K21 "])
def test_a_plate_has_one_form_however_it_is_written(written):
    assert identifiers.plate_no(written) == "粤WA8K21"


@pytest.mark.parametrize(("written", "number"), [
    ("粤(2019) 云浮市不动产权第0001234号", "粤（2019）云浮市不动产权第0001234号"), ("粤房地权证云浮字第0100012345号", "粤房地权证云浮字第0100012345号"),
    ("云府国用[2008]第００123号", "云府国用〔2008〕第00123号")])
def test_a_certificate_number_has_one_form(written, number):
    assert identifiers.certificate_no(written) == number
    assert code_of(identifiers.certificate_no, "无证") == "bad_format"


@pytest.mark.parametrize("number", ["91445300MA4UN0001B", "91445300MA4UN0001X", "445300000012345", "1000001234567"])
def test_a_register_may_know_a_company_by_an_older_number_or_one_whose_check_digit_fails(number):
    assert identifiers.company_no(number) == number
    assert code_of(identifiers.company_no, number[:-1]) == "bad_format"


@pytest.mark.parametrize("plate", ["粤W123", "WA1234", "粤WO1234", "粤WI1234", "粤W1234567", "无牌"])
def test_wrong_plates_do_not(plate):
    assert code_of(identifiers.plate_no, plate) == "bad_format"


def test_a_company_may_be_known_by_its_number_from_before_and_by_a_check_digit_that_fails():
    numbers = ["445300000012345", "4453000012345", "91445300MA4UN0001B", "91445300MA4UN0001C", "91445300MA4UN000IB"]
    assert [identifiers.company_no(number) for number in numbers] == numbers
    assert [identifiers.company_no_may_be(number) for number in numbers] == [True, True, True, False, False]
    assert {code_of(identifiers.company_no, number) for number in ("粤工商", "44530000001234", "٤" * 15, "")} == {"bad_format"}


def test_a_unit_code_has_28_characters():
    assert identifiers.unit_code(f"445302 001001 GB00014 {UNIT_CODE[-9:]}") == UNIT_CODE
    assert code_of(identifiers.unit_code, UNIT_CODE[:-1]) == "bad_format"


def test_a_card_number_passes_luhn():
    assert identifiers.bank_card_no("6222 0245 3020 0012 349") == identifiers.luhn.is_valid("6222024530200012349")
    assert identifiers.bank_card_no("4111111111111111")
    assert not identifiers.bank_card_no("4111111111111112")


@given(st.sampled_from(["44530219900101", "11010519491231"]), st.integers(0, 999))
def test_one_changed_digit_is_always_noticed(place_and_birth, serial):
    body = f"{place_and_birth}{serial:03d}"
    number = body + ric.calc_check_digit(f"{body}0")
    assert identifiers.resident_id(number) == number
    wrong = number[:-2] + str((int(number[-2]) + 1) % 10) + number[-1]
    assert code_of(identifiers.resident_id, wrong) == "bad_check_digit"


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_every_credit_code_with_its_check_digit_passes(tail):
    body = f"91445300{tail}"
    assert identifiers.social_credit_code(body + uscc.calc_check_digit(body)) == body + uscc.calc_check_digit(body)
