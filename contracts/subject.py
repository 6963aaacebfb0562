"""The person or organisation asked about, with the identity an agency looks it up by."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from contracts.failures import Unfit
from contracts.identifiers import (
    foreign_permanent_resident,
    is_resident_id,
    resident_id,
    resident_id_18,
    uscc_of_identity,
)
from contracts.money import Fen
from contracts.names import normal_name, plain_number
from contracts.words import STORED, Message, Model

SubjectKind = Literal["person", "organisation"]
IdType = Literal[
    "resident_id", "household_book", "passport", "foreign_passport", "hk_macao_permit", "hk_macao_return_permit",
    "taiwan_permit", "foreign_permanent_resident", "military_card", "armed_police_card", "uscc", "organisation_code",
    "business_licence", "other",
]
ORGANISATION_ID_TYPES = frozenset({"uscc", "organisation_code", "business_licence"})
Role = Literal["debtor", "added_debtor", "spouse", "legal_representative", "responsible_person", "third_party_confirmed"]
#: Longest name as it may be typed; its normal form may be longer (NFC takes some signs apart).
MOST_NAME_CHARS = 120


def _normal(name: str, info: ValidationInfo) -> str:
    return name if info.context is STORED else normal_name(name)


def _checked(name: str, info: ValidationInfo) -> str:
    _normal(name, info)
    return name


#: A name as it was typed, which has a normal form.
TypedName = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME_CHARS), AfterValidator(_checked)]
#: A name in its normal form, however it was typed.
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME_CHARS), AfterValidator(_normal)]
IdNo = Annotated[str, StringConstraints(min_length=1, max_length=40)]


def plain_id(number: str) -> str:
    """Return a number as it is kept and compared.

    Raises: Unfit, also of a number that shows nothing
    """
    plain = plain_number(number)
    if not plain:
        raise Unfit("empty", "内容不能为空", "the text is empty")
    return plain


class SecondLook(Model):
    """Something that is taken and that a person should look at again. Source: interface.md §1, errors: the same names."""

    pointer: str
    code: str
    zh: str
    en: str


class Identity(Message):
    """Who is asked about, as an agency is told: `name` is the one to ask by."""

    kind: SubjectKind
    name: str
    id_type: IdType
    id_no: str
    name_as_given: str | None = Field(default=None, description="what the court typed, where `name` is its normal form")
    former_names: tuple[str, ...] | None = Field(
        default=None, description="other names; an agency that matches by name gets a command of its own for each instead")
    nationality: str | None = Field(default=None, description="ISO 3166-1 alpha-3")


class Named(Model):
    """Somebody with an identity as a court types it: `name` takes its normal form, and what was typed is kept where it differs."""

    name: TypedName
    name_as_given: TypedName | None = Field(default=None, description="what was typed, where `name` is its normal form; set by us")
    id_type: IdType
    id_no: IdNo

    @field_validator("id_no")
    @classmethod
    def _id_is_valid(cls, number: str, info: ValidationInfo) -> str:
        return number if info.context is STORED else valid_id_no(number, info)

    @model_validator(mode="after")
    def _name_in_normal_form(self, info: ValidationInfo) -> Self:
        if info.context is STORED:
            return self
        typed, normal = self.name_as_given or self.name, normal_name(self.name)
        if normal_name(typed) != normal:
            raise Unfit("name_differs", "name_as_given与name不是同一姓名或名称", "name_as_given is another name than name", normal)
        self.__dict__.update(name=normal, name_as_given=None if typed == normal else typed)
        return self


class Subject(Named):
    """One subject of a request. Source: interface.md, POST /v1/requests."""

    kind: SubjectKind
    role: Role = "debtor"
    former_names: tuple[Name, ...] = Field(default=(), max_length=20)
    nationality: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    liability_fen: Fen | None = None

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if (self.id_type in ORGANISATION_ID_TYPES) != (self.kind == "organisation") and self.id_type != "other":
            raise Unfit("id_type_not_for_kind", "证件类型与主体类型不符", "the id type does not fit the kind of subject",
                        "person: resident_id …; organisation: uscc …")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return each name of the subject once, the one of today first."""
        return tuple(dict.fromkeys((self.name, *self.former_names)))

    @property
    def identity(self) -> Identity:
        """Return what an agency is told."""
        return Identity.model_construct(
            kind=self.kind, name=self.name, id_type=self.id_type, id_no=self.id_no, name_as_given=self.name_as_given,
            former_names=self.names[1:] or None, nationality=self.nationality)

    def known_as(self, name: str) -> Identity:
        """Return what an agency is told that is asked by one name: no other name goes with it, nor what was typed for another."""
        typed = self.name_as_given if name == self.name else None
        return self.identity.model_copy(update={"name": name, "name_as_given": typed, "former_names": None})

    @property
    def identity_key(self) -> tuple[str, str]:
        """Return what makes two subjects the same; a 15-digit number is the same as its 18-digit form."""
        return (self.id_type, resident_id_18(self.id_no) if self.id_type == "resident_id" else self.id_no)

    def second_looks(self, index: int) -> tuple[SecondLook, ...]:
        """Return what of a subject that was taken should be looked at again; `index` is its place in the request."""
        if self.id_type != "uscc" or not is_resident_id(self.id_no):
            return ()
        return (SecondLook(
            pointer=f"/subjects/{index}/id_no", code="also_resident_id", zh="该统一社会信用代码同时符合居民身份证号规则，请核对主体类型和证件类型",
            en="this credit code is a valid resident identity number too: check kind and id_type"),)


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "resident_id": resident_id, "uscc": uscc_of_identity, "foreign_permanent_resident": foreign_permanent_resident}


def valid_id_no(number: str, info: ValidationInfo) -> str:
    """Check an id number by the `id_type` that stands before it in its model.

    Raises: Unfit
    """
    plain = plain_id(number)
    check = _CHECKS.get(info.data.get("id_type", ""))
    return check(plain) if check else plain
