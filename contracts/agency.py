"""One row of the agency directory: who keeps which register where, what it can do, and how it is reached."""

import re
from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.case import CourtCode
from contracts.control import RankBasis
from contracts.subject import SubjectKind
from contracts.words import AgencyCode, Code, Model, Text

Channel = Literal["c2c_national", "c2c_provincial", "p2p_local"]
Capability = Literal["query", "freeze", "seal", "renew", "release", "deduct", "transfer", "status", "transactions"]
Mode = Literal["automatic", "semi_automatic", "manual"]
AnswersBy = Literal["response", "status", "callback"]
Region = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Serves = Literal["all", "province"] | Annotated[tuple[CourtCode, ...], Field(min_length=1, max_length=5000)]
NATIONWIDE = "000000"
#: From the highest down: what one of them covers is not asked again by a lower one.
CHANNELS: tuple[Channel, ...] = ("c2c_national", "c2c_provincial", "p2p_local")

#: The longest that any agency may take for an answer.
MOST_WORKING_DAYS = 30
#: What a region code ends with when it means a whole country, province or city: pairs of zeros (500000 is 50, not 5).
_AREA = re.compile(r"^0{6}$|0{4}$|00$")


def lies_in(region_code: str, area_code: str) -> bool:
    """Tell whether a region is an area or a part of it: 445302 lies in 445302, 445300, 440000 and 000000."""
    return region_code.startswith(_AREA.sub("", area_code))


def _usual_courts(row: dict[str, Any]) -> Serves:
    """Return who may ask an agency whose row does not say."""
    national = row.get("channel") == "c2c_national" or row.get("region_code") == NATIONWIDE
    return "all" if national else "province"


class OfficeHours(Model):
    """When a person is there, in China Standard Time; working days only unless `every_day`."""

    opens: time
    closes: time
    every_day: bool = False


class Agency(Model):
    """An agency as the directory lists it. Source: design.md §2; capabilities each on its own (domain.md §16)."""

    agency: AgencyCode
    name: Text
    asset_type: Code
    region_code: Region = Field(description="what it registers, GB/T 2260: 000000 the whole country, xx0000 a province, xxxx00 a city")
    channel: Channel
    serves: Serves = Field(
        default_factory=_usual_courts, description="which courts may ask it: all; province, courts whose jurisdiction reaches into the "
        "province of region_code; or court codes, each with the courts whose code it begins. Default: all where channel or register is national, else province")
    channel_to: AgencyCode | None = Field(
        default=None, description="the register this row is a channel to, where several rows are: the highest channel is asked first, and one thing "
        "counts once. Default: a register of its own")
    capabilities: tuple[Capability, ...] = ("query",)
    subject_kinds: tuple[SubjectKind, ...] = ("person", "organisation")
    mode: Mode = "automatic"
    answers_by: AnswersBy = Field(default="response", description="in the response, when asked for the status, or by call-back only")
    served_by: Literal["adapter", "external"] = "adapter"
    answer_due_working_days: int = Field(default=3, ge=1, le=MOST_WORKING_DAYS, description="rule DUE-QUERY")
    office_hours: OfficeHours | None = None
    endpoint: str = Field(default="", description="base URL; empty: the mock agencies of this installation")
    credentials_ref: str = Field(default="", description="name of the setting that holds the credentials, never the credentials")
    dialect: Code = Field(default="standard", description="which of the adapter's variants this agency speaks")
    batch_size: int = Field(default=1, ge=1, le=500, description="most queries in one call; 1: one by one")
    rate_per_s: float | None = Field(default=None, gt=0, description="most calls a second")
    parallel_calls: int = Field(default=8, ge=1, le=64)
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    matches_name: bool = Field(
        default=False, description="looks up or checks by the name as text, so it is asked by each former name in a task of its own")
    takes_nationality: bool = Field(default=False, description="its words have a place for the subject's nationality")
    idempotent: bool = Field(default=True, description="asked twice by one request number, acts once")
    wants_document_content: bool = False
    rank_basis: RankBasis = Field(default="served_at", description="rules RANK-SERVICE, RANK-PUBLICITY")
    term_starts: Literal["effect", "service"] = Field(default="effect", description="rule WAIT-TERM")
    last_day: Literal["day_before", "corresponding_day"] = Field(default="day_before", description="rule END-DATE")

    @model_validator(mode="after")
    def _external_has_no_endpoint(self) -> Self:
        if self.served_by == "external" and self.endpoint:
            raise ValueError("an agency served by an external adapter has no endpoint of ours")
        return self

    @model_validator(mode="after")
    def _our_adapters_ask_for_no_transactions(self) -> Self:
        if self.served_by == "adapter" and "transactions" in self.capabilities:
            raise ValueError("no adapter of ours reads account transactions: only an external one may offer them")
        return self

    @model_validator(mode="after")
    def _a_province_is_one(self) -> Self:
        if self.serves == "province" and self.region_code == NATIONWIDE:
            raise ValueError("a register of the whole country has no province: serves all, or court codes")
        return self

    def can(self, capability: str) -> bool:
        """Tell whether the agency offers a capability."""
        return capability in self.capabilities

    @property
    def register_code(self) -> str:
        """Return the register that the row is a channel to."""
        return self.channel_to or self.agency

    def registers(self, region_code: str) -> bool:
        """Tell whether something of a region may stand in its register: the one lies in the other."""
        return lies_in(region_code, self.region_code) or lies_in(self.region_code, region_code)
