import pytest
from pydantic import ValidationError

from contracts.failures import AgencyRefused, AgencyUnavailable, ChakongError, Rejected, Unfit
from contracts.keyed import keyed_hash
from contracts.outcome import REASONS, reason
from contracts.subject import Subject
from contracts.words import STORED
from tests.builders import OLD_PERSON_ID, PERSON_ID, USCC, company, subject


def told(identity):
    return identity.model_dump(exclude_none=True)


def refused(**wrong):
    with pytest.raises(ValidationError) as error:
        subject(**wrong)
    (one,) = error.value.errors()
    return one["loc"], one["ctx"]["error"].code, one["ctx"]["error"].expected


PERSON = {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": PERSON_ID}


def test_an_agency_is_told_who_is_asked_about():
    assert told(subject().identity) == PERSON


def test_a_name_takes_its_normal_form_and_what_was_typed_is_kept():
    typed = subject(name="陈\u200b伟")
    assert (typed.name, typed.name_as_given) == ("陈伟", "陈\u200b伟")
    assert told(typed.identity) == {**PERSON, "name_as_given": "陈\u200b伟"}
    assert subject().name_as_given is None


def test_a_subject_reads_back_as_it_was_written():
    typed = subject(name="陈 伟", former_names=["陈\u3000大伟"])
    assert Subject.model_validate(typed.model_dump(mode="json")) == typed
    assert Subject.model_validate_json(typed.model_dump_json(), strict=True) == typed


def test_what_was_typed_is_another_form_of_the_name():
    assert refused(name_as_given="陈大伟") == ((), "name_differs", "陈伟")
    assert subject(name_as_given="陈伟").name_as_given is None


def test_what_was_taken_before_a_rule_came_is_still_read():
    old = {**PERSON, "name": "陈\x07伟", "former_names": ["\u200b"], "id_no": "1"}
    assert Subject.model_validate(old, context=STORED).name == "陈\x07伟"


def test_every_name_is_there_once_the_one_of_today_first():
    renamed = subject(former_names=["陈大伟", "陈 伟", "陈\u200b大伟"])
    assert renamed.names == ("陈伟", "陈大伟")
    assert told(renamed.identity) == {**PERSON, "former_names": ("陈大伟",)}


def test_an_agency_that_matches_by_name_is_told_one_name():
    renamed = subject(name="陈 伟", former_names=["陈大伟"], nationality="CHN")
    assert told(renamed.known_as("陈大伟")) == {**PERSON, "name": "陈大伟", "nationality": "CHN"}
    assert told(renamed.known_as("陈伟")) == {**PERSON, "name_as_given": "陈 伟", "nationality": "CHN"}


@pytest.mark.parametrize(("wrong", "refusal"), [
    ({"name": "\u200b\u3000"}, (("name",), "invisible_name")), ({"former_names": ["陈\x07"]}, (("former_names", 0), "control_character")),
    ({"id_no": "\u200b"}, (("id_no",), "empty")), ({"id_no": "4453\x00"}, (("id_no",), "control_character")),
    ({"id_no": "911124198108030024"}, (("id_no",), "other_id_type")), ({"id_no": USCC}, (("id_no",), "other_id_type"))])
def test_what_a_subject_cannot_be_is_refused_where_it_stands(wrong, refusal):
    assert refused(**wrong)[:2] == refusal


def test_a_persons_number_is_no_credit_code():
    wrong = {"kind": "organisation", "name": "某公司", "id_type": "uscc"}
    assert refused(**wrong, id_no=PERSON_ID) == (("id_no",), "other_id_type", '"id_type": "resident_id"')
    assert refused(**wrong, id_no="362322198709086409")[1] == "no_such_register"


def test_a_credit_code_that_is_a_persons_number_too_is_looked_at_again():
    both = company(id_no="11010119900101012X")
    (look,) = both.second_looks(3)
    assert (look.pointer, look.code) == ("/subjects/3/id_no", "also_resident_id")
    assert (company().second_looks(0), subject().second_looks(0)) == ((), ())


def test_a_foreign_permanent_resident_has_a_card_of_its_own():
    assert subject(id_type="foreign_permanent_resident", id_no="911124198108030024").identity_key == (
        "foreign_permanent_resident", "911124198108030024")


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
