import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from contracts.signing import parse_keyring
from deploy.cli import app


def chakong(*arguments):
    return CliRunner().invoke(app, arguments)


def printed(*arguments):
    """The row and the secret that a command prints, as a person copies them."""
    told = chakong("keys", "new", *arguments)
    assert told.exit_code == 0, told.output
    (row,) = yaml.safe_load(re.search(r"^- .*$", told.output, re.MULTILINE)[0])
    return row, json.loads(told.output.splitlines()[-1])


@pytest.mark.parametrize(("arguments", "role", "agencies", "algorithm"), [
    (("yunan-rcb-2026", "--agency", "yunan-rcb"), "agency", ("yunan-rcb",), "ed25519"),
    (("adapters-2026", "--role", "adapters", "--algorithm", "hmac-sha256"), "adapters", (), "hmac-sha256"),
    (("gateway-2026", "--role", "gateway"), "gateway", (), "ed25519"),
    (("court-2026", "--role", "gateway", "--agency", "yunan-rcb", "--algorithm", "hmac-sha256"), "gateway", ("yunan-rcb",), "hmac-sha256"),
])
def test_what_is_printed_is_a_key_that_signs(arguments, role, agencies, algorithm):
    row, secret = printed(*arguments)
    assert secret[row["keyid"]] not in str(row)
    key = parse_keyring({"keys": [row]}, secret).keys[arguments[0]]
    assert (key.row.role, key.row.agencies, key.row.algorithm) == (role, agencies, algorithm)
    assert key.made(key.sign(b"message"), b"message")


def test_no_two_keys_are_alike():
    assert len({printed("k-1", "--role", "gateway")[1]["k-1"] for _ in range(20)}) == 20


@pytest.mark.parametrize("wrong", [("K", "--role", "gateway"), ("k-1",), ("k-1", "--role", "agency"), ("k-1", "--role", "bank"),
                                   ("k-1", "--role", "adapters", "--agency", "icbc"), ("k-1", "--role", "gateway", "--algorithm", "md5")])
def test_a_key_that_would_be_refused_is_not_printed(wrong):
    told = chakong("keys", "new", *wrong)
    assert told.exit_code == 2
    assert '"k-1":' not in told.output


def test_the_rules_of_the_broker_are_printed_as_lines_and_as_data():
    lines, data = chakong("topics", "acls").output.splitlines(), json.loads(chakong("topics", "acls", "--json").output)
    assert len(lines) == len(data) > 20
    assert all(line.startswith("kafka-acls.sh ") for line in lines)
