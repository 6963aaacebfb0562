from datetime import date

import pytest

from contracts.case import Claim
from gateway.domain.claim import claim_fen, late_interest_fen
from tests.builders import claim

FIRST = date(2026, 11, 1)


def owed(**other):
    return Claim.model_validate(claim(**{"late_interest_from_on": FIRST, **other}))


@pytest.mark.parametrize(("on", "fen"), [(date(2026, 10, 31), 0), (FIRST, 21_000), (date(2026, 11, 10), 210_000)])
def test_late_interest_runs_by_the_day_on_the_principal(on, fen):
    assert late_interest_fen(owed(), on) == fen
    assert claim_fen(owed(), on) == 129_540_000 + fen


def test_a_claim_without_the_date_bears_none():
    assert claim_fen(owed(late_interest_from_on=None), FIRST) == 129_540_000


@pytest.mark.parametrize(("paid", "principal"), [(9_540_000, 120_000_000), (10_540_000, 119_000_000), (500_000_000, 0)])
def test_payments_reach_the_principal_last(paid, principal):
    assert owed(paid_fen=paid).unpaid_principal_fen == principal


def test_a_fraction_of_a_fen_is_not_owed():
    assert late_interest_fen(owed(principal_fen=5_714, interest_fen=0, litigation_costs_fen=0, enforcement_fee_fen=0), FIRST) == 0
