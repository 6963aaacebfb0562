"""Controls on the court side of a test: ordered through the API, answered through the aggregator."""

from datetime import timedelta
from typing import Any

import orjson

from contracts.control import ControlAnswer
from contracts.messages import Reply
from gateway.aggregator import Aggregator
from gateway.follow_ups import FollowUps
from gateway.schedule import Schedule
from gateway.store.outbox import Sent, claim, due_heads, mark_sent
from tests import builders as build
from tests.court_side import Court

FREEZE = [build.document("ruling"), build.document("assist_freeze_notice")]
RELEASE = [build.document("release_ruling"), build.document("assist_release_notice")]
DEDUCT = [build.document("deduct_ruling"), build.document("assist_deduct_notice")]
TRANSFER = [build.document("transfer_ruling"), build.document("assist_execution_notice")]
FUNDS = {"bank": "云浮农商行", "account_no": "800100200", "name": "云浮市云城区人民法院"}
IN_FORCE: dict[str, Any] = {"state": "in_force", "actual_fen": 5_000_000, "unfunded_fen": 0, "rank": 1, "served_at": build.NOW,
                            "effective_at": build.NOW, "until_on": "2027-11-21", "agency_control_no": "F1"}


def renewal(**other: Any) -> dict[str, Any]:
    return {"officer": build.officer(), "documents": FREEZE, "term_months": 12, **other}


def release(**other: Any) -> dict[str, Any]:
    return {"officer": build.officer(), "documents": RELEASE, "reason": "已履行完毕", **other}


def deduction(amount_fen: int = 1_000_000, **other: Any) -> dict[str, Any]:
    return {"officer": build.officer(), "documents": DEDUCT, "amount_fen": amount_fen, "case_funds_account": FUNDS, **other}


def transfer(**other: Any) -> dict[str, Any]:
    to = {"name": "王芳", "id_type": "resident_id", "id_no": build.OTHER_PERSON_ID}
    return {"officer": build.officer(), "documents": TRANSFER, "transferee": to, **other}


def conversion(case_no: str = "（2026）粤5302执77号", **other: Any) -> dict[str, Any]:
    return {"officer": build.officer(), "documents": [], "case": {"case_no": case_no}, **other}


async def ordered(court: Court, key: str = "c1", case_no: str = "（2026）粤5302执1234号", **item: Any) -> str:
    """Freeze the account that a new request finds, and return the control's id."""
    case = {"case_no": case_no, "cause": "民间借贷纠纷", "claim": build.claim()}
    request_id = (await court.submit(f"r-{key}", case=case))["request_id"]
    await court.answer_all(request_id)
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    body = build.control_body(build.control_item(asset_id=asset["asset_id"], **item), request_id=request_id)
    response = await court.post(body, key=key, path="/v1/controls")
    assert response.status_code == 202, response.text
    control_id: str = response.json()["controls"][0]["control_id"]
    return control_id


async def in_force(court: Court, key: str = "c1", case_no: str = "（2026）粤5302执1234号", **said: Any) -> str:
    """Freeze an account, let the bank confirm it, and return the control's id."""
    control_id = await ordered(court, key, case_no)
    await answer(court, control_id, **said)
    return control_id


async def tasks(court: Court, control_id: str) -> list[dict[str, Any]]:
    """Return a control's tasks in order, each with its command."""
    found = await court.rows("SELECT task_id, action, agency, outcome, command FROM tasks WHERE control_id = :id ORDER BY task_id", id=control_id)
    return [{**one, "command": orjson.loads(one["command"])} for one in found]


async def send(court: Court) -> None:
    """Let a relay take what is to be sent, and the broker have it."""
    async with court.database.transaction() as connection:
        now, lease = court.clock.now(), timedelta(seconds=2)
        quotas = {head.agency: 100 for head in await due_heads(connection, now)}
        sent = [Sent(one.task_id, one.lease, now + timedelta(seconds=30)) for one in await claim(connection, now=now, lease=lease, quotas=quotas)]
        await mark_sent(connection, sent, now)


async def put_off(court: Court, control_id: str, code: str) -> None:
    """Let the agency, or who asks it, put off the control's newest task until tomorrow."""
    newest = (await tasks(court, control_id))[-1]
    aggregator = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    await aggregator.apply([Reply(task_id=newest["task_id"], agency=newest["agency"], kind="deferred", code=code,
                                  until=court.clock.now() + timedelta(days=1))])


async def answer(court: Court, control_id: str, **said: Any) -> None:
    """Let the agency answer the control's newest task; without anything said the measure is in force."""
    await reply(court, control_id, outcome="controlled", control=ControlAnswer.model_validate({**IN_FORCE, **said}))


async def reply(court: Court, control_id: str, **said: Any) -> None:
    """Let the agency answer the control's newest task with anything; the question how it stands is the newest while it is open."""
    newest = max(await tasks(court, control_id), key=lambda one: (one["action"] == "status" and one["outcome"] is None, one["task_id"]))
    aggregator = Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    await aggregator.apply([Reply(task_id=newest["task_id"], agency=newest["agency"], kind="answered", as_of=court.clock.now(),
                                  raw_sha256="00" * 32, **said)])


async def tick(court: Court) -> None:
    """Let the schedule look once."""
    follow_ups: FollowUps = court.deps.follow_ups
    await Schedule(court.database, clock=court.clock, new_id=court.deps.new_id, send_held=follow_ups.send_held).tick()


async def control(court: Court, control_id: str) -> dict[str, Any]:
    """Return a control as a caller reads it."""
    response = await court.get(f"/v1/controls/{control_id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def step(court: Court, control_id: str, path: str, body: dict[str, Any], key: str = "s1", **headers: str) -> Any:
    """Post a step on a control."""
    return await court.post(body, key=key, path=f"/v1/controls/{control_id}/{path}", **headers)
