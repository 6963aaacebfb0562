"""Names as people type them, through every agency of the shipped directory: what is asked is the normal form."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.subject import Identity, Subject
from services.real_estate import envelope
from services.runtime.mock.people import DEMO_SUBJECTS, NAMED_SUBJECTS
from services.runtime.port import Controlled, Found, Refused
from tests.contract.exchange import Exchange
from tests.contract.suite import AGENCIES, DIRECTORY, exchange_of, name_of, whole

#: What keyboards and files leave in a name.
LEFT_IN = "\u200b\u00ad\ufeff\u2060\ufe0f\u00a0\u3000\u2003 "
PERSON, COMPANY = DEMO_SUBJECTS
MINORITY, RENAMED, FOREIGNER = NAMED_SUBJECTS


def typed(one, name, **other) -> Subject:
    return Subject.model_validate({"kind": one.kind, "name": name, "id_type": one.id_type, "id_no": one.id_no, **other})


def asked(here: Exchange, one, identity: Identity):
    return here.settle(here.command("query", one, subject=identity))


def found_keys(here: Exchange, answer):
    assert isinstance(answer, Found), answer
    return sorted(here.asset_type.key_text(asset.record) for asset in answer.assets)


@pytest.mark.parametrize("row", DIRECTORY.agencies, ids=lambda row: row.agency)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(char=st.sampled_from(LEFT_IN), place=st.integers(0, 2))
def test_one_invisible_character_or_blank_finds_the_same(row, char, place):
    here = exchange_of(row)
    name = PERSON.name[:place] + char + PERSON.name[place:]
    assert asked(here, PERSON, Identity(kind="person", name=name, id_type=PERSON.id_type, id_no=PERSON.id_no)) != asked(here, PERSON, typed(PERSON, PERSON.name).identity)
    assert found_keys(here, asked(here, PERSON, typed(PERSON, name).identity)) == found_keys(here, asked(here, PERSON, typed(PERSON, PERSON.name).identity))


@pytest.mark.parametrize("row", AGENCIES, ids=name_of)
@pytest.mark.parametrize("dot", "•・．‧·")
def test_every_dot_finds_the_same(row, dot):
    here = exchange_of(row)
    answer = asked(here, MINORITY, typed(MINORITY, f"古丽娜尔{dot}买买提").identity)
    assert found_keys(here, answer) == sorted(holding.key for holding in here.desk.holdings(MINORITY))


@pytest.mark.parametrize("row", [row for row in AGENCIES if "organisation" in row.subject_kinds], ids=name_of)
def test_a_company_is_found_whatever_width_and_blanks_it_is_typed_with(row):
    here = exchange_of(row)
    assert isinstance(asked(here, COMPANY, typed(COMPANY, "云浮市 新成石材\u3000有限公司").identity), Found)


@pytest.mark.parametrize("row", AGENCIES, ids=name_of)
def test_a_foreign_permanent_resident_is_asked_about_by_the_card(row):
    here = exchange_of(row)
    answer = asked(here, FOREIGNER, typed(FOREIGNER, "ＳＭＩＴＨ\u3000JOHN").identity)
    assert found_keys(here, answer) == sorted(holding.key for holding in here.desk.holdings(FOREIGNER))


@pytest.mark.parametrize("row", [row for row in AGENCIES if row.asset_type in RENAMED.formerly_known_by], ids=name_of)
def test_a_register_that_has_the_former_name_finds_by_it_and_refuses_the_name_of_today(row):
    here, renamed = exchange_of(row), typed(RENAMED, RENAMED.name, former_names=[RENAMED.former_name])
    answers = [asked(here, RENAMED, renamed.known_as(name)) for name in renamed.names]
    assert isinstance(answers[0], Refused)
    assert answers[0].code == "identity_mismatch"
    assert found_keys(here, answers[1]) == sorted(holding.key for holding in here.desk.holdings(RENAMED))


@pytest.mark.parametrize("row", [row for row in AGENCIES if row.asset_type == "vehicles"], ids=name_of)
def test_a_measure_is_taken_in_the_name_that_the_register_has(row):
    here, renamed = exchange_of(row), typed(RENAMED, RENAMED.name, former_names=[RENAMED.former_name])
    holding = here.desk.holdings(RENAMED)[0]
    today, former = (here.settle(here.order("seal", RENAMED, holding, subject=renamed.known_as(name), **whole(here, holding))) for name in renamed.names)
    assert isinstance(today, Refused)
    assert isinstance(former, Controlled)


@pytest.mark.parametrize("row", [row for row in AGENCIES if row.takes_nationality], ids=name_of)
def test_a_nationality_stands_in_the_agencys_own_field(row):
    here = exchange_of(row)
    call = here.call(here.command("query", FOREIGNER, subject=typed(FOREIGNER, FOREIGNER.name, nationality="CAN").identity))
    if row.asset_type == "real_estate":
        assert f'GJ="{envelope.encoded("CAN")}"'.encode() in call.content
    else:
        assert b'"GJ":"CAN"' in call.content or b'"nationality":"CAN"' in call.content
