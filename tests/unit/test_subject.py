import pytest
from pydantic import ValidationError

from contracts.failures import AgencyRefused, AgencyUnavailable, ChakongError, Rejected, Unfit
from contracts.keyed import keyed_hash
from contracts.outcome import REASONS, reason
from tests.builders import OLD_PERSON_ID, PERSON_ID, USCC, company, subject


def test_an_agency_is_told_who_is_asked_about():
    assert subject().identity.model_dump() == {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": PERSON_ID}


def test_the_old_and_the_new_number_are_one_person():
    assert subject(id_no=OLD_PERSON_ID).identity_key == subject().identity_key
    assert company().identity_key == ("uscc", USCC)


def test_a_number_without_a_rule_is_kept():
    assert subject(id_type="passport", id_no="E12345678").id_no == "E12345678"


@pytest.mark.parametrize("wrong", [
    {"id_type": "uscc", "id_no": USCC}, {"kind": "organisation"}, {"id_no": "1"}, {"nationality": "China"}, {"liability_fen": -1}, {"name": " "}])
def test_a_subject_that_does_not_fit_together_is_refused(wrong):
    with pytest.raises(ValidationError):
        subject(**wrong)


@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_another_kind_of_number_fits_both(kind):
    assert subject(kind=kind, id_type="other", id_no="X1").kind == kind


def test_a_reason_we_do_not_know_is_shown_as_it_is():
    assert reason("no_answer") is REASONS["no_answer"]
    assert "strange_code" in reason("strange_code").zh


def test_a_failure_says_its_docstring_by_default():
    assert str(ChakongError()) == "Something went wrong."
    assert str(ChakongError("x")) == "x"


def test_a_failure_keeps_what_follows_from_it():
    assert AgencyUnavailable(retry_after_s=3.0).retry_after_s == 3.0
    assert (AgencyRefused("document_missing").detail, str(AgencyRefused("document_missing", "缺文书"))) == ("", "缺文书")
    assert Unfit("a", "甲", "b").expected == ""
    assert (Rejected(422, "x", "t").errors, Rejected(422, "x", "t").rule) == ((), None)


def test_a_keyed_hash_tells_nothing_without_its_key_and_purpose():
    hashes = {keyed_hash(secret, purpose, *parts) for secret, purpose, parts in [
        (b"k", "asset", ("a", "b")), (b"l", "asset", ("a", "b")), (b"k", "topic", ("a", "b")), (b"k", "asset", ("ab",)), (b"k", "asset", ("a", "b", ""))]}
    assert len(hashes) == 5
    assert {len(one) for one in hashes} == {26}
