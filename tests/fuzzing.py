"""What nobody should send and somebody will: replies, and agencies' answers, made by hypothesis from a seed.

`FUZZ_REPLIES` is how many in all, half of each; `FUZZ_SEED` has a run again.
"""

import asyncio
import json
import os
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contracts.kafka import topics
from contracts.signing import Keys
from tests.builders import RECORDS
from tests.keyring import headers_of, signed

MOST = int(os.environ.get("FUZZ_REPLIES", "300"))
SEED = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(2**32))

INSTANTS = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31", "2026-02-30", "2026-11-22T09:00:00Z", "2199-12-31T23:59:59Z", "1949-12-31T23:59:59Z", 0, 10**20]
TEXTS = ["\x00", "a\x00b", "\ud800", "\udfff\x01", "\x1b[31m", "\ufffe", "长" * 600, "x" * 30_000, "'; DROP TABLE tasks; --", "{}", "NaN", "", "=cmd()", "<b>", "\u202e", "🏦" * 300]
NUMBERS = [0, -1, 2**31, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, float("inf"), float("-inf"), float("nan"), 0.1]
texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), texts, st.sampled_from(INSTANTS))
values = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)), max_leaves=8)
MEASURE = {"kind": "freeze", "authority": "云浮市中级人民法院", "amount_fen": 100, "rank": 1, "from_on": "2026-01-01", "until_on": "2026-12-31"}
CONTROL = {"state": "in_force", "actual_fen": 5_000, "unfunded_fen": 0, "rank": 1, "served_at": "2026-11-23T01:00:00Z", "effective_at": "2026-11-23T01:00:00Z",
           "until_on": "2027-11-22", "agency_control_no": "20261123001", "wire": {"KZCS": "01"}}
MARK = {"field": "branch_name", "wire": "KHWD", "code": "bad_form", "raw": "?"}


@st.composite
def spoilt(draw: st.DrawFn, right: dict[str, Any]) -> dict[str, Any]:
    """A record with some fields as nobody writes them, some left out, some besides."""
    told = dict(right)
    for name in draw(st.lists(st.sampled_from(sorted(right)), max_size=3)):
        told[name] = draw(values)
    for name in draw(st.lists(st.sampled_from(sorted(right)), max_size=1)):
        told.pop(name, None)
    return told | draw(st.dictionaries(texts, values, max_size=1))


items = st.one_of(values, st.builds(
    lambda record, measures, marks, besides: {"record": record, "prior_measures": measures, "unread": marks} | besides,
    spoilt(RECORDS["deposits"]), st.lists(spoilt(MEASURE), max_size=2), st.lists(spoilt(MARK), max_size=2), st.dictionaries(texts, values, max_size=1)))
unreadable = st.one_of(values, st.fixed_dictionaries({"position": scalars, "record": values, "unread": st.lists(spoilt(MARK), max_size=2)}))
controls = st.one_of(spoilt(CONTROL), spoilt(CONTROL | {"parts": [{"part": "product", "state": "in_force"}], "prior_measures": [MEASURE]}))
HEAD = {"as_of": "2026-11-23T02:00:00Z", "elapsed_s": 0.1, "raw_sha256": "00" * 32, "detail": "好"}
found = st.builds(lambda head, listed, lost: head | {"kind": "answered", "outcome": "found", "assets": listed, "unreadable": lost},
                  spoilt(HEAD), st.lists(items, max_size=4), st.one_of(st.none(), st.lists(unreadable, max_size=3)))
controlled = st.builds(lambda head, control: head | {"kind": "answered", "outcome": "controlled", "control": control}, spoilt(HEAD), controls)
declined = st.builds(lambda head, outcome, code: head | {"kind": "answered", "outcome": outcome, "code": code}, spoilt(HEAD),
                     st.sampled_from(["refused", "failed", "unsupported", "none_found", "found", "great"]), st.one_of(st.just("document_missing"), values))
later = st.builds(lambda until, ref, besides: {"kind": "acknowledged", "agency_ref": ref, "until": until} | besides,
                  st.sampled_from(INSTANTS), st.one_of(texts, st.just("ref-1")), spoilt(HEAD))
deferred = st.builds(lambda until, code: {"kind": "deferred", "until": until, "code": code}, st.sampled_from(INSTANTS), st.one_of(st.just("busy"), values))
nothing = st.one_of(st.dictionaries(texts, values, max_size=3), spoilt(HEAD | {"kind": "answered", "outcome": "found", "raw_base64": "%%%", "raw": "\x00"}))
answers = st.sampled_from([found] * 8 + [controlled] * 8 + [declined] * 4 + [later] * 2 + [deferred] * 2 + [nothing]).flatmap(lambda one: one)
bytes_of = st.sampled_from([*["whole"] * 27, "cut", "noise", "deep"])
headers = st.lists(st.tuples(st.sampled_from(["ce_id", "ce_traceparent", "ce_correlationid", "x", "content-type"]),
                             st.one_of(st.none(), st.binary(max_size=30))), max_size=3)
#: (which task, whether its agency, what it says, what becomes of its bytes, some noise, headers)
replies = st.tuples(st.integers(0, 2**31), st.sampled_from(range(20)), answers, bytes_of, st.binary(max_size=20), headers)
#: (what is done to an answer, where in it, with what)
hostile = st.tuples(st.sampled_from(["value"] * 12 + ["key", "twice", "drop", "cut", "noise", "type", "header", "status", "deep", "bomb", "huge", "all"]),
                    st.integers(0, 2**31), values, st.binary(max_size=40))


def made(strategy: st.SearchStrategy[Any], most: int, number: int) -> list[Any]:
    """Return so many values of a strategy; the same for the same seed."""
    found: list[Any] = []

    @seed(SEED + number)
    @settings(max_examples=-(-most // 20), database=None, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(strategy, min_size=20, max_size=20))
    def collect(values: list[Any]) -> None:
        found.extend(values)

    collect()
    return found[:most]


def written(said: dict[str, Any], how: str, noise: bytes) -> bytes:
    """Return the bytes of a reply."""
    body = json.dumps(said).encode()
    match how:
        case "cut":
            return body[: len(body) * 2 // 3]
        case "noise":
            return noise + body[len(noise):]
        case "deep":
            return body[:-1] + b', "deep": ' + b"[" * 3_000 + b"]" * 3_000 + b"}"
    return body


async def deliver(
    bootstrap: str, keys: Keys, messages: Sequence[tuple[int | None, bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]], **more: Any,
) -> None:
    """Write replies (partition, key, value, headers), each signed as our own workers sign: what is in them is to be met, not who sent them."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=100_000_000, **more)
    await producer.start()
    try:
        sent = [await producer.send(topics.REPLIES, value, key=key, partition=partition, headers=[*told, *_signature(keys, value)]) for partition, key, value, told in messages]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


def _signature(keys: Keys, value: bytes | None) -> list[tuple[str, bytes]]:
    try:
        task_id = str(json.loads(value or b"{}")["task_id"])
        return signed(keys, topics.REPLIES, value, headers_of(task_id))
    except (ValueError, RecursionError, KeyError, TypeError):
        return signed(keys, topics.REPLIES, value, headers_of("nobody"))


async def rows(url: str, statement: str, *values: Any) -> list[Any]:
    """Return the rows of a statement."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


def counted(found: Sequence[Any]) -> dict[str, int]:
    """Return how often each value of one column came."""
    return dict(sorted(Counter(str(one[0]) for one in found).items()))
