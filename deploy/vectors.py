"""Test vectors of signatures, for adapters in other languages: keys that everybody knows, messages, and what signs them. Pure."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.signing import Keyring, parse_keyring, signed_bytes

#: Seeds that everybody knows: the first two are TEST 1 and TEST 2 of RFC 8032, the third is 0, 1, … 31.
_SEEDS = {"gateway-example": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          "agency-example": "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
          "shared-example": bytes(range(32)).hex()}
_PUBLIC = {"gateway-example": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
           "agency-example": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"}
_BODIES = ('{"task_id":"01JD7XH6B0TASK000000000001","agency":"yunan-rcb","kind":"answered","outcome":"none_found","as_of":"2026-11-22T09:00:00Z"}',
           '{"task_id": "01JD7XH6B0TASK000000000001", "subject": {"name": "陈伟"}}', "")


def _base64(written: str) -> str:
    return base64.b64encode(bytes.fromhex(written)).decode()


def keyring() -> Keyring:
    """Return the keys of the vectors; they are no secret and belong into no installation."""
    rows = [{"keyid": "gateway-example", "algorithm": "ed25519", "role": "gateway", "public": _base64(_PUBLIC["gateway-example"])},
            {"keyid": "agency-example", "algorithm": "ed25519", "role": "agency", "agencies": ["yunan-rcb"], "public": _base64(_PUBLIC["agency-example"])},
            {"keyid": "shared-example", "algorithm": "hmac-sha256", "role": "agency", "agencies": ["yunan-rcb"]}]
    return parse_keyring({"keys": rows}, {keyid: _base64(seed) for keyid, seed in _SEEDS.items()})


def sign(keyid: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the signature of a key everybody knows."""
    message = signed_bytes({name: value.encode() for name, value in headers.items()}, body)
    assert message is not None
    return keyring().keys[keyid].sign(message).decode()


def signed(keyid: str, headers: Iterable[tuple[str, bytes]], body: bytes) -> dict[str, str]:
    """Return headers as text, with the signature of a key everybody knows."""
    told = {name: value.decode() for name, value in headers}
    return {**told, "ce_keyid": keyid, "ce_signature": sign(keyid, told, body)}


def document() -> dict[str, Any]:
    """Return the keys and the vectors as one document: docs/signature-vectors.json."""
    keys = {keyid: {"algorithm": "ed25519" if keyid in _PUBLIC else "hmac-sha256", "secret_base64": _base64(seed),
                    **({"public_base64": _base64(_PUBLIC[keyid])} if keyid in _PUBLIC else {})} for keyid, seed in _SEEDS.items()}
    return {"description": "Keys that everybody knows and what they sign. signed = the bytes that are signed, as text.", "keys": keys,
            "vectors": [_vector(keyid, number, body) for keyid in keys for number, body in enumerate(_BODIES, start=1)]}


def _vector(keyid: str, number: int, body: str) -> dict[str, Any]:
    ce_type = "cn.chakong.command.query.v1" if keyid == "gateway-example" else "cn.chakong.reply.v1"
    headers = {"ce_id": f"01JD7XH6B0MESSAGE00000000{number}", "ce_type": ce_type, "ce_subject": "01JD7XH6B0TASK000000000001",
               "ce_time": "2026-11-22T09:00:00+00:00"}
    message = signed_bytes({name: value.encode() for name, value in headers.items()}, body.encode())
    assert message is not None
    return {"keyid": keyid, "headers": headers, "body": body, "signed": message.decode(), "ce_signature": sign(keyid, headers, body.encode())}
