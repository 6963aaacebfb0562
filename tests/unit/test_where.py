import pytest

from contracts.subject import Subject
from gateway.domain.where import domicile, look_in, own
from tests.builders import USCC, company, court, subject

FOREIGN = {"id_type": "passport", "id_no": "E12345678"}


@pytest.mark.parametrize(("code", "regions"), [
    ("粤5302", ("445302",)), ("粤53", ("445300",)), ("粤", ("440000",)), ("粤71", ("440000",)), ("粤7101", ("440000",)), ("粤0391", ("440300",)),
    ("兵0101", ("659002",)), ("京02", ("110101", "110102", "110106", "110111", "110115")),
    ("最高法", ("110000",)), ("军", ("110000",)), ("鄂72", ("420000",)),
])
def test_a_court_looks_in_its_jurisdiction_and_no_further_than_the_province_of_its_seat(code, regions):
    assert own(court(code)) == regions


@pytest.mark.parametrize(("who", "regions"), [
    (subject(), ("445302",)), (subject(id_no="445302900101001"), ("445302",)), (company(), ("445300",)), (subject(**FOREIGN), ()),
    (subject(id_no="441229197001010015"), ("445322", "441200")),
])
def test_a_subject_is_registered_where_its_number_says(who, regions):
    assert domicile(who) == regions


def test_a_request_looks_at_home_at_the_debtors_and_where_the_court_says():
    assert look_in(court("粤0304"), subject(), ("330100", "441229"), ("510104",)) == {"440304", "445302", "330100", "445322", "441200", "510104"}


def test_what_lies_in_another_region_is_left_to_that_one():
    assert look_in(court("粤"), company(id_no=USCC), ("445302",)) == {"440000"}


@pytest.mark.parametrize(("kind", "id_type", "number", "place"), [
    ("person", "household_book", "445302199001010013", "445302"), ("person", "other", "445302900101001", "445302"),
    ("organisation", "business_licence", "91445300MA4UN0001B", "445300"), ("organisation", "business_licence", "445300000012345", "445300"),
    ("person", "passport", "E12345678", None), ("organisation", "other", "X-1", None)])
def test_a_number_with_a_place_has_it_whatever_type_it_was_given_as(kind, id_type, number, place):
    one = Subject.model_validate({"kind": kind, "name": "甲", "id_type": id_type, "id_no": number})
    assert domicile(one) == (() if place is None else (place,))
