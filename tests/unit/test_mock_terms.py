from datetime import date

import pytest

from contracts.failures import AgencyRefused
from services.runtime.mock.terms import Term, TermRule, end_on, last_day, ordered_term, renewed_end, rule_of
from tests.mock_world import agency

DAY_BEFORE, CORRESPONDING = TermRule(36), TermRule(36, "corresponding_day")


@pytest.mark.parametrize(("start", "months", "end"), [
    (date(2006, 1, 12), 24, date(2008, 1, 11)),
    (date(2006, 3, 1), 24, date(2008, 2, 29)),
    (date(2007, 3, 1), 24, date(2009, 2, 28)),
    (date(2024, 2, 29), 12, date(2025, 2, 28)),
    (date(2026, 8, 31), 6, date(2027, 2, 28)),
])
def test_a_term_ends_the_day_before_the_corresponding_day(start, months, end):
    assert last_day(DAY_BEFORE, start, months) == end


def test_or_on_the_corresponding_day_where_the_agency_counts_so():
    assert last_day(CORRESPONDING, date(2006, 1, 12), 24) == date(2008, 1, 12)


@pytest.mark.parametrize(("asset_type", "months"), [("deposits", 12), ("provident_fund", 36), ("vehicles", 24), ("real_estate", 36),
                                                    ("equity", 36), ("securities", 36)])
def test_the_cap_is_that_of_the_kind_of_asset(asset_type, months):
    assert rule_of(agency(asset_type=asset_type)).cap_months == months


def test_an_order_without_a_term_gets_the_longest():
    assert ordered_term(DAY_BEFORE, date(2026, 11, 22), None, None) == Term(date(2026, 11, 22), months=36)


@pytest.mark.parametrize(("months", "until_on", "code"), [
    (37, None, "term_over_cap"), (0, None, "document_mismatch"), (None, date(2026, 11, 21), "document_mismatch"),
    (None, date(2029, 11, 23), "term_over_cap"),
])
def test_a_term_outside_the_law_is_refused(months, until_on, code):
    with pytest.raises(AgencyRefused) as refused:
        ordered_term(DAY_BEFORE, date(2026, 11, 22), months, until_on)
    assert refused.value.refusal_code == code


def test_a_date_is_kept_as_a_length_while_it_waits():
    term = Term(date(2026, 11, 22), until_on=date(2026, 12, 2))
    assert end_on(DAY_BEFORE, term, date(2027, 1, 1)) == date(2027, 1, 11)
    assert end_on(TermRule(36, term_starts="service"), term, date(2027, 1, 1)) == date(2026, 12, 2)


def test_a_length_kept_never_grows_over_the_cap():
    term = Term(date(2027, 3, 1), until_on=date(2028, 3, 1))
    assert end_on(TermRule(12), term, date(2028, 3, 2)) == date(2029, 3, 2)


def test_a_renewal_gives_a_whole_term_from_the_old_end():
    assert renewed_end(TermRule(12), date(2027, 2, 28), 12, None) == date(2028, 2, 29)
    assert renewed_end(TermRule(12, "corresponding_day"), date(2027, 11, 22), 12, None) == date(2028, 11, 22)
    with pytest.raises(AgencyRefused):
        renewed_end(TermRule(12), date(2027, 11, 21), 13, None)
