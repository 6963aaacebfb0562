"""Who is believed: every way in which a message is not authentic, and what a key may sign."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.failures import KeyringInvalid, MalformedMessage, NoKey, NotAuthentic
from contracts.kafka import topics
from contracts.kafka.codec import Outbound, decode_command, decode_reply, seal
from contracts.messages import REPLY_TYPE
from contracts.signing import SIGNED, parse_keyring, signed_bytes
from deploy.keys import new_key
from tests.agency_side import FixedClock, command
from tests.keyring import COMMAND_TYPE, headers_of, keyring, keys, only, record_from, sender, signed

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BANK, OTHER = new_key("yunan-1", "ed25519", "agency", ["yunan-rcb"]), new_key("gaoyao-1", "hmac-sha256", "agency", ["gaoyao-rcb"])
STRANGER = new_key("yunan-1", "ed25519", "agency", ["yunan-rcb"])
OURS = keys(BANK, OTHER, external={"yunan-rcb", "gaoyao-rcb"})
COMMANDS = topics.commands("deposits")
VECTORS = json.loads((Path(__file__).parents[2] / "docs/signature-vectors.json").read_text(encoding="utf-8"))


def body(agency="icbc", task_id="t1", **more):
    return json.dumps({"task_id": task_id, "agency": agency, "kind": "answered", "outcome": "none_found", **more}).encode()


def reply(by, agency="icbc", task_id="t1", subject=None, ce_type=REPLY_TYPE):
    value = body(agency, task_id)
    return Outbound(topics.REPLIES, b"r", value, signed(by, topics.REPLIES, value, headers_of(subject or task_id, ce_type)))


def changed(message, value=None, **headers):
    told = {**dict(message.headers), **headers}
    return Outbound(message.topic, message.key, message.value if value is None else value, [(name, one) for name, one in told.items() if one is not None])


def doubt(message, believer=OURS, decode=decode_reply):
    """Why a message is not believed; None if it is."""
    try:
        decode(record_from(message), believer)
    except NotAuthentic as error:
        return str(error)
    return None


# Replies


def test_who_serves_an_agency_is_believed_about_it():
    assert doubt(reply(OURS)) is None
    assert doubt(reply(sender(BANK), "yunan-rcb")) is None
    assert doubt(reply(sender(OTHER), "gaoyao-rcb")) is None


@pytest.mark.parametrize(("message", "why"), [
    (Outbound(topics.REPLIES, b"r", body(), headers_of("t1")), "unsigned"),
    (changed(reply(OURS), ce_signature=None), "unsigned"),
    (changed(reply(OURS), ce_keyid=None), "unsigned"),
    (changed(reply(OURS), ce_time=None), "unsigned"),
    (changed(reply(OURS), ce_keyid=b"\xff"), "unknown_key"),
    (reply(sender(new_key("adapters-9", "hmac-sha256", "adapters"))), "unknown_key"),
    (reply(sender(STRANGER), "yunan-rcb"), "bad_signature"),
    (changed(reply(OURS), ce_keyid=b"yunan-1"), "bad_signature"),
    (changed(reply(OURS), ce_signature=b"?"), "bad_signature"),
    (changed(reply(OURS), body(outcome="found")), "bad_signature"),
    (changed(reply(OURS), body() + b" "), "bad_signature"),
    (changed(reply(OURS), ce_id=b"another"), "bad_signature"),
    (changed(reply(OURS), ce_time=b"2027-01-01T00:00:00+00:00"), "bad_signature"),
    (changed(reply(OURS), ce_subject=b"t2"), "bad_signature"),
    (changed(reply(OURS), ce_subject=b"t1\nx"), "unsigned"),
    (reply(OURS, subject="t2"), "wrong_subject"),
    (reply(sender(OTHER), "yunan-rcb"), "wrong_sender"),
    (reply(sender(BANK), "icbc"), "wrong_sender"),
    (reply(OURS, "yunan-rcb"), "wrong_sender"),
    (reply(OURS, ce_type=COMMAND_TYPE), "wrong_type"),
    (reply(OURS, ce_type="cn.chakong.state.v1"), "wrong_type"),
])
def test_what_is_not_authentic_is_not_read(message, why):
    assert doubt(message) == why


def test_what_is_not_authentic_is_not_read_even_when_it_is_no_reply():
    assert doubt(Outbound(topics.REPLIES, None, b"[" * 100_000, headers_of("t1"))) == "unsigned"
    assert doubt(Outbound(topics.REPLIES, None, b"", [])) == "unsigned"
    with pytest.raises(MalformedMessage):
        decode_reply(record_from(Outbound(topics.REPLIES, None, b"[]", signed(OURS, topics.REPLIES, b"[]", headers_of("t1")))), OURS)


# Commands


def order(by, topic=COMMANDS, **changes):
    value = command(action="freeze", **changes).model_dump_json().encode()
    return Outbound(topic, b"k", value, signed(by, topic, value, headers_of("t1", "cn.chakong.command.freeze.v1")))


def test_the_gateway_alone_orders():
    assert doubt(order(OURS), decode=decode_command) is None
    assert doubt(Outbound(COMMANDS, b"k", order(OURS).value, headers_of("t1", COMMAND_TYPE)), decode=decode_command) == "unsigned"
    assert doubt(changed(order(OURS), command(action="freeze", agency="abc").model_dump_json().encode()), decode=decode_command) == "bad_signature"
    assert doubt(changed(order(OURS), ce_keyid=b"adapters-1"), decode=decode_command) == "wrong_type"
    assert doubt(reply(OURS), decode=decode_command) == "wrong_type"


def test_a_key_for_replies_signs_no_command():
    with pytest.raises(NoKey):
        order(only(BANK))
    for made in (BANK, new_key("adapters-1", "hmac-sha256", "adapters")):
        assert doubt(order(sender(made)), decode=decode_command) == "wrong_type"


def test_a_secret_shared_with_one_agency_orders_nothing_of_another():
    shared = new_key("to-yunan-1", "hmac-sha256", "gateway", ["yunan-rcb"])
    believer = keys(shared, external={"yunan-rcb"})
    own = topics.commands("deposits", "yunan-rcb")
    assert dict(order(believer, own, agency="yunan-rcb").headers)["ce_keyid"] == b"to-yunan-1"
    assert doubt(order(believer, own, agency="yunan-rcb"), believer, decode_command) is None
    assert doubt(order(believer, own, agency="icbc"), believer, decode_command) == "wrong_sender"


def test_a_command_to_the_outside_is_signed_with_a_key_that_cannot_be_turned_against_us():
    assert dict(order(OURS).headers)["ce_keyid"] == b"gateway-1"
    assert dict(order(OURS, topics.commands("deposits", "yunan-rcb")).headers)["ce_keyid"] == b"gateway-outside-1"
    with pytest.raises(NoKey):
        order(only(new_key("gateway-1", "hmac-sha256", "gateway")), topics.commands("deposits", "yunan-rcb"))


def test_events_go_outside_too():
    event = Outbound(topics.EVENTS, b"court", b"{}", headers_of("r", "cn.chakong.event.ended.v1"))
    assert dict(seal(event, OURS).headers)["ce_keyid"] == b"gateway-outside-1"


def test_dead_letters_and_what_is_signed_already_keep_their_headers():
    letter = Outbound(topics.DEAD_LETTERS, None, b"x", headers_of("t1"))
    assert seal(letter, OURS) is letter
    assert seal(sent := reply(sender(BANK), "yunan-rcb"), OURS) is sent


# Rotation


def rotated(now, **file):
    old, new = new_key("a-1", "hmac-sha256", "adapters"), new_key("a-2", "hmac-sha256", "adapters")
    new[0]["from"], old[0]["until"] = NOW.isoformat(), (NOW + timedelta(days=8)).isoformat()
    return only(old, new, **file), FixedClock(now)


def at(now, **file):
    made, clock = rotated(now, **file)
    return type(made)(made.current, clock, made.external)


def test_the_newest_key_in_force_signs_and_the_old_one_is_believed_until_its_end():
    made, _ = rotated(NOW)
    clock = FixedClock(NOW - timedelta(seconds=1))
    sender = type(made)(made.current, clock, frozenset())
    first = reply(sender)
    clock.instant = NOW
    second = reply(sender)
    assert [dict(one.headers)["ce_keyid"] for one in (first, second)] == [b"a-1", b"a-2"]
    for now, why in ((NOW + timedelta(days=7), None), (NOW + timedelta(days=8), "ended_key")):
        clock.instant = now
        assert (doubt(first, sender), doubt(second, sender)) == (why, None)


def test_a_new_key_is_believed_before_it_signs_since_clocks_differ():
    made, _ = rotated(NOW)
    ahead, behind = (type(made)(made.current, FixedClock(NOW + timedelta(seconds=apart)), frozenset()) for apart in (5, -5))
    sent = reply(ahead)
    assert dict(sent.headers)["ce_keyid"] == b"a-2"
    assert doubt(sent, behind) is None


def test_a_revoked_key_is_refused_at_once_and_signs_nothing():
    row, secret = new_key("adapters-7", "hmac-sha256", "adapters")
    sent = reply(only((row, secret)))
    revoked = only(({**row, "revoked": True}, secret))
    assert doubt(sent, revoked) == "ended_key"
    with pytest.raises(NoKey):
        reply(revoked)


def test_while_an_older_version_still_runs_what_is_unsigned_is_believed_and_a_wrong_signature_is_not():
    plain = Outbound(topics.REPLIES, b"r", body(), headers_of("t1"))
    until = {"unsigned_until": NOW.isoformat()}
    assert doubt(plain, at(NOW - timedelta(seconds=1), **until)) is None
    assert doubt(plain, at(NOW, **until)) == "unsigned"
    assert doubt(changed(reply(OURS), ce_keyid=None), at(NOW - timedelta(seconds=1), **until)) == "unsigned"
    assert doubt(reply(sender(STRANGER), "yunan-rcb"), at(NOW - timedelta(seconds=1), **until)) == "unknown_key"


# The keyring file


@pytest.mark.parametrize(("row", "said"), [
    ({"keyid": "A"}, "keyid"), ({"algorithm": "md5"}, "algorithm"), ({"role": "bank"}, "role"), ({"role": "agency"}, "names its agencies"),
    ({"agencies": ["icbc"]}, "names its agencies"), ({"public": "AAAA"}, "public part"), ({"algorithm": "ed25519"}, "public part"),
    ({"algorithm": "ed25519", "public": "AAAA"}, "32 bytes"), ({"algorithm": "ed25519", "public": "?"}, "32 bytes"), ({"colour": 1}, "colour"),
    ({"until": "2026-11-22T09:00:00"}, "until"),
])
def test_a_wrong_row_is_named(row, said):
    right = {"keyid": "a-1", "algorithm": "hmac-sha256", "role": "adapters"}
    with pytest.raises(KeyringInvalid, match=said):
        parse_keyring({"keys": [{**right, **row}]}, {})


def test_no_error_and_no_representation_shows_a_secret():
    short = base64.b64encode(b"short-and-secret").decode()
    with pytest.raises(KeyringInvalid) as caught:
        parse_keyring({"keys": [{"keyid": "a-1", "algorithm": "hmac-sha256", "role": "adapters"}]}, {"a-1": short})
    assert short not in str(caught.value)
    row, secret = new_key("a-1", "hmac-sha256", "adapters")
    assert secret not in repr(keyring((row, secret)))
    assert repr(base64.b64decode(secret)) not in repr(keyring((row, secret)))
    swapped = new_key("b", "ed25519", "adapters")[1]
    with pytest.raises(KeyringInvalid, match="does not belong"):
        parse_keyring({"keys": [BANK[0]]}, {"yunan-1": swapped})
    with pytest.raises(KeyringInvalid, match="listed twice: yunan-1"):
        parse_keyring({"keys": [BANK[0], STRANGER[0]]}, {})
    with pytest.raises(KeyringInvalid, match="valid dictionary"):
        parse_keyring(None, {})


def test_without_the_secret_an_hmac_key_is_unknown_and_an_ed25519_key_verifies_but_signs_nothing():
    rows = {"keys": [BANK[0], OTHER[0]]}
    believer = type(OURS)(lambda: parse_keyring(rows, {}), FixedClock(), OURS.external)
    assert doubt(reply(sender(OTHER), "gaoyao-rcb"), believer) == "unknown_key"
    assert doubt(reply(sender(BANK), "yunan-rcb"), believer) is None
    with pytest.raises(NoKey):
        reply(believer, "yunan-rcb")


# Vectors and properties


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda one: f"{one['keyid']}-{one['headers']['ce_id'][-1]}")
def test_a_vector_is_what_the_document_says_byte_by_byte(vector):
    headers = {name: value.encode() for name, value in vector["headers"].items()}
    message = signed_bytes(headers, vector["body"].encode())
    assert message == vector["signed"].encode()
    row = VECTORS["keys"][vector["keyid"]]
    listed = {"keyid": "v", "algorithm": row["algorithm"], "role": "agency", "agencies": ["yunan-rcb"]}
    listed |= {"public": row["public_base64"]} if "public_base64" in row else {}
    key = parse_keyring({"keys": [listed]}, {"v": row["secret_base64"]}).keys["v"]
    assert key.sign(message).decode() == vector["ce_signature"]
    assert key.made(vector["ce_signature"].encode(), message)


def test_the_example_in_the_document_is_one_of_the_vectors():
    page = (Path(__file__).parents[2] / "docs/adapters.md").read_text(encoding="utf-8")
    vector = next(one for one in VECTORS["vectors"] if one["ce_signature"] in page)
    assert vector["keyid"] == "shared-example"
    assert vector["body"] in page
    assert vector["signed"].replace("\n", "\\n") in page
    assert f"these {len(vector['signed'].encode())} bytes" in page
    assert [line in page for line in (f"{name:<11} {value}" for name, value in vector["headers"].items())] == [True] * 4


texts = st.binary(min_size=1, max_size=40).filter(lambda one: b"\n" not in one)
messages = st.tuples(*[texts] * len(SIGNED), st.binary(max_size=200))


@given(messages, messages, st.sampled_from(["gateway-outside-1", "gateway-1"]))
@settings(max_examples=300, deadline=None)
def test_a_signature_holds_for_its_own_message_and_for_no_other(one, other, keyid):
    key = keyring().keys[keyid]
    first, second = (signed_bytes(dict(zip(SIGNED, each[:-1], strict=True)), each[-1]) for each in (one, other))
    assert (first == second) == (one == other)
    signature = key.sign(first)
    assert key.made(signature, first)
    assert key.made(signature, second) == (one == other)


@given(st.binary(max_size=120), st.sampled_from(["gateway-outside-1", "gateway-1"]))
@settings(max_examples=300, deadline=None)
def test_nothing_made_up_is_a_signature_and_nothing_breaks(signature, keyid):
    assert not keyring().keys[keyid].made(signature, b"message")


@given(st.dictionaries(st.sampled_from([*SIGNED, "ce_keyid", "ce_signature"]), st.binary(max_size=30)), st.binary(max_size=30))
@settings(max_examples=300, deadline=None)
def test_headers_of_any_kind_are_doubted_and_break_nothing(headers, value):
    with pytest.raises(NotAuthentic):
        OURS.verified(headers, value, REPLY_TYPE)
