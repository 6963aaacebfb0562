from datetime import date

import pytest
import yaml
from pydantic import ValidationError

from contracts.failures import DirectoryInvalid
from gateway.domain.court_policy import BY_LAW, CourtPolicies, CourtPolicy, PlanPolicy, parse_court_policies
from tests.builders import TODAY
from tests.running import AGENCIES

ROW = {"effective_from": date(2020, 1, 1), "source": "本院规定"}


def test_the_file_that_ships_is_valid_and_holds_for_every_court():
    raw = yaml.safe_load((AGENCIES.parent / "court-policies.yaml").read_text(encoding="utf-8"))
    assert parse_court_policies(raw).of("粤5302", TODAY).tolerance == 0


def test_a_court_has_its_own_row_while_it_holds():
    rows = parse_court_policies({"policies": [ROW, {**ROW, "court_code": "粤5302", "tolerance": "0.1", "effective_to": date(2020, 12, 31)}]})
    assert [rows.of("粤5302", date(year, 6, 1)).limit_fen(101) for year in (2020, 2021)] == [111, 101]
    assert rows.of("粤5303", date(2020, 6, 1)).court_code is None


def test_a_day_before_every_row_is_an_error():
    with pytest.raises(DirectoryInvalid):
        BY_LAW.of("粤5302", date(2000, 1, 1))


@pytest.mark.parametrize("raw", [
    {}, {"policies": 7}, {"policies": [{**ROW, "court_code": "粤5302"}]}, {"policies": [ROW, ROW]}, {"policies": [{**ROW, "colour": 1}]},
    {"policies": [{**ROW, "order": ["gold"]}]}, {"policies": [{**ROW, "order": ["deposits", "deposits"]}]}, {"policies": [{**ROW, "tolerance": "2"}]}, {"policies": [7]},
])
def test_a_wrong_file_is_refused(raw):
    with pytest.raises(DirectoryInvalid):
        parse_court_policies(raw)


def test_a_judge_decides_for_one_plan():
    wish = PlanPolicy(tolerance="0.05", order=("securities",), dependants=2, reserve_per_dependant_fen=100)
    policy = CourtPolicy.model_validate(ROW).adjusted(wish)
    assert (policy.limit_fen(100), policy.left_to_a_person_fen(), policy.place("securities"), policy.place("deposits")) == (105, 200, 0, 1)
    assert policy.adjusted(None) == policy


def test_an_adjustment_is_a_fifth_at_most():
    with pytest.raises(ValidationError):
        PlanPolicy(securities_adjustment="0.21")


def test_rows_may_follow_each_other():
    old = CourtPolicy.model_validate({**ROW, "effective_to": date(2020, 12, 31)})
    assert CourtPolicies((old, old.model_copy(update={"effective_from": date(2021, 1, 1), "effective_to": None}))).of("粤53", TODAY)
