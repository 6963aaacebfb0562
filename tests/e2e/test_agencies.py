"""Every way in which agencies answer, late, badly or not at all, while the others are undisturbed."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.demo import COURT
from gateway.domain.claim_check import claim_path
from tests.controlling import assets_of

PERSON = {"kind": "person", "role": "debtor", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"}
_PDF = b"%PDF-1.4\n% notice of assistance, of this test\n%%EOF\n"


def submit(mesh, *agencies, **changes):
    return mesh.submit(subjects=[PERSON], agencies=list(agencies), **changes)


def task_of(status, agency):
    (task,) = (task for task in status["tasks"] if task["agency"] == agency)
    return task


def keys_in(report, name):
    return {asset["record"][name] for asset in assets_of(report)}


def held_at(mesh, agency):
    truth = mesh.agencies.get("/admin/register", params={"id_no": PERSON["id_no"]}).raise_for_status().json()["assets"]
    return {asset["key"] for asset in truth if asset["agency"] == agency}


def test_a_bank_that_only_calls_back_is_heard(mesh):
    request_id = submit(mesh, "yunfu-rcb")
    task = task_of(mesh.ended(request_id), "yunfu-rcb")
    assert (task["outcome"], task["late"]) == ("found", False)
    assert keys_in(mesh.report(request_id), "account_no") == held_at(mesh, "yunfu-rcb")


def test_a_call_back_given_twice_counts_once(mesh):
    mesh.faults("yunfu-rcb", "duplicate")
    request_id = submit(mesh, "yunfu-rcb")
    mesh.ended(request_id)
    time.sleep(1)
    status = mesh.status(request_id)
    assert (status["report_version"], status["counts"]["found"]) == (1, 1)


def test_market_regulation_answers_when_it_is_asked_how_it_stands(mesh):
    request_id = submit(mesh, "gd-market-regulation")
    task = task_of(mesh.ended(request_id), "gd-market-regulation")
    assert task["outcome"] == "found"
    assert task["attempts"] > 1
    assert keys_in(mesh.report(request_id), "uscc") == held_at(mesh, "gd-market-regulation")


def test_an_agency_that_works_by_hand_is_overdue_and_then_answers_late(mesh):
    request_id = submit(mesh, "yunfu-housing-bureau", "yunfu-real-estate")
    first = mesh.ended(request_id)
    assert task_of(first, "yunfu-housing-bureau")["outcome"] == "overdue"
    (gap,) = (gap for subject in mesh.report(request_id)["subjects"] for section in subject["sections"] for gap in section["gaps"])
    assert (gap["agency"], gap["outcome"], gap["code"]) == ("yunfu-housing-bureau", "overdue", "no_answer")
    mesh.advance_to_opening("yunfu-housing-bureau", days=2, minutes=1)
    status = mesh.until_office_says("yunfu-housing-bureau", lambda: mesh.status(request_id), lambda one: one["counts"]["overdue"] == 0)
    assert (task_of(status, "yunfu-housing-bureau")["outcome"], task_of(status, "yunfu-housing-bureau")["late"]) == ("found", True)
    assert (status["report_version"], status["ended_at"]) == (first["report_version"] + 1, first["ended_at"])
    assert mesh.report(request_id)["all_answered"]
    assert mesh.report(request_id, version=1)["completeness"]["overdue"] == 1


def undisturbed(status):
    """Another bank's answer, and how long after the request it came."""
    task = task_of(status, "boc")
    assert (task["outcome"], task["attempts"]) == ("found", 1)
    return task


@pytest.mark.parametrize("fault", ["reset", "error_500"])
def test_a_bank_that_gives_no_answer_is_asked_again_and_disturbs_no_other(mesh, fault):
    mesh.faults("icbc", fault, for_s=1)
    request_id = submit(mesh, "icbc", "boc")
    undisturbed(mesh.until(request_id, lambda status: task_of(status, "boc")["outcome"], within_s=1.5))
    task = task_of(mesh.ended(request_id), "icbc")
    assert task["outcome"] == "found"
    assert task["attempts"] > 1
    assert mesh.report(request_id)["all_answered"]


