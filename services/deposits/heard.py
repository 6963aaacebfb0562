"""What the simulated banks read of a message: plain words of dialect `standard`, whichever it came in. It shares no code with the adapter.

Amounts are fen. Source: domain.md §4.1, §4.3
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.money import yuan_to_fen
from services.runtime.mock.port import MockRequest

Said = dict[str, Any]

PATHS = {"standard": {"/xzcx": "query", "/xzkz": "control"}, "yuan": {"/judicial/queries": "query", "/judicial/controls": "control"}}
_YUAN_NAMES = {
    "XZ": "reqKind", "CXLB": "queries", "BDHM": "reqNo", "XM": "custName", "GJ": "nationality", "ZJLX": "certType", "DSRZJHM": "certNo", "FYMC": "courtName",
    "FYDM": "courtCode", "CBR": "judge", "YHDH": "judgePhone", "AH": "caseNo", "GZZBH": "workCardNo", "GWZBH": "dutyCardNo",
    "HDDZ": "notifyUrl", "WSXX": "docs", "WSLB": "docType", "WSBH": "docNo", "WSRQ": "docTime", "WSNR": "docContent",
    "CKKSSJ": "txFrom", "CKJSSJ": "txTo", "KZZH": "items", "CCXH": "seqNo", "KZLX": "ctrlType", "KZCS": "measure", "KHZH": "acctNo",
    "KZNR": "scope", "BZ": "ccy", "JE": "amt", "JSRQ": "endTime", "KZQX": "months", "CKWH": "rulingNo", "ZXKZHHM": "toAcctName",
    "ZXKZHKHH": "toBank", "ZXKZHZH": "toAcctNo", "YDJAH": "origCaseNo", "YDJDH": "origReqNo", "DJBH": "freezeNo",
}
_OURS = {"standard": {name: name for name in _YUAN_NAMES}, "yuan": {theirs: ours for ours, theirs in _YUAN_NAMES.items()}}
_HEAD = ("BDHM", "XM", "ZJLX", "DSRZJHM", "FYMC", "FYDM", "CBR", "AH")
_ITEM = ("CCXH", "KZLX", "KZCS", "KHZH", "KZNR", "BZ")


@dataclass(frozen=True, slots=True)
class Call:
    """What one HTTP call asks: queries or one control with the numbers they have, or how a number stands (no messages)."""

    family: str
    numbers: Sequence[str]
    messages: Sequence[Said] = ()


def call(dialect: str, request: MockRequest) -> Call | None:
    """Read a call; None if there is no such path.

    Raises: ValueError, KeyError, TypeError if it is not what the document asks for
    """
    family = PATHS[dialect].get(request.path)
    if request.method == "POST" and family is not None:
        body = _named(_OURS[dialect], orjson.loads(request.body))
        messages = [_checked(one) for one in _messages(family, body, dialect)]
        return Call(family, [one["BDHM"] for one in messages], messages)
    base, _, number = request.path.rpartition("/")
    family = PATHS[dialect].get(base)
    return Call(family, [number]) if request.method == "GET" and family is not None else None


def _named(names: dict[str, str], said: Any) -> Any:
    if isinstance(said, list):
        return [_named(names, one) for one in said]
    return {names[name]: _named(names, value) for name, value in said.items()} if isinstance(said, dict) else said


def _messages(family: str, body: Said, dialect: str) -> list[Said]:
    if body["XZ"] != {"query": "1", "control": "2"}[family]:
        raise ValueError("a nature that its path does not have")
    if family == "control":
        (item,) = body["KZZH"]
        return [body | {"KZZH": _item(item, dialect)}]
    return list(body["CXLB"])


def _checked(message: Said) -> Said:
    """Take a message that says all that its document asks for; empty cards are looked at later."""
    papers = message["WSXX"]
    if any(not isinstance(message[name], str) or not message[name] for name in _HEAD) or not isinstance(papers, list):
        raise ValueError("not what the document asks for")
    if any(not isinstance(message[name], str) for name in ("GZZBH", "GWZBH")) or any(not one["WSLB"] or not one["WSBH"] for one in papers):
        raise ValueError("not what the document asks for")
    return message


def _item(item: Said, dialect: str) -> Said:
    if any(not isinstance(item[name], str) or not item[name] for name in _ITEM):
        raise ValueError("not what the document asks for")
    amount = item.get("JE")
    if item["KZLX"] != "1" or item["KZNR"] not in ("1", "2") or (item["KZNR"] == "2" and (item["KZCS"] != "01" or amount is not None)):
        raise ValueError("KZNR 2 belongs to a freeze without JE")
    return item if amount is None else item | {"JE": int(amount) if dialect == "standard" else yuan_to_fen(amount)}
