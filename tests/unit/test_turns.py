from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.domain.turns import needs_turn, turn_ended, turn_holds, turn_length, turn_path
from tests.agency_side import agency
from tests.builders import NOW

SECRET = b"a secret of tests"
PARTS = {"task_id": "t1", "agency": "cib"}


def signed():
    query = parse_qs(urlsplit(turn_path(SECRET, **PARTS, ends_at=NOW)).query)
    return {name: query[name][0] for name in ("expires", "signature")}


def test_only_steps_at_agencies_that_would_do_them_twice_need_a_turn():
    twice = agency(idempotent=False)
    assert needs_turn(twice, "freeze")
    assert needs_turn(twice, "release")
    assert not any(needs_turn(*one) for one in [(twice, "query"), (twice, "status"), (agency(), "freeze")])


def test_a_turn_holds_the_question_the_act_and_the_grace():
    length = turn_length(10, ask_s=15, grace_s=30)
    assert (length.for_s, length.grace_s) == (65, 30)


def test_an_address_names_its_task_and_its_agency():
    assert turn_holds(SECRET, **PARTS, **signed())
    assert not turn_ended(signed()["expires"], NOW - timedelta(seconds=1))
    assert turn_ended(signed()["expires"], NOW)


@pytest.mark.parametrize("forged", [{"task_id": "t2"}, {"agency": "abc"}, {"expires": "9999999999"}, {"expires": "x"}, {"signature": "0" * 26},
                                    {"signature": "é"}])
def test_a_forged_address_is_none(forged):
    assert not turn_holds(SECRET, **{**PARTS, **signed(), **forged})


def test_nor_one_signed_with_another_key():
    assert not turn_holds(b"another", **PARTS, **signed())
