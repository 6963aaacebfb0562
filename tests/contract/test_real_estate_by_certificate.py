"""What every adapter does when told to hold an asset, done to houses that have no unit code: the suite over all kinds, on these alone."""

import pytest

from contracts.agency import Agency
from services.runtime.mock.port import Holding
from tests.contract.exchange import Exchange
from tests.contract.suite import AGENCIES, exchange_of
from tests.contract.test_adapter_controls import (  # noqa: F401 - collected here with the fixtures below
    test_a_late_answer_to_a_control_is_what_the_ledger_has,
    test_a_measure_of_ours_is_reported_on_the_asset,
    test_a_number_the_agency_never_received_has_no_measure,
    test_a_release_lets_the_next_move_up,
    test_a_release_of_what_was_never_held_is_refused,
    test_a_renewal_moves_the_end,
    test_a_term_over_the_cap_is_refused,
    test_an_asset_known_by_its_key_alone_is_held_the_same,
    test_asked_twice_by_one_request_number_it_acts_once,
    test_nothing_is_done_without_its_documents,
    test_the_first_court_has_the_asset_and_the_second_waits,
    test_what_leaves_the_debtor_is_no_longer_reported,
    test_what_the_agency_confirms_is_what_its_ledger_has,
)

REGISTRY: Agency = next(one for one in AGENCIES if (one.asset_type, one.dialect) == ("real_estate", "standard"))


def has_no_unit_code(holding: Holding) -> bool:
    return holding.record.unit_code is None


@pytest.fixture
def exchange() -> Exchange:
    there = exchange_of(REGISTRY, answers_by="response", mode="automatic")
    there.only = has_no_unit_code
    return there


@pytest.fixture(params=["status", "callback"])
def slow(request: pytest.FixtureRequest) -> Exchange:
    there = exchange_of(REGISTRY, answers_by=request.param, mode="automatic", batch_size=1)
    there.only = has_no_unit_code
    return there


def test_these_houses_are_what_is_held_here(exchange):
    subject, holding = exchange.holder()
    assert holding.key == f"certificate_no:{holding.record.certificate_no}"
    assert holding in exchange.desk.holdings(subject)
