from datetime import date

import pytest

from contracts.failures import LawInvalid
from gateway.domain import law
from gateway.domain.law.overrides import NONE, parse_overrides, table_of
from tests.builders import TODAY


def override(**other):
    return {"rule": "LIABLE-SPOUSE", "court": "粤53", "parameters": {"liable": True}, "source": "本院规定", "effective_from": "2026-01-01", **other}


def parsed(*rows):
    return parse_overrides({"overrides": list(rows)})


def test_an_empty_file_changes_nothing():
    assert parse_overrides({}).rows == ()
    assert table_of("粤5302", NONE) is law.LAW


def test_a_court_may_set_its_practice_for_itself_and_the_courts_below():
    overrides = parsed(override())
    assert law.liability("spouse", TODAY, table_of("粤5302", overrides)).parameters == {"role": "spouse", "liable": True, "share": "1/2"}
    assert law.liability("spouse", TODAY, table_of("粤07", overrides)).parameters["liable"] is False


def test_a_lower_court_stands_over_a_higher_one():
    table = table_of("粤5302", parsed(override(court="粤5302", parameters={"share": "1/3"}), override()))
    row = law.liability("spouse", TODAY, table)
    assert (row.parameters["liable"], row.parameters["share"], row.court_code) == (True, "1/3", "粤5302")
    assert row.source.endswith("本院规定；本院规定")


def test_practice_has_its_time():
    table = table_of("粤5302", parsed(override(effective_to="2026-06-30")))
    assert [law.liability("spouse", day, table).parameters["liable"] for day in (date(2025, 12, 31), date(2026, 6, 30), TODAY)] == [False, True, False]


@pytest.mark.parametrize(("row", "said"), [
    (override(rule="DUR-DEP", parameters={"months": 24}), "statute"), (override(rule="DUR-XXX"), "no such rule"),
    (override(parameters={"colour": "red"}), "no such parameter"), (override(parameters={"liable": "yes"}), "not of the same kind"),
    (override(rule="LIMIT-WHOLE", parameters={"asset_types": ["houses"]}), "there is no houses"),
    (override(rule="LIMIT-WHOLE", parameters={"asset_types": "deposits"}), "not of the same kind"),
    (override(rule="RENEW-WARN", parameters={"days": [60]}), "it holds for all courts and is set in gateway/domain/law/terms.py"),
    (override(rule="DUE-QUERY", parameters={"working_days": 1}), "set in deploy/agencies.yaml"),
    (override(rule="PF-DEDUCT", parameters={"conditions": ["rent", "illness"]}), "conditions: there is no illness"),
    (override(rule="LIMIT-WAITING", parameters={"securing_states": ["promised"]}), "securing_states: there is no promised"),
    (override(parameters={}), "parameters"), (override(court="粤A"), "court"), (override(colour="red"), "colour"),
])
def test_a_wrong_override_is_refused_by_name(row, said):
    with pytest.raises(LawInvalid, match=said):
        parsed(row)


def test_a_file_that_is_no_mapping_is_refused():
    with pytest.raises(LawInvalid, match="file"):
        parse_overrides([])
