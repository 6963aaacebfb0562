"""The register: who exists and what each agency records of them, by seed. What the ledger changed comes on top of it."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random

from contracts.agency import Agency
from contracts.identifiers import resident_id_18
from contracts.registry import asset_type
from services.runtime.mock.people import DEMO_SUBJECTS, invent
from services.runtime.mock.port import Holding, MockAgency, RegisteredSubject

_LEGACY_DIGITS = 15
_HOME_REGION = DEMO_SUBJECTS[0].region_code


def canonical(id_no: str) -> str:
    """Return the one form an id number is looked up by; the old 15-digit form is the same person."""
    number = id_no.strip().upper()
    return resident_id_18(number) if len(number) == _LEGACY_DIGITS and number.isdigit() else number


@lru_cache(maxsize=2)
def _by_number(seed: int) -> Mapping[str, RegisteredSubject]:
    return {canonical(subject.id_no): subject for subject in invent(seed)}


class Register:
    """Subjects in a fixed order; holdings are made when they are asked for and remembered, at most `most_cached` answers."""

    def __init__(
        self, seed: int, agencies: Sequence[Agency], mocks: Mapping[str, MockAgency], *, most_cached: int = 10_000,
        odd_share: float = 0,
    ) -> None:
        self.agencies = {agency.agency: agency for agency in agencies if agency.asset_type in mocks}
        self._seed, self._mocks, self._most_cached, self._odd_share = seed, mocks, most_cached, odd_share
        self._subjects = _by_number(seed)
        self._made: OrderedDict[tuple[str, str], tuple[Holding, ...]] = OrderedDict()
        self._holders: dict[str, dict[str, str]] = {code: {} for code in self.agencies}
        self._indexed: set[str] = set()

    def __len__(self) -> int:
        return len(self._subjects)

    def subject(self, id_no: str) -> RegisteredSubject | None:
        """Return who has this id number, or None."""
        return self._subjects.get(canonical(id_no))

    def subjects(self, with_types: Sequence[str] = (), limit: int | None = None) -> Iterator[RegisteredSubject]:
        """Return the subjects that hold something of each asset type named, the demo subjects first.

        Shape:   held where a court of the demo subjects' region can ask for it
        Raises:  UnknownAssetType
        """
        found = 0
        for code in with_types:
            asset_type(code)
        for subject in self._subjects.values():
            if found == limit:
                return
            if all(self._holds(subject, code) for code in with_types):
                found += 1
                yield subject

    def _holds(self, subject: RegisteredSubject, code: str) -> bool:
        return any(self.holdings(agency, subject) for agency in self.agencies.values()
                   if agency.asset_type == code and agency.can("query") and agency.registers(_HOME_REGION))

    def holdings(self, agency: Agency, subject: RegisteredSubject) -> tuple[Holding, ...]:
        """Return what the register gave a subject at an agency when the simulation began."""
        place = (agency.agency, canonical(subject.id_no))
        made = self._made.get(place)
        if made is None:
            made = self._made[place] = self._make(agency, subject)
            if len(self._made) > self._most_cached:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(place)
        return made

    def odd(self, agency: Agency, subject: RegisteredSubject) -> Random | None:
        """Return what chooses an oddity for a subject at an agency, None for most subjects and for those of the demos."""
        rng = Random(f"{self._seed}|odd|{agency.agency}|{canonical(subject.id_no)}")
        return rng if rng.random() < self._odd_share and subject not in DEMO_SUBJECTS else None

    def _make(self, agency: Agency, subject: RegisteredSubject) -> tuple[Holding, ...]:
        if subject.kind not in agency.subject_kinds:
            return ()
        id_no = canonical(subject.id_no)
        rng = Random(f"{self._seed}|{agency.agency}|{id_no}")
        shared = Random(f"{self._seed}|{agency.asset_type}|{id_no}")
        made = tuple(self._mocks[agency.asset_type].holdings(agency, subject.at(agency), rng, shared))
        for holding in made:
            self._holders[agency.agency].setdefault(holding.key, id_no)
        return made

    def find(self, agency: Agency, key: str, holder_id_no: str | None = None) -> tuple[Holding, RegisteredSubject] | None:
        """Return an asset and who holds it; without the holder's number the whole register is indexed once per agency."""
        if holder_id_no:
            return self._held_by(agency, key, holder_id_no)
        if key not in self._holders[agency.agency] and agency.agency not in self._indexed:
            self._indexed.add(agency.agency)
            for subject in self._subjects.values():
                self._make(agency, subject)
        holder = self._holders[agency.agency].get(key)
        return None if holder is None else self._held_by(agency, key, holder)

    def _held_by(self, agency: Agency, key: str, holder_id_no: str) -> tuple[Holding, RegisteredSubject] | None:
        subject = self.subject(holder_id_no)
        if subject is None:
            return None
        return next(((holding, subject) for holding in self.holdings(agency, subject) if holding.key == key), None)
