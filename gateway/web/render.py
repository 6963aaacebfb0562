"""Fill the pages that court people read and print: Chinese first, English beneath, no script, nothing loaded from elsewhere."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.clock import CHINA
from contracts.control import FINAL_STATES, MEASURE_NAMES, STATE_NAMES
from contracts.money import display_yuan
from contracts.outcome import OUTCOME_NAMES, REASONS, UNREAD_NAMES
from contracts.registry import asset_types
from contracts.report import AssetReport
from contracts.words import Text
from gateway.web.held import held_assets

_ROLES = {
    "debtor": Text(zh="被执行人", en="debtor"), "added_debtor": Text(zh="追加被执行人", en="added debtor"),
    "spouse": Text(zh="配偶", en="spouse"), "legal_representative": Text(zh="法定代表人", en="legal representative"),
    "responsible_person": Text(zh="主要负责人", en="responsible person"),
    "third_party_confirmed": Text(zh="书面确认的第三人", en="third party who confirmed"),
}
_ID_TYPES = {
    "resident_id": "居民身份证", "household_book": "户口簿", "passport": "护照", "foreign_passport": "外国护照", "hk_macao_permit": "港澳居民居住证件",
    "hk_macao_return_permit": "港澳居民来往内地通行证", "taiwan_permit": "台湾居民来往大陆通行证",
    "foreign_permanent_resident": "外国人永久居留身份证", "military_card": "军人证件", "armed_police_card": "武警证件",
    "uscc": "统一社会信用代码", "organisation_code": "组织机构代码", "business_licence": "营业执照", "other": "其他证件",
}
_RIGHTS = {"mortgage": "抵押", "maximum_mortgage": "最高额抵押", "pledge": "质押", "lien": "留置", "residence_right": "居住权", "other": "其他"}
#: What stands on an item that cannot be read, and its kinds.
_STANDING = {"prior_measures": "在先措施", "priority_rights": "优先权"}
_STANDING_KINDS = {**{code: name.zh for code, name in MEASURE_NAMES.items()}, **_RIGHTS}
_UNITS = {"CNY": "元"}
_CHANGES = {"asset_added": "新增财产", "asset_removed": "财产不再出现", "asset_changed": "财产变化", "outcome_changed": "答复变化",
            "control_changed": "控制变化", "proposal_changed": "解除建议变化"}


class RuleText(Protocol):
    """A rule of law as a page cites it."""

    @property
    def zh(self) -> str:
        """Return what it says."""

    @property
    def en(self) -> str:
        """Return what it says, in English."""

    @property
    def source(self) -> str:
        """Return where it stands."""


def render_report(report: AssetReport, rules: Mapping[str, RuleText]) -> str:
    """Return a report as one HTML page, printable on A4; it cites `rules`, by id: LIMIT-RELEASE and QUEUE-LAPSE."""
    return _environment().get_template("report.html").render(
        report=report, agencies={line.agency: line.name for line in report.agencies}, held=held_assets(report), rules=rules)


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("gateway.web", "."), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"yuan": _yuan, "money": _money, "instant": _instant, "fields": _fields, "named": _named, "ratio": _ratio, "labels": _labels, "telling": _telling,
                            "read_fields": _read_fields}
    environment.globals |= {"TYPES": {code: kind.name for code, kind in asset_types().items()}, "OUTCOMES": OUTCOME_NAMES,
                            "STATES": STATE_NAMES, "MEASURES": MEASURE_NAMES, "ROLES": _ROLES, "ID_TYPES": _ID_TYPES,
                            "RIGHTS": _RIGHTS, "CHANGES": _CHANGES, "REASONS": REASONS, "UNREAD": UNREAD_NAMES,
                            "PARTS": {code: kind.parts for code, kind in asset_types().items()},
                            "MONEY": frozenset(code for code, kind in asset_types().items() if kind.counted_in == "amount_fen"), "FINAL": FINAL_STATES}
    return environment


def _yuan(fen: int | None) -> str:
    """Write fen as yuan; what is not known is a dash, which is not zero."""
    return "—" if fen is None else f"{display_yuan(fen)} 元"


def _money(fen: int | None, record: Mapping[str, Any]) -> str:
    """Write an amount of an asset in its own currency; what is not known is a dash, which is not zero."""
    return "—" if fen is None else f"{display_yuan(fen)} {_unit_of(record)}"


def _unit_of(record: Mapping[str, Any]) -> str:
    currency = str(record.get("currency", "CNY"))
    return _UNITS.get(currency, currency)


def _instant(at: datetime | None) -> str:
    return "—" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _named(code: str | None, names: Mapping[str, Text]) -> Text:
    """Return the two-language name of a word; one that the table lacks is shown as it is."""
    return names.get(code or "") or Text(zh=code or "—", en=code or "—")


def _ratio(share: str) -> str:
    return "全部" if share == "1" else share


def _labels(names: Iterable[str], asset_type: str) -> list[str]:
    labels = asset_types()[asset_type].labels()
    return [_without_unit(labels[name]) for name in names]


def _without_unit(label: str) -> str:
    return label.replace("（分）", "")


def _fields(record: Mapping[str, Any], asset_type: str) -> list[tuple[str, str]]:
    """Return what a record says as label and text, in the order its type declares; co-owners have a place of their own."""
    kind = asset_types()[asset_type]
    words, unit = kind.words(), _unit_of(record)
    return [(_without_unit(label), _text(name, record[name], words, unit))
            for name, label in kind.labels().items() if record.get(name) not in (None, "", [], ()) and name != "co_owners"]


def _read_fields(record: Mapping[str, Any], asset_type: str) -> list[tuple[str, str]]:
    """Return what was read of an item that cannot be read in full; it may be anything, so it is shown as it is."""
    kind = asset_types()[asset_type]
    labels, words = kind.labels() | _STANDING, kind.words() | {"kind": _STANDING_KINDS}
    return [(_without_unit(labels.get(name, name)), _text(name, value, words, _unit_of(record)))
            for name, value in record.items() if value not in (None, "", [], ())]


def _telling(record: Mapping[str, Any], asset_type: str) -> list[str]:
    """Return what tells a person which thing it is, the key first."""
    kind = asset_types()[asset_type]
    words = kind.words()
    return [_text(name, record[name], words, "元") for name in (*kind.key_fields(record), *kind.telling) if record.get(name) not in (None, "", [], "CNY")]


def _text(name: str, value: object, words: Mapping[str, Mapping[str, str]], unit: str) -> str:
    """Write a value in words; `words` are those of its kind by field, inside lists too."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int) and name.endswith("_fen"):
        return f"{display_yuan(value)} {unit}"
    if isinstance(value, list | tuple):
        return "；".join(_text(name, one, words, unit) for one in value)
    if isinstance(value, Mapping):
        return "，".join(_text(key, one, words, unit) for key, one in value.items() if one is not None)
    return words.get(name, {}).get(str(value), str(value))
