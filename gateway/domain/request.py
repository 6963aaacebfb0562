"""The body of POST /v1/requests: its models, and a reading that names everything wrong with it at once. interface.md §1."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain
from typing import Annotated, Literal

from pydantic import Field

from contracts.agency import Agency, Region
from contracts.case import Case, Officer, parse_case_no
from contracts.documents import KIND_NAMES, PRESERVATION_QUERY, DocumentRef, Requirement, missing
from contracts.failures import FieldError
from contracts.registry import asset_types
from contracts.subject import Subject
from contracts.words import AgencyCode, Code, Model
from gateway.domain.body import read_body
from gateway.domain.courts import unknown_court
from gateway.domain.directory import Directory
from gateway.domain.divisions import divisions
from gateway.domain.field_errors import field_error

MOST_SUBJECTS = 100
Purpose = Literal["enforcement", "preservation_pre_suit", "preservation_in_suit", "preservation_pre_enforcement"]


class TransactionPeriod(Model):
    """The days for which account transactions are asked too, both included."""

    from_on: date
    to_on: date


class RequestDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    case: Case | None = None
    officer: Officer | None = None
    documents: Annotated[tuple[DocumentRef, ...], Field(max_length=100)] | None = None
    purpose: Purpose | None = None
    subjects: Annotated[tuple[Subject, ...], Field(min_length=1, max_length=MOST_SUBJECTS)] | None = None
    asset_types: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)] | None = None
    agencies: Annotated[tuple[AgencyCode, ...], Field(min_length=1, max_length=5000)] | None = None
    regions: Annotated[tuple[Region, ...], Field(max_length=100)] | None = Field(
        default=None, description="where to look besides: GB/T 2260, a province, a city or a county; the court's own and the subjects' domiciles need not be named")
    answer_by: date | None = None
    transactions: TransactionPeriod | None = None


class RequestBody(RequestDraft):
    """What a court asks: about whom, for what, where, of whom. `asset_types` and `agencies` null: all."""

    case: Case
    officer: Officer
    documents: Annotated[tuple[DocumentRef, ...], Field(max_length=100)]
    purpose: Purpose
    subjects: Annotated[tuple[Subject, ...], Field(min_length=1, max_length=MOST_SUBJECTS)]


def read_request(raw: bytes, directory: Directory, *, today: date) -> RequestBody:
    """Read and check a body; `today` is the date in China.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    return read_body(raw, RequestBody, RequestDraft, partial(_across, directory=directory, today=today),
                     {"subjects": (MOST_SUBJECTS, "too_many_subjects")})


def _across(draft: RequestDraft, *, directory: Directory, today: date) -> list[FieldError]:
    """Find what is wrong across the parts that are valid by themselves."""
    return list(chain(_documents(draft), _subjects(draft.subjects or ()), _asset_types(draft), _agencies(draft, directory),
                      _regions(draft), _dates(draft, today)))


def document_errors(needed: Sequence[Requirement], present: Iterable[DocumentRef]) -> list[FieldError]:
    """Name each requirement that no document meets, at `/documents`."""
    kinds = {document.kind for document in present}
    return [field_error(("documents",), "document_missing", f"缺少{'或'.join(KIND_NAMES[kind].zh for kind in requirement)}",
                        f"missing: {' or '.join(KIND_NAMES[kind].en for kind in requirement)}", "/".join(requirement))
            for requirement in missing(needed, kinds)]


def _documents(draft: RequestDraft) -> list[FieldError]:
    if draft.documents is None:
        return []
    known = asset_types()
    asked = [known[code] for code in draft.asset_types or known if code in known]
    needed = dict.fromkeys(requirement for one in asked for requirement in one.documents["query"])
    if draft.purpose is not None and draft.purpose.startswith("preservation_"):
        needed.update(dict.fromkeys(PRESERVATION_QUERY))
    return document_errors(tuple(needed), draft.documents)


def _repeated(values: Iterable[Hashable]) -> Iterator[int]:
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def _subjects(subjects: Sequence[Subject]) -> Iterator[FieldError]:
    for index in _repeated(subject.identity_key for subject in subjects):
        yield field_error(("subjects", index), "duplicate_subject", "同一主体重复", "this subject is listed twice",
                          "同一证件只列一次（15位与18位身份证号视为同一）")


def _asset_types(draft: RequestDraft) -> Iterator[FieldError]:
    known = asset_types()
    for index, code in enumerate(draft.asset_types or ()):
        if code not in known:
            yield field_error(("asset_types", index), "unknown_asset_type", "没有这种财产类型", "there is no such asset type",
                              ", ".join(known))
    yield from _duplicates("asset_types", draft.asset_types or ())


def _duplicates(name: str, entries: Sequence[str]) -> Iterator[FieldError]:
    for index in _repeated(entries):
        yield field_error((name, index), "duplicate_entry", "重复列出", "this entry is listed twice")


def _agencies(draft: RequestDraft, directory: Directory) -> Iterator[FieldError]:
    court_code = None if draft.case is None else parse_case_no(draft.case.case_no).court_code
    court = None if court_code is None else directory.courts.find(court_code)
    if court_code is not None and court is None:
        yield unknown_court(("case", "case_no"))
    for index, code in enumerate(draft.agencies or ()):
        agency, at = directory.by_code.get(code), ("agencies", index)
        if agency is None:
            yield field_error(at, "unknown_agency", "没有这个协助单位", "there is no such agency", "GET /v1/agencies")
            continue
        if draft.asset_types is not None and agency.asset_type not in draft.asset_types:
            yield field_error(at, "agency_not_for_asset_type", "该单位不掌握所查的财产类型",
                              "the agency keeps none of the asset types asked", agency.asset_type)
        if court is not None and not court.may_ask(agency):
            yield field_error(at, *not_served(agency))
    yield from _duplicates("agencies", draft.agencies or ())


def not_served(agency: Agency) -> tuple[str, str, str, str]:
    """Say that an agency does not serve the court: code, Chinese, English, whom it serves."""
    serves = agency.serves if isinstance(agency.serves, str) else ", ".join(agency.serves)
    return ("agency_does_not_serve_court", "该单位不受理本院的查询和控制", "the agency does not serve this court",
            f"{serves} {agency.region_code[:2]}" if serves == "province" else serves)


def _regions(draft: RequestDraft) -> Iterator[FieldError]:
    for index, code in enumerate(draft.regions or ()):
        if code not in divisions().by_code:
            yield field_error(("regions", index), "unknown_region", "没有这个行政区划代码", "there is no division of this code",
                              "GB/T 2260: 445302, 445300, 440000")
    yield from _duplicates("regions", draft.regions or ())


def _dates(draft: RequestDraft, today: date) -> Iterator[FieldError]:
    if draft.answer_by is not None and draft.answer_by < today:
        yield field_error(("answer_by",), "in_the_past", "日期已过", "the date has passed", f"≥ {today}")
    if draft.transactions is not None and draft.transactions.from_on > draft.transactions.to_on:
        yield field_error(("transactions",), "bad_period", "起始日期晚于截止日期", "the period ends before it begins", "from_on ≤ to_on")
    if draft.case is not None and parse_case_no(draft.case.case_no).year > today.year:
        yield field_error(("case", "case_no"), "year_in_future", "案号年份尚未到来", "the year of the case number is in the future",
                          f"≤ {today.year}")
