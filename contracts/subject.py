"""The person or organisation asked about, with the identity an agency looks it up by."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from contracts.failures import Unfit
from contracts.identifiers import resident_id, resident_id_18, social_credit_code
from contracts.money import Fen
from contracts.words import Message, Model

SubjectKind = Literal["person", "organisation"]
IdType = Literal[
    "resident_id", "household_book", "passport", "foreign_passport", "hk_macao_permit", "hk_macao_return_permit",
    "taiwan_permit", "military_card", "armed_police_card", "uscc", "organisation_code", "business_licence", "other",
]
ORGANISATION_ID_TYPES = frozenset({"uscc", "organisation_code", "business_licence"})
Role = Literal["debtor", "added_debtor", "spouse", "legal_representative", "responsible_person", "third_party_confirmed"]

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Identity(Message):
    """Who is asked about, as an agency is told."""

    kind: SubjectKind
    name: str
    id_type: IdType
    id_no: str


class Subject(Model):
    """One subject of a request. Source: interface.md, POST /v1/requests."""

    kind: SubjectKind
    role: Role = "debtor"
    name: Name
    id_type: IdType
    id_no: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
    former_names: tuple[Name, ...] = Field(default=(), max_length=20)
    nationality: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    liability_fen: Fen | None = None

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if (self.id_type in ORGANISATION_ID_TYPES) != (self.kind == "organisation") and self.id_type != "other":
            raise Unfit("id_type_not_for_kind", "证件类型与主体类型不符", "the id type does not fit the kind of subject",
                        "person: resident_id …; organisation: uscc …")
        return self

    @field_validator("id_no")
    @classmethod
    def _id_is_valid(cls, number: str, info: ValidationInfo) -> str:
        return valid_id_no(number, info)

    @property
    def identity(self) -> Identity:
        """Return what an agency is told."""
        return Identity.model_construct(kind=self.kind, name=self.name, id_type=self.id_type, id_no=self.id_no)

    @property
    def identity_key(self) -> tuple[str, str]:
        """Return what makes two subjects the same; a 15-digit number is the same as its 18-digit form."""
        return (self.id_type, resident_id_18(self.id_no) if self.id_type == "resident_id" else self.id_no)


_CHECKS = {"resident_id": resident_id, "uscc": social_credit_code}


def valid_id_no(number: str, info: ValidationInfo) -> str:
    """Check an id number by the `id_type` that stands before it in its model.

    Raises: Unfit
    """
    check = _CHECKS.get(info.data.get("id_type", ""))
    return check(number) if check else number
