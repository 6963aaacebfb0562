"""The keyring of a role: read from files, again when they change, and refused where the role could not work with it."""

import json

import pytest
import yaml
from prometheus_client import REGISTRY

from contracts.failures import KeyringInvalid
from contracts.kafka.settings import MessageSettings
from contracts.signing import parse_keyring
from deploy.keys import KeyringFiles, check, kept_keyring, new_key
from tests.agency_side import NOW

GATEWAY, ADAPTERS = new_key("gateway-1", "hmac-sha256", "gateway"), new_key("adapters-1", "hmac-sha256", "adapters")
BANK = new_key("bank-1", "ed25519", "agency", ["yunan-rcb"])


class Elapsed:
    def __init__(self):
        self.s = 0.0

    def __call__(self):
        return self.s


def write(folder, *made, secrets=None):
    (folder / "keyring.yaml").write_text(yaml.safe_dump({"keys": [row for row, _ in made]}))
    (folder / "secrets.json").write_text(json.dumps({row["keyid"]: secret for row, secret in made} if secrets is None else secrets))


def files(folder, elapsed, checked=lambda _: None, **given):
    return KeyringFiles(MessageSettings(message_keys=folder / "keyring.yaml", message_secrets_file=folder / "secrets.json", message_secrets=given), checked, elapsed)


def alarms():
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "keyring"}) or 0.0


def test_a_change_is_taken_within_seconds_and_nothing_is_read_without_one(tmp_path):
    elapsed = Elapsed()
    write(tmp_path, GATEWAY)
    ring = files(tmp_path, elapsed)
    first = ring.current()
    elapsed.s += 60
    assert ring.current() is first
    write(tmp_path, ({**GATEWAY[0], "revoked": True}, GATEWAY[1]))
    assert ring.current() is first
    elapsed.s += 2
    assert ring.current().keys["gateway-1"].row.revoked


@pytest.mark.parametrize("wrong", ["keys: [", "keys: [{keyid: A}]", "[]", ""])
def test_a_change_that_is_wrong_is_not_taken_and_raises_an_alarm(tmp_path, wrong):
    elapsed, before = Elapsed(), alarms()
    write(tmp_path, GATEWAY)
    ring = files(tmp_path, elapsed)
    first = ring.current()
    (tmp_path / "keyring.yaml").write_text(wrong)
    for _ in range(3):
        elapsed.s += 2
        assert ring.current() is first
    assert alarms() - before == 1
    write(tmp_path, GATEWAY, ADAPTERS)
    elapsed.s += 2
    assert set(ring.current().keys) == {"gateway-1", "adapters-1"}


def test_files_that_are_gone_leave_the_keys_as_they_were(tmp_path):
    elapsed = Elapsed()
    write(tmp_path, GATEWAY)
    ring = files(tmp_path, elapsed)
    first = ring.current()
    (tmp_path / "keyring.yaml").unlink()
    elapsed.s += 2
    assert ring.current() is first


@pytest.mark.parametrize(("name", "written"), [("keyring.yaml", "keys: ["), ("keyring.yaml", None), ("secrets.json", "{"), ("secrets.json", "[1]"), ("secrets.json", None)])
def test_a_start_with_a_wrong_file_is_refused_by_its_name_and_shows_no_secret(tmp_path, name, written):
    write(tmp_path, GATEWAY)
    if written is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(written)
    with pytest.raises(KeyringInvalid, match=name) as caught:
        files(tmp_path, Elapsed())
    assert GATEWAY[1] not in str(caught.value)


def test_secrets_come_from_the_environment_too(tmp_path):
    write(tmp_path, GATEWAY, secrets={})
    assert files(tmp_path, Elapsed(), **{"gateway-1": GATEWAY[1]}).current().keys["gateway-1"].can_sign


def ring(*made, without=()):
    return parse_keyring({"keys": [row for row, _ in made]}, {row["keyid"]: secret for row, secret in made if row["keyid"] not in without})


@pytest.mark.parametrize(("role", "having"), [
    ("relay", ring(GATEWAY)), ("worker", ring(GATEWAY, ADAPTERS)), ("callbacks", ring(ADAPTERS)), ("aggregator", ring(ADAPTERS, BANK, without=("bank-1",))),
    ("worker", ring(GATEWAY, ADAPTERS, new_key("to-bank-1", "hmac-sha256", "gateway", ["yunan-rcb"]), without=("to-bank-1",))),
])
def test_a_role_starts_with_the_secrets_it_needs_and_no_others(role, having):
    check(role, having, {"yunan-rcb"}, NOW)


@pytest.mark.parametrize(("role", "having", "said"), [
    ("relay", ring(GATEWAY, ADAPTERS, without=("gateway-1",)), "no key of `gateway` that signs now"),
    ("relay", ring(({**GATEWAY[0], "revoked": True}, GATEWAY[1])), "no key of `gateway` that signs now"),
    ("callbacks", ring(GATEWAY), "no key of `adapters` that signs now"),
    ("worker", ring(GATEWAY, ADAPTERS, without=("gateway-1",)), "not set: gateway-1"),
    ("worker", ring(ADAPTERS), "no key of gateway that it could believe"),
    ("aggregator", ring(ADAPTERS, BANK, without=("adapters-1",)), "not set: adapters-1"),
    ("aggregator", ring(GATEWAY), "no key of adapters or agency that it could believe"),
])
def test_a_role_that_would_take_the_authentic_for_forged_does_not_start(role, having, said):
    with pytest.raises(KeyringInvalid, match=said):
        check(role, having, (), NOW)


def test_the_keys_of_a_data_folder_are_made_once_and_are_its_owner_s(tmp_path):
    first, second = kept_keyring(tmp_path), kept_keyring(tmp_path)
    assert first == second
    assert first[0].parent.stat().st_mode & 0o077 == 0
    made = KeyringFiles(MessageSettings(message_keys=first[0], message_secrets_file=first[1]), lambda _: None, Elapsed()).current()
    for role in ("relay", "worker", "callbacks", "aggregator"):
        check(role, made, {"yunan-rcb"}, NOW)
    assert {key.row.keyid for key in made.keys.values() if key.can_sign} == {"gateway-1", "gateway-outside-1", "adapters-1"}
    assert list(tmp_path.iterdir()) == [first[0].parent]
