import pytest

from contracts.failures import Rejected
from gateway.domain.plan_body import names_a_plan, read_plan, read_plan_order
from tests.builders import claim, document, json, officer


def refused(read, body):
    with pytest.raises(Rejected) as caught:
        read(json(body))
    return {(one.pointer, one.code) for one in caught.value.errors}


def test_a_plan_needs_a_request_only():
    body = read_plan(json({"request_id": "01JD"}))
    assert (body.claim, body.policy, body.release_documents) == (None, None, None)


def test_a_plan_may_bring_claim_policy_and_release_documents():
    papers = [document(kind) for kind in ("release_ruling", "assist_release_notice")]
    body = read_plan(json({"request_id": "01JD", "claim": claim(), "policy": {"tolerance": 0.05, "dependants": 2}, "release_documents": papers}))
    assert (body.claim.total_fen, str(body.policy.tolerance), len(body.release_documents)) == (129_540_000, "0.05", 2)


def test_everything_wrong_with_a_plan_is_named_at_once():
    wrong = {"request_id": "", "policy": {"tolerance": -1}, "release_documents": [document("release_ruling")]}
    assert refused(read_plan, wrong) == {("/request_id", "empty"), ("/policy/tolerance", "too_small"), ("/release_documents", "document_missing")}


@pytest.mark.parametrize(("body", "names"), [({"plan_id": "p"}, True), ({"items": []}, False), ([], False)])
def test_a_body_names_a_plan_or_items(body, names):
    assert names_a_plan(json(body)) is names


def test_an_order_by_plan_needs_officer_and_documents_and_takes_no_items():
    assert read_plan_order(json({"plan_id": "p", "officer": officer(), "documents": [document("ruling")]})).plan_id == "p"
    assert refused(read_plan_order, {"plan_id": "p", "items": []}) == {("/officer", "required"), ("/documents", "required"), ("/items", "unknown_field")}
