"""What a claim comes to on a day: its parts, and the doubled interest for late performance. Pure, exact."""

from datetime import date
from fractions import Fraction
from math import floor

from contracts.case import Claim
from gateway.domain import law


def late_interest_fen(claim: Claim, on: date) -> int:
    """Return the interest for late performance from its first day up to a day, both counted, in fen rounded down.

    Source: LATE-INTEREST (法释〔2014〕8号): unpaid principal x 0.0175 % a day
    """
    first = claim.late_interest_from_on
    if first is None or on < first:
        return 0
    rate = Fraction(str(law.latest("LATE-INTEREST").parameters["rate_a_day"]))
    return floor(claim.unpaid_principal_fen * rate * ((on - first).days + 1))


def claim_fen(claim: Claim, on: date) -> int:
    """Return what is owed on a day, in fen."""
    return claim.total_fen + late_interest_fen(claim, on)
