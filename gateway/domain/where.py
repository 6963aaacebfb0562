"""Where to look for what a subject has: the regions of a request. Pure. Why so: docs/adr/0015-who-is-asked-is-data.md."""

import re
from collections.abc import Iterable

from contracts.agency import NATIONWIDE
from contracts.identifiers import is_credit_code, is_resident_id, resident_id_18
from contracts.subject import Subject
from gateway.domain.courts import Court
from gateway.domain.divisions import above, divisions

#: Where the six digits of the place stand in a credit code, and in the registration number from before.
_IN_CODE, _IN_NUMBER = slice(2, 8), slice(0, 6)
_OLD_NUMBER = re.compile(r"\d{13}|\d{15}")


def look_in(court: Court, subject: Subject, named: Iterable[str] = (), known: Iterable[str] = ()) -> frozenset[str]:
    """Return the regions to look in for one subject, divisions of today.

    Shape: the court's own, the subject's domicile, those the court names, and those of property already known;
           what lies in another of them is left to that one
    """
    return _widest({*own(court), *domicile(subject), *_today(named), *_today(known)})


def own(court: Court) -> tuple[str, ...]:
    """Return where a court looks by itself: its jurisdiction; where that is more than one province, the province of its seat."""
    return court.regions if len(court.provinces) == 1 and NATIONWIDE not in court.regions else (f"{court.seat[:2]}0000",)


def domicile(subject: Subject) -> tuple[str, ...]:
    """Return where a subject is registered, by its id number, whatever type that was given as; none for a number without a place.

    Shape: a household book has the resident number of its holder, a business licence the credit code or the number from before
    """
    number = subject.id_no
    if subject.kind == "person":
        return divisions().today(resident_id_18(number)[:6]) if is_resident_id(number) else ()
    if is_credit_code(number):
        return divisions().today(number[_IN_CODE])
    return divisions().today(number[_IN_NUMBER]) if _OLD_NUMBER.fullmatch(number) else ()


def _today(codes: Iterable[str]) -> set[str]:
    return {one for code in codes for one in divisions().today(code)}


def _widest(regions: set[str]) -> frozenset[str]:
    return frozenset(one for one in regions if regions.isdisjoint(above(one)))
