"""Who holds what of a subject, as far as it is the caller's to see: on a real PostgreSQL."""

from tests import builders as build
from tests import control_side as side
from tests.court_side import OTHER_COURT, bearer

OFFICER = "粤5303-0001"
OTHER = bearer("judge", court_code=OTHER_COURT, sub=OFFICER)


async def letter(court):
    """A letter of transfer that the other court has uploaded."""
    uploaded = await court.client.post("/v1/documents", content=b"%PDF-1.4 letter", headers={"Content-Type": "application/pdf", **OTHER})
    return build.document("transfer_letter", document_no="（2026）粤5302执保9号之三", document_id=uploaded.json()["document_id"])


async def search(court, **headers):
    found = await court.post({"id_no": build.PERSON_ID}, path="/v1/controls/search", **headers)
    assert found.status_code == 200, found.text
    return found.json()


def measures(found):
    return {asset["asset_key"]: [(one["authority"], one["control_id"]) for one in asset["measures"]] for asset in found["assets"]}


async def test_a_court_that_took_a_control_over_sees_nothing_else_of_the_first_courts_request(court):
    moved = await side.in_force(court, case_no="（2026）粤5302执保9号")
    (row,) = await court.rows("SELECT request_id FROM controls")
    clue = {"agency": "icbc", "key": "6222999900001111", "subject": 0, "measure": "freeze", "amount_fen": 777, "term_months": 12}
    ordered = await court.post(build.control_body(clue, request_id=row["request_id"]), key="c2", path="/v1/controls")
    kept = ordered.json()["controls"][0]["control_id"]
    conversion = side.conversion("（2026）粤5303执8号", documents=[await letter(court)], officer=build.officer(work_card_no=OFFICER))
    done = await side.step(court, moved, "conversions", conversion, **OTHER)
    assert done.status_code == 202, done.text
    theirs, ours = await search(court, **OTHER), await search(court)
    account = build.RECORDS["deposits"]["account_no"]
    assert ([one["control_id"] for one in theirs["items"]], measures(theirs)) == ([moved], {account: [("云浮市云安区人民法院", moved)]})
    assert ([one["control_id"] for one in ours["items"]], measures(ours)) == ([kept], {account: [("云浮市云安区人民法院", None)], clue["key"]: [("云浮市云城区人民法院", kept)]})
