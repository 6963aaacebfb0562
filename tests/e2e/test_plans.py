"""A plan before the order on the whole mesh: planned, executed, the banks' ledgers hold what it says, an excess is proposed."""

from deploy.demo import case
from tests.running import RunningMesh, until

CASE_NO = "（2026）粤5302执8801号"
ACCOUNTS = {"asset_types": ["deposits"], "agencies": ["icbc", "abc", "boc", "ccb", "cmb"]}


def document(kind):
    return {"kind": kind, "document_no": "（2026）粤5302执1234号之二", "issued_on": "2026-11-20"}


def accounts_of(mesh, request_id):
    return {asset["asset_id"]: asset for subject in mesh.report(request_id)["subjects"] for section in subject["sections"] for asset in section["assets"]}


def controls_of(mesh, request_id):
    return mesh.client.get("/v1/controls", params={"request_id": request_id, "limit": 200}).raise_for_status().json()["items"]


def proposals_of(mesh, request_id):
    return mesh.client.get("/v1/release-proposals", params={"request_id": request_id}).raise_for_status().json()["items"]


def answered(mesh, request_id):
    return until(lambda: controls_of(mesh, request_id), lambda found: found and all(one["pending"] is None for one in found))


def submitted(mesh, claim_fen):
    case = {"case_no": CASE_NO, "claim": {"principal_fen": claim_fen, "as_of_on": "2026-11-20"}}
    request_id = mesh.submit(**ACCOUNTS, case=case)
    mesh.ended(request_id)
    return request_id, sum(asset["controllable_fen"] or 0 for asset in accounts_of(mesh, request_id).values())


def test_a_plan_is_executed_as_planned_and_what_is_too_much_is_proposed_for_release(mesh: RunningMesh):
    _, free = submitted(mesh, 1)
    assert free > 6
    request_id, _ = submitted(mesh, free // 3)
    made = mesh.post("/v1/control-plans", {"request_id": request_id, "claim": {"principal_fen": free // 2, "as_of_on": "2026-11-20"}})
    assert made.status_code == 201, made.text
    plan = made.json()
    assert (plan["secured_fen"], plan["uncovered_fen"]) == (free // 2, 0)
    order = {"plan_id": plan["plan_id"], "officer": case(mesh.clock.now())["officer"], "documents": [document("ruling"), document("assist_freeze_notice")]}
    ordered = mesh.post("/v1/controls", order)
    assert ordered.status_code == 202, ordered.text
    controls = answered(mesh, request_id)
    assert {one["asset_id"]: one["requested_fen"] for one in controls} == {line["asset_id"]: line["amount_fen"] for line in plan["lines"]}
    assert frozen_at_banks(mesh, controls) == {account_of(mesh, request_id, one): one["actual_fen"] for one in controls}
    secured = sum(one["secured_fen"] for one in controls)
    assert secured == plan["secured_fen"]
    proposals = until(lambda: proposals_of(mesh, request_id), bool)
    assert sum(one["amount_fen"] or one["secured_fen"] for one in proposals) == secured - free // 3
    told = until(lambda: stream(mesh, request_id), lambda text: text.count("event: release_proposal") >= len(proposals))
    assert all(one["proposal_id"] in told for one in proposals)
    assert mesh.post("/v1/controls", order).json()["code"] == "plan_stale"


def account_of(mesh, request_id, control):
    return accounts_of(mesh, request_id)[control["asset_id"]]["record"]["account_no"]


def frozen_at_banks(mesh, controls):
    return {effect["key"]: effect["amount_fen"] for agency in {one["agency"] for one in controls}
            for effect in mesh.effects(agency) if effect["action"] == "freeze"}


def stream(mesh, request_id):
    return mesh.client.get(f"/v1/requests/{request_id}/events").raise_for_status().text
