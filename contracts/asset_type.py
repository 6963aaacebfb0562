"""How one kind of asset is declared: its record, its key, what can be done to it and what law says of its terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from contracts import identifiers
from contracts.control import Measure
from contracts.documents import Requirement
from contracts.failures import Unfit
from contracts.words import Model, Text

#: Who makes a key one thing: the key alone, the key at one agency, or the key and its holder.
KeyScope = Literal["everywhere", "agency", "subject"]


def labelled(zh: str, wire: str, description: str, *, words: str = "", deciding: bool = False, **more: Any) -> Any:
    """Declare a record field with its Chinese label and the wire code of the network query-control interface.

    Reports, schemas and adapters all read this one declaration; `words` says an enumeration in Chinese, as
    `normal 正常 sealed 查封`; `deciding`: which thing, whose, how much, its state, what is on it before. An item whose deciding
    field cannot be read is no asset, but is shown as unreadable; all other fields tell and may be missing.
    Source: domain.md §4, §6.1; interface.md §5
    """
    extra: dict[str, Any] = {"x-label-zh": zh, "x-wire": wire}
    if deciding:
        extra["x-deciding"] = True
    if words:
        listed = words.split()
        extra["x-words-zh"] = dict(zip(listed[::2], listed[1::2], strict=True))
    return Field(description=description, json_schema_extra=extra, **more)


class CoOwner(Model):
    """Another owner of the same asset."""

    name: str
    id_type: str | None = None
    id_no: str | None = None
    share_ratio: str | None = None


def _checked_ratio(text: str) -> str:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Unfit("bad_ratio", "份额格式不正确", "the share has the wrong form", "1/2 或 0.5") from None
    if not 0 < value <= 1:
        raise Unfit("bad_ratio", "份额应大于0且不超过1", "a share is above 0 and at most 1", "1/2 或 0.5")
    return str(value)


Ratio = Annotated[str, AfterValidator(_checked_ratio)]
UnitCode = Annotated[str, AfterValidator(identifiers.unit_code)]
CertificateNo = Annotated[str, AfterValidator(identifiers.certificate_no)]
PlateNo = Annotated[str, AfterValidator(identifiers.plate_no)]
CompanyNo = Annotated[str, AfterValidator(identifiers.company_no)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
SignedFen = Annotated[int, Field(ge=-(10**15), le=10**15, strict=True)]


class AssetRecord(Model):
    """What every record can say of itself; kinds override what their register knows. Amounts in fen, CNY."""

    def value_fen(self) -> int | None:
        """Return the worth of the whole asset, None where the register gives none."""
        return None

    def available_fen(self) -> int | None:
        """Return what of the value can be controlled today as far as the register itself says, None if it does not."""
        return self.value_fen()

    def share(self) -> Fraction:
        """Return the debtor's share."""
        return Fraction(1)

    def others(self) -> tuple[CoOwner, ...]:
        """Return the co-owners."""
        return ()

    def doubtful(self) -> tuple[str, ...]:
        """Return the fields that hardly can be true beside the others: more available than there is."""
        return ()