def test_a_field_outside_the_document_hides_no_account(mesh):
    mesh.faults("icbc", "unknown_field")
    request_id = submit(mesh, "icbc", "boc")
    status = mesh.ended(request_id)
    undisturbed(status)
    assert task_of(status, "icbc")["outcome"] == "found"
    assert keys_in(mesh.report(request_id), "account_no") == held_at(mesh, "icbc") | held_at(mesh, "boc")


@pytest.mark.parametrize("fault", ["malformed", "unknown_code", "oversized"])
def test_an_answer_outside_the_protocol_has_failed_and_is_never_guessed(mesh, fault):
    mesh.faults("icbc", fault)
    request_id = submit(mesh, "icbc", "boc")
    status = mesh.ended(request_id)
    undisturbed(status)
    assert (task_of(status, "icbc")["outcome"], task_of(status, "icbc")["code"]) == ("failed", "protocol")
    (said,) = (one for one in mesh.report(request_id)["agencies"] if one["agency"] == "icbc")
    # Of 100 MB only the beginning was read: nobody can say what the whole would hash to.
    assert said["raw_sha256"] is None if fault == "oversized" else len(said["raw_sha256"]) == 64


@pytest.mark.parametrize("fault", ["slow_drip", "office_closed"])
def test_a_bank_that_drips_or_is_closed_is_overdue_and_disturbs_no_other(mesh, fault):
    mesh.faults("icbc", fault)
    request_id = submit(mesh, "icbc", "boc")
    undisturbed(mesh.until(request_id, lambda status: task_of(status, "boc")["outcome"], within_s=1.5))
    task = task_of(mesh.ended(request_id), "icbc")
    assert (task["outcome"], task["code"]) == ("overdue", "no_answer")


def test_an_answer_given_twice_counts_once(mesh):
    mesh.faults("icbc", "duplicate")
    request_id = submit(mesh, "icbc", "boc")
    status = mesh.ended(request_id)
    undisturbed(status)
    assert (status["report_version"], status["counts"]["found"]) == (1, 2)
    assert keys_in(mesh.report(request_id), "account_no") == held_at(mesh, "icbc") | held_at(mesh, "boc")


def test_the_registry_gets_a_documents_content_by_claim_check_until_its_task_ends(mesh, mesh_database):
    uploaded = mesh.client.post("/v1/documents", content=_PDF, headers={"Content-Type": "application/pdf"}).raise_for_status().json()
    notice = {"kind": "assist_query_notice", "document_no": "（2026）粤5302执1234号之一", "document_id": uploaded["document_id"]}
    mesh.faults("yunfu-real-estate", "latency", p50_ms=1_000, p99_ms=1_000)
    request_id = submit(mesh, "yunfu-real-estate", documents=[notice])
    task = task_of(mesh.status(request_id), "yunfu-real-estate")
    assert task["outcome"] is None
    ours = claim_check(mesh, task["task_id"], uploaded["document_id"])
    assert httpx.get(ours, trust_env=False).content == _PDF
    assert task_of(mesh.ended(request_id), "yunfu-real-estate")["outcome"] == "found"
    ended = httpx.get(ours, trust_env=False)
    assert (ended.status_code, ended.json()["code"]) == (404, "not_found")
    assert httpx.get(ours.replace("signature=", "signature=0"), trust_env=False).status_code == 403
    assert asyncio.run(readings(mesh_database, task["task_id"])) == ["read", "read", "refused:not_found"]


def claim_check(mesh, task_id, document_id):
    """Sign an address as the gateway does, for an hour."""
    secret = (mesh.folder / "signing.key").read_text().encode()[:64]
    ends_at = mesh.clock.now() + timedelta(hours=1)
    return mesh.url + claim_path(secret, court_code=COURT, task_id=task_id, document_id=document_id, ends_at=ends_at)


async def readings(url, task_id):
    """Return what the record says of the readings of documents for a task: the worker's, the test's, the refused one."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT decision FROM audit WHERE action = 'document.read' AND basis = :basis ORDER BY seq"),
                                        {"basis": f"task {task_id}"})
        found = list(rows.scalars())
    await engine.dispose()
    return found
