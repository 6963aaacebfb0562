import json
import subprocess
import sys

from contracts.identifiers import foreign_permanent_resident, resident_id, social_credit_code
from services.runtime.mock.people import NAMED_SUBJECTS, invent
from services.runtime.mock.register import Register, canonical
from tests.mock_world import DEMO_ORGANISATION, DEMO_PERSON, FakeMock, account, agency

CHECKS = {"resident_id": resident_id, "uscc": social_credit_code, "foreign_permanent_resident": foreign_permanent_resident}


class DrawingMock(FakeMock):
    def holdings(self, agency, subject, rng, shared):
        return [account(f"{shared.randrange(10**6)}-{rng.randrange(10**12)}")] if rng.random() < 0.3 else []


def register(**changes):
    rows = [agency("bank"), agency("other", **changes)]
    return Register(7, rows, {"deposits": DrawingMock()})


def test_ten_thousand_subjects_with_valid_unique_numbers():
    subjects = list(invent(7))
    assert len(subjects) == len({canonical(subject.id_no) for subject in subjects}) == 10_000
    assert sum(subject.kind == "organisation" for subject in subjects) == 1_500
    for subject in subjects:
        assert CHECKS[subject.id_type](subject.id_no) == subject.id_no


def test_the_demo_subjects_are_there_for_every_seed():
    for seed in (1, 2):
        assert [subject.id_no for subject in list(invent(seed))[:2]] == [DEMO_PERSON, DEMO_ORGANISATION]


def test_the_same_seed_gives_the_same_subjects_in_every_process():
    code = ("import json; from services.runtime.mock.people import NAMED_SUBJECTS, invent; "
            "print(json.dumps([[one.name, one.id_no] for one in invent(7)]))")
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONHASHSEED": "5"})
    assert json.loads(ran.stdout) == [[one.name, one.id_no] for one in invent(7)]
    assert list(invent(7)) != list(invent(8))


def test_an_old_number_finds_the_same_person():
    legacy = [subject for subject in invent(7) if len(subject.id_no) == 15]
    assert len(legacy) > 10
    assert register().subject(canonical(legacy[0].id_no)) == legacy[0]
    person = register().subject(DEMO_PERSON)
    assert register().subject(DEMO_PERSON[:6] + DEMO_PERSON[8:17]) == person
    assert register().subject(" 91445300ma4un0001b ").name == "云浮市新成石材有限公司"


def test_holdings_are_the_same_whoever_asks_first():
    one, other = register(), register()
    subjects = list(one.subjects(limit=200))
    first = [one.holdings(one.agencies["bank"], subject) for subject in subjects]
    second = [other.holdings(other.agencies["bank"], subject) for subject in reversed(subjects)]
    assert first == second[::-1]
    assert first != [one.holdings(one.agencies["other"], subject) for subject in subjects]


def test_an_asset_is_found_with_and_without_its_holder():
    made = register()
    subject = next(made.subjects(["deposits"]))
    [holding, *_] = [held for row in made.agencies.values() for held in made.holdings(row, subject)]
    for fresh in (register(), register()):
        found = [fresh.find(row, holding.key, holder) for row in fresh.agencies.values() for holder in (None, subject.id_no)]
        assert [pair for pair in found if pair] == [(holding, subject)] * 2
    assert register().find(made.agencies["bank"], "nothing") is None


def test_an_agency_without_persons_holds_nothing_of_them():
    made = register(subject_kinds=("organisation",))
    other = made.agencies["other"]
    kinds = {subject.kind for subject in made.subjects() if made.holdings(other, subject)}
    assert kinds == {"organisation"}


def test_subjects_are_chosen_by_what_they_hold():
    made = register()
    chosen = list(made.subjects(["deposits"], limit=20))
    assert len(chosen) == 20
    assert all(any(made.holdings(row, subject) for row in made.agencies.values()) for subject in chosen)
    assert list(made.subjects(["vehicles"], limit=3)) == []


def test_a_register_keeps_the_name_of_the_day_of_registration():
    renamed = next(one for one in NAMED_SUBJECTS if one.former_name)
    assert [renamed.at(agency(asset_type=kind)).name for kind in ("vehicles", "deposits")] == [renamed.former_name, renamed.name]
    assert renamed.told()["former_names"] == [renamed.former_name]
    assert "former_names" not in NAMED_SUBJECTS[0].told()