@dataclass(frozen=True)
class AssetType:
    """One kind of asset; the module that declares it is all that is needed to add it. Source: design.md §2."""

    code: str
    name: Text
    record: type[AssetRecord]
    #: Fields of the record that together name one asset.
    key: tuple[str, ...]
    key_scope: KeyScope
    measures: tuple[Measure, ...]
    #: Documents each action needs; actions that are not listed are not done to this kind.
    documents: Mapping[str, tuple[Requirement, ...]]
    #: Row of the legal table that caps a term (domain.md §8 DUR-*).
    duration_rule: str
    #: What a measure is counted in: `amount_fen`, `quantity`, `ratio`; None for the whole thing.
    counted_in: Literal["amount_fen", "quantity", "ratio"] | None = None

    #: Fields that name the asset where its register gives no key, the first that is known; told as `field:value`.
    key_otherwise: tuple[str, ...] = ()
    #: Fields that tell a person which one it is, beside the key.
    telling: tuple[str, ...] = ()
    #: What an order on an asset that is known by its key alone says besides the key.
    assumed: Mapping[str, object] = field(default_factory=dict)
    #: Whether what a register calls available, and what its agency says it holds, leaves out what priority rights take (§8a: not subtracted twice).
    net_of_rights: bool = False
    #: What one measure takes hold of apart, by its word: an agency may control one part and decline another.
    parts: Mapping[str, Text] = field(default_factory=dict)

    def key_fields(self, record: Mapping[str, object]) -> tuple[str, ...]:
        """Return the fields that name this record's asset; none if it has no key."""
        if all(record.get(name) is not None for name in self.key):
            return self.key
        return next(((name,) for name in self.key_otherwise if record.get(name) is not None), ())

    def key_text(self, record: Mapping[str, object]) -> str:
        """Return the key of a record as text: parts joined by `/` (securities: account/code), `field:value` in place of a key.

        Raises: ValueError if the record has no key
        """
        fields = self.key_fields(record)
        if not fields:
            raise ValueError(f"a record of {self.code} without a key")
        text = "/".join(str(record[name]) for name in fields)
        return text if fields == self.key else f"{fields[0]}:{text}"

    def known_by(self, key_text: str) -> dict[str, object]:
        """Return what the record of an asset says that is known by its key alone; `key_text` undone, full-width letters and blanks too.

        Raises: Unfit with bad_key, or what the field of the key says is wrong
        """
        plain = "".join(normalize("NFKC", key_text).split())
        name, colon, value = plain.partition(":")
        if colon and name in self.key_otherwise:
            return {name: _checked(self.record, name, value)} | dict(self.assumed)
        parts = plain.split("/")
        if len(parts) != len(self.key):
            raise Unfit("bad_key", "财产标识格式不正确", "the key has the wrong form", "/".join(self.key))
        return {name: _checked(self.record, name, part) for name, part in zip(self.key, parts, strict=True)} | dict(self.assumed)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the record, each field with `x-label-zh`."""
        return self.record.model_json_schema()

    def labels(self) -> dict[str, str]:
        """Return the Chinese label of each field."""
        return {name: field.json_schema_extra["x-label-zh"]  # type: ignore[index,misc]
                for name, field in self.record.model_fields.items()}

    def deciding(self) -> frozenset[str]:
        """Return the fields that decide which asset it is, whose, how much, its state and what is on it before."""
        return deciding_fields(self.record)

    def words(self) -> dict[str, dict[str, str]]:
        """Return the Chinese words of each field that is an enumeration."""
        return {name: field.json_schema_extra["x-words-zh"]  # type: ignore[index,misc]
                for name, field in self.record.model_fields.items() if "x-words-zh" in field.json_schema_extra}  # type: ignore[operator]


@cache
def deciding_fields(record: type[AssetRecord]) -> frozenset[str]:
    """Return the fields of a record that are declared as deciding."""
    return frozenset(name for name, field in record.model_fields.items()
                     if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("x-deciding"))


@cache
def _field(record: type[AssetRecord], name: str) -> TypeAdapter[object]:
    info = record.model_fields[name]
    return TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]  # what it is, is known at run time


def _checked(record: type[AssetRecord], name: str, value: str) -> object:
    try:
        return _field(record, name).validate_python(value)
    except ValidationError as error:
        unfit = error.errors()[0].get("ctx", {}).get("error")
        if isinstance(unfit, Unfit):
            raise unfit from None
        raise Unfit("bad_key", "财产标识格式不正确", "the key has the wrong form", name) from None


def fen_of(quantity: int, unit_price_fen: int | None) -> int | None:
    """Return quantity times price, None without a price."""
    return None if unit_price_fen is None else int(Decimal(quantity) * unit_price_fen)
