from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.domain.claim_check import claim_holds, claim_path
from tests.builders import NOW

SECRET = b"a secret of tests"
PARTS = {"court_code": "粤5302", "task_id": "t1", "document_id": "sha256:9f"}


def signed():
    query = parse_qs(urlsplit(claim_path(SECRET, **PARTS, ends_at=NOW)).query)
    return {"expires": query["expires"][0], "signature": query["signature"][0]}


def holds(secret=SECRET, now=NOW - timedelta(seconds=1), **other):
    return claim_holds(secret, **{**PARTS, **signed(), **other}, now=now)


def test_a_claim_check_holds_until_the_task_ends():
    assert holds()
    assert not holds(now=NOW)


@pytest.mark.parametrize("forged", [
    {"court_code": "粤5303"}, {"task_id": "t2"}, {"document_id": "sha256:00"}, {"expires": "9999999999"}, {"expires": "x"}, {"signature": "0" * 26}])
def test_a_forged_one_does_not(forged):
    assert not holds(**forged)


def test_nor_one_signed_with_another_key():
    assert not holds(secret=b"another")
