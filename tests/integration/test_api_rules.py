"""GET /v1/rules: the legal table, as anybody may read it."""

import pytest

from gateway.api import answers
from gateway.api.rules import rule_entry
from gateway.domain import law
from gateway.domain.law.overrides import parse_overrides, table_of
from tests.court_side import COURT, bearer


@pytest.mark.parametrize("role", ["judge", "clerk", "auditor", "agency", "tester"])
async def test_everybody_may_read_the_legal_table(court, role):
    answered = await court.get("/v1/rules", **bearer(role))
    assert answered.status_code == 200
    listed = answers.RuleList.model_validate_json(answered.content)
    assert [(one.id, one.effective_from) for one in listed.items] == [(row.id, row.effective_from) for row in law.LAW]


async def test_a_rule_says_where_it_stands_and_what_it_does(court):
    items = (await court.get("/v1/rules")).json()["items"]
    caps = [one for one in items if one["id"] == "DUR-DEP"]
    assert [(one["parameters"], one["effective_to"]) for one in caps] == [({"months": 6}, "2015-02-03"), ({"months": 12}, None)]
    assert caps[1]["refusal"] == "term_over_cap"
    assert "gateway/domain/control_rules.py" in caps[1]["read_by"]
    assert caps[1]["family_name"]["zh"]


async def test_nobody_reads_it_without_a_token(court):
    assert (await court.get("/v1/rules", Authorization="")).status_code == 401


def test_a_court_sees_its_own_practice_after_what_it_changes():
    overrides = parse_overrides({"overrides": [{"rule": "LIMIT-WHOLE", "court": COURT, "parameters": {"asset_types": ["deposits"]}, "source": "本院规定",
                                                "effective_from": "2026-01-01"}]})
    shown = rule_entry(table_of(COURT, overrides)[-1])
    assert (shown.id, shown.parameters, shown.court_code) == ("LIMIT-WHOLE", {"asset_types": ("deposits",)}, COURT)
