"""What a court decides for its plans, as dated rows of `deploy/court-policies.yaml`: tolerance, order, terms, exceptions. Pure.

What it sets in the legal table itself (who is liable, whole accounts, caps) is law/overrides.py.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from contracts.case import CourtCode
from contracts.failures import DirectoryInvalid, Unfit
from contracts.money import Fen
from contracts.registry import asset_types
from contracts.words import Code, Model

#: What the order of a policy lists beside the asset types: the only dwelling of a person.
SOLE_HOME = "sole_home"


class PlanPolicy(Model):
    """What a judge may decide for one plan; what is null is the court's. Amounts in fen."""

    tolerance: Annotated[Decimal, Field(ge=0, le=1)] | None = Field(default=None, description="share of the claim that may be secured beyond it")
    order: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="asset types and sole_home, what is controlled first at the front; what is not named comes last")
    securities_adjustment: Annotated[Decimal, Field(ge=Decimal("-0.2"), le=Decimal("0.2"))] | None = Field(
        default=None, description="added to the previous close as a share of it")
    reserve_fen: Fen | None = Field(default=None, description="living expenses left to each person")
    reserve_per_dependant_fen: Fen | None = Field(default=None, description="left besides for each dependant")
    dependants: Annotated[int, Field(ge=0, le=50, strict=True)] | None = Field(default=None, description="of each person")

    @model_validator(mode="after")
    def _known_types(self) -> "PlanPolicy":
        known = {*asset_types(), SOLE_HOME}
        if self.order is not None and (set(self.order) - known or len(set(self.order)) < len(self.order)):
            raise Unfit("bad_order", "顺序中有未知或重复的财产类型", "the order names an unknown asset type, or one twice", ", ".join(sorted(known)))
        return self


class CourtPolicy(PlanPolicy):
    """One row: what holds in a court from a day to a day. Source: domain.md §8 (LIMIT, LEAST-HARM, EXEMPT), §8a."""

    court_code: CourtCode | None = Field(default=None, description="null: every court that has no row of its own on that day")
    effective_from: date
    effective_to: date | None = None
    source: str = Field(description="where the court decided so")
    tolerance: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(0)
    order: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)] = (
        "deposits", "wealth_products", "provident_fund", "securities", "equity", "vehicles", "real_estate", SOLE_HOME)
    securities_adjustment: Annotated[Decimal, Field(ge=Decimal("-0.2"), le=Decimal("0.2"))] = Decimal(0)
    reserve_fen: Fen = 0
    reserve_per_dependant_fen: Fen = 0
    dependants: Annotated[int, Field(ge=0, le=50, strict=True)] = 0
    term_months: dict[Code, int] = Field(default_factory=dict, description="usual term by asset type; without: the longest the law allows")
    spared_account_classes: tuple[Code, ...] = Field(default=(), description="classes of accounts that plans leave alone")
    plan_valid_hours: Annotated[int, Field(ge=1, le=720)] = Field(default=24, description="how long a plan reserves what it names")

    def holds_on(self, day: date) -> bool:
        """Tell whether the row is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def adjusted(self, wish: PlanPolicy | None) -> "CourtPolicy":
        """Return the row with what a judge decided for one plan."""
        decided = {} if wish is None else {name: value for name in PlanPolicy.model_fields if (value := getattr(wish, name)) is not None}
        return self.model_copy(update=decided)

    def limit_fen(self, claim_fen: int) -> int:
        """Return the most that may be secured for a claim."""
        return floor(claim_fen * (1 + Fraction(self.tolerance)))

    def place(self, kind: str) -> int:
        """Return where a kind stands in the order; what is not named comes last."""
        return self.order.index(kind) if kind in self.order else len(self.order)

    def left_to_a_person_fen(self) -> int:
        """Return the living expenses that stay with each person."""
        return self.reserve_fen + self.dependants * self.reserve_per_dependant_fen


@dataclass(frozen=True)
class CourtPolicies:
    """The rows of all courts.

    Raises: DirectoryInvalid if two rows of one court hold on the same day, or nothing holds for courts without a row
    """

    rows: tuple[CourtPolicy, ...]

    def __post_init__(self) -> None:
        problems = [f"{one.court_code or 'default'}: two rows hold on {two.effective_from}"
                    for number, one in enumerate(self.rows) for two in self.rows[number + 1:]
                    if one.court_code == two.court_code and (one.holds_on(two.effective_from) or two.holds_on(one.effective_from))]
        if not any(one.court_code is None for one in self.rows):
            problems.append("no row without a court_code")
        if problems:
            raise DirectoryInvalid("; ".join(problems))

    def of(self, court_code: str, day: date) -> CourtPolicy:
        """Return what holds in a court on a day: its own row, else the one for all courts.

        Raises: DirectoryInvalid if no row holds on that day
        """
        held = {row.court_code: row for row in self.rows if row.holds_on(day)}
        found = held.get(court_code) or held.get(None)
        if found is None:
            raise DirectoryInvalid(f"no court policy holds for {court_code} on {day}")
        return found


#: What holds where no file was read: the law alone, nothing beyond it.
BY_LAW = CourtPolicies((CourtPolicy(effective_from=date(2016, 12, 1), source="查扣冻规定第19条；法发〔2019〕35号"),))


class CourtPolicyFile(Model):
    """The file."""

    policies: tuple[CourtPolicy, ...]


def parse_court_policies(raw: object) -> CourtPolicies:
    """Read the file of court policies.

    Raises: DirectoryInvalid naming every row and field that is wrong
    """
    try:
        return CourtPolicies(CourtPolicyFile.model_validate(raw).policies)
    except ValidationError as error:
        raise DirectoryInvalid("; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors())) from None
