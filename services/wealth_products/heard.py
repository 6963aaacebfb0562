"""What the simulated banks read of a message about wealth products, in plain words. It shares no code with the adapter.

Source: domain.md §4.1, §4.3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from services.runtime.mock.port import MockRequest

Said = dict[str, Any]

PATHS = {"/jrcx": "query", "/jrkz": "control"}
_HEAD = ("BDHM", "XM", "ZJLX", "DSRZJHM", "FYMC", "FYDM", "CBR", "AH")
_MORE = frozenset({"GJ", "YHDH", "GZZBH", "GWZBH", "HDDZ", "WSXX", "XZ", "KZZH"})
_ITEM = ("CCXH", "KZLX", "KZCS", "LCZH", "JRCPBH", "BZ")
_MORE_OF_AN_ITEM = frozenset({"ZJHKZH", "JE", "JSRQ", "KZQX", "CKWH", "YDJAH", "YDJDH", "DJBH"})


@dataclass(frozen=True, slots=True)
class Call:
    """What one HTTP call asks: queries or one control with the numbers they have, or how a number stands (no messages)."""

    family: str
    numbers: Sequence[str]
    messages: Sequence[Said] = ()


def call(request: MockRequest) -> Call | None:
    """Read a call; None if there is no such path.

    Raises: ValueError, KeyError, TypeError if it is not what the document asks for
    """
    family = PATHS.get(request.path)
    if request.method == "POST" and family is not None:
        messages = [_checked(one) for one in _messages(family, orjson.loads(request.body))]
        return Call(family, [one["BDHM"] for one in messages], messages)
    base, _, number = request.path.rpartition("/")
    family = PATHS.get(base)
    return Call(family, [number]) if request.method == "GET" and family is not None else None


def _messages(family: str, body: Said) -> list[Said]:
    if body["XZ"] != {"query": "1", "control": "2"}[family]:
        raise ValueError("a nature that its path does not have")
    if family == "query":
        return list(body["CXLB"])
    (item,) = body["KZZH"]
    return [body | {"KZZH": _item(item)}]


def _checked(message: Said) -> Said:
    """Take a message that says all that its document asks for; empty cards are looked at later."""
    papers = message["WSXX"]
    _refuse_unless(_says(message, _HEAD, _MORE) and isinstance(papers, list) and all(one["WSLB"] and one["WSBH"] for one in papers))
    _refuse_unless(all(isinstance(message[name], str) for name in ("GZZBH", "GWZBH")))
    return message


def _item(item: Said) -> Said:
    _refuse_unless(_says(item, _ITEM, _MORE_OF_AN_ITEM) and item["KZLX"] == "2")
    return item if item.get("JE") is None else item | {"JE": int(item["JE"])}


def _says(said: Mapping[str, Any], needed: Sequence[str], more: frozenset[str]) -> bool:
    return said.keys() <= more | set(needed) and all(isinstance(said[name], str) and said[name] for name in needed)


def _refuse_unless(fits: bool) -> None:  # noqa: FBT001 - the condition itself
    if not fits:
        raise ValueError("not what the document asks for")
