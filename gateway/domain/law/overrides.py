"""What a court sets for itself: parameters of rows that are practice, and of no others. deploy/law-overrides.yaml."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pydantic import Field, ValidationError

from contracts.case import CourtCode, ShortText
from contracts.failures import LawInvalid
from contracts.words import Model
from gateway.domain.law import LAW
from gateway.domain.law.row import LawRow, Table

Value = bool | int | str | tuple[int, ...] | tuple[str, ...]


class Override(Model):
    """One row of the file: the practice of one court and of the courts below it, with where it is written."""

    rule: ShortText = Field(description="id of a row whose basis is practice")
    court: CourtCode = Field(description="粤53 means that court and those whose codes begin with it")
    parameters: Mapping[str, Value] = Field(min_length=1, description="some of the row's parameters, of the same kind")
    source: ShortText = Field(description="the document in which the court said so")
    effective_from: date
    effective_to: date | None = None


class OverrideFile(Model):
    """The file."""

    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, eq=False)
class Overrides:
    """What all courts set for themselves."""

    rows: tuple[Override, ...] = ()


NONE = Overrides()


def parse_overrides(raw: object) -> Overrides:
    """Read the file.

    Raises: LawInvalid naming every row and field that is wrong, statute rows among them
    """
    try:
        read = OverrideFile.model_validate(raw).overrides
    except ValidationError as error:
        raise LawInvalid("; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())) from None
    problems = [f"override {number} ({one.rule}): {problem}" for number, one in enumerate(read, start=1) for problem in _problems(one)]
    if problems:
        raise LawInvalid("; ".join(problems))
    return Overrides(read)


def _problems(one: Override) -> list[str]:
    rows = [row for row in LAW if row.id == one.rule]
    if not rows:
        return ["there is no such rule"]
    if rows[-1].basis == "statute":
        return ["it is statute law, which no court sets for itself"]
    if rows[-1].set_in:
        return [f"it holds for all courts and is set in {rows[-1].set_in}"]
    return [problem for name, value in one.parameters.items() for problem in _wrong(rows[-1], name, value)]


def _wrong(row: LawRow, name: str, value: Value) -> Iterator[str]:
    if name not in row.parameters:
        yield f"{name}: there is no such parameter"
    elif type(row.parameters[name]) is not type(value):
        yield f"{name}: not of the same kind"
    elif isinstance(value, tuple) and name in row.choices:
        yield from (f"{name}: there is no {word}" for word in value if word not in row.choices[name])


@lru_cache(maxsize=4096)
def table_of(court_code: str, overrides: Overrides) -> Table:
    """Return the legal table as it stands in one court; what a lower court says stands over what a higher one says."""
    own = sorted((one for one in overrides.rows if court_code.startswith(one.court)), key=lambda one: len(one.court))
    return (*LAW, *_rows(own)) if own else LAW


def _rows(own: Iterable[Override]) -> Iterable[LawRow]:
    latest = {row.id: row for row in LAW}
    for one in own:
        row = latest[one.rule]
        latest[one.rule] = replace(
            row, parameters={**row.parameters, **one.parameters}, source=f"{row.source}；{one.source}", court_code=one.court,
            effective_from=one.effective_from, effective_to=one.effective_to)
        yield latest[one.rule]
