"""The second demo: two courts, one house, one account. Who is first, who waits, who is promoted, what is too much, what lapses."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from contracts.clock import china_date
from contracts.control import MEASURE_NAMES, STATE_NAMES
from contracts.money import display_yuan
from contracts.registry import asset_type
from deploy import issuer
from deploy.clock import new_id
from deploy.demo import COURT, OFFICER, case, now_of, own_mesh

Json = dict[str, Any]
OTHER_COURT, OTHER_OFFICER = "粤5303", "粤5303-0012"
HOUSE, ACCOUNT, SAVINGS = "445302001001GB00014F00310202", "6222024530200012345", "5300120201103000017"
_NAMES = {COURT: "云城区法院 Yuncheng court", OTHER_COURT: "云安区法院 Yun'an court"}
#: How long a scene may take before the demo gives up.
_WITHIN_S = 8.0
_PAPERS: Mapping[str, Sequence[str]] = {
    "freeze": ("ruling", "assist_freeze_notice"), "seal": ("ruling", "assist_execution_notice"),
    "release": ("release_ruling", "assist_release_notice"), "renew": ("ruling", "assist_freeze_notice"),
}
_ENVIRONMENT = {"CHAKONG_CONTROL_STATUS_EVERY_S": "0.5", "CHAKONG_ANSWER_WITHIN_S": "600"}


@dataclass
class Judge:
    """A judge of one court at the mesh, with one case against the same debtor."""

    client: httpx.Client
    court: str
    case_no: str
    body: Json
    request_id: str = ""

    def post(self, path: str, body: Json) -> Json:
        """Post and return the answer. Raises: httpx.HTTPStatusError."""
        answer: Json = self.client.post(path, json=body, headers={"Idempotency-Key": new_id()}).raise_for_status().json()
        return answer

    def get(self, path: str, **query: str) -> Json:
        """Return what a path answers. Raises: httpx.HTTPStatusError."""
        answer: Json = self.client.get(path, params=query).raise_for_status().json()
        return answer

    def papers(self, action: str) -> Json:
        """Return the officer and the documents of an action."""
        documents = [{"kind": kind, "document_no": f"{self.case_no}之一"} for kind in _PAPERS[action]]
        return {"officer": self.body["officer"], "documents": documents}

    def ask(self) -> None:
        """Ask the registry and two banks about the debtor, and wait for the report."""
        self.request_id = self.post("/v1/requests", self.body)["request_id"]
        until(lambda: self.report()["all_ended"])

    def report(self) -> Json:
        """Return the newest report."""
        return self.get(f"/v1/requests/{self.request_id}/report")

    def asset(self, key: str) -> Json:
        """Return the asset of the report that has this key."""
        return next(asset for section in self.report()["subjects"][0]["sections"] for asset in section["assets"]
                    if asset_type(section["asset_type"]).key_text(asset["record"]) == key)

    def order(self, action: str, key: str, **extent: int) -> str:
        """Order a measure on an asset, wait for the agency's answer, and return the control's id."""
        item = {"asset_id": self.asset(key)["asset_id"], "measure": action, **extent}
        made = self.post("/v1/controls", {"request_id": self.request_id, **self.papers(action), "items": [item]})
        control_id: str = made["controls"][0]["control_id"]
        until(lambda: self.control(control_id)["pending"] is None)
        return control_id

    def control(self, control_id: str) -> Json:
        """Return how a control stands."""
        return self.get(f"/v1/controls/{control_id}")


def until(reached: Callable[[], object]) -> None:
    """Ask until it is so. Raises: RuntimeError after a few seconds."""
    deadline = time.monotonic() + _WITHIN_S
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError("the demo waited in vain; its log is in the data folder")
        time.sleep(0.05)


def run(data_dir: Path) -> None:
    """Play the demo in a mesh of its own below the data folder.

    Raises: RuntimeError if the mesh does not start or a scene does not come; httpx.HTTPError if it does not answer
    """
    console, folder = Console(highlight=False), data_dir / "demo-control"
    with console.status("启动查控网格… starting the mesh"):
        mesh = own_mesh(folder, _ENVIRONMENT)
        addresses = mesh.__enter__()
    try:
        with _judge(folder, addresses, COURT, OFFICER, 1234, claim_fen=12_000_000) as first, \
             _judge(folder, addresses, OTHER_COURT, OTHER_OFFICER, 567, claim_fen=30_000_000) as second:
            _play(Story(console), first, second, addresses)
    finally:
        mesh.__exit__(None, None, None)


@contextmanager
def _judge(folder: Path, addresses: Mapping[str, str], court: str, officer: str, number: int, *, claim_fen: int) -> Iterator[Judge]:
    today = china_date(now := now_of(addresses))
    case_no = f"（{today.year}）{court}执{number}号"
    token = issuer.token(folder, court_code=court, officer=officer, roles=["judge"], now=datetime.now(UTC))
    body = case(now)
    body["case"] |= {"case_no": case_no, "claim": {"principal_fen": claim_fen, "as_of_on": today.isoformat()}}
    body["officer"] |= {"work_card_no": officer}
    body |= {"subjects": body["subjects"][:1], "agencies": ["yunfu-real-estate", "icbc", "cmb"]}
    with httpx.Client(base_url=addresses["ready"], headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client:
        yield Judge(client, court, case_no, body)


@dataclass
class Story:
    """What is printed: scenes, and how controls stand."""

    console: Console
    scenes: int = 0

    def scene(self, zh: str, en: str) -> None:
        """Begin a scene."""
        self.scenes += 1
        self.console.print(f"\n[bold]{self.scenes}. {zh}[/]\n   [dim]{en}[/]", soft_wrap=True)

    def say(self, zh: str, en: str) -> None:
        """Tell something."""
        self.console.print(f"   {zh}  [dim]{en}[/]", soft_wrap=True)

    def stands(self, judge: Judge, control: Json) -> None:
        """Tell how a control stands."""
        state, measure = STATE_NAMES[control["state"]], MEASURE_NAMES[control["measure"]]
        rank = f"，第{control['rank']}顺位 rank {control['rank']}" if control["rank"] else ""
        money = f"，实际 actual {display_yuan(control['actual_fen'])} 元" if control["actual_fen"] else ""
        money += f"，待到账 unfunded {display_yuan(control['unfunded_fen'])} 元" if control["unfunded_fen"] else ""
        until_on = f"，至 until {control['until_on']}" if control["until_on"] else "，生效后起算期限 no end date yet" if control["state"] == "waiting" else ""
        self.console.print(f"   {_NAMES[judge.court]}：{measure.zh} [bold green]{state.zh}[/] [dim]{measure.en}: {state.en}[/]{rank}{money}{until_on}", soft_wrap=True)


def _play(story: Story, first: Judge, second: Judge, addresses: Mapping[str, str]) -> None:
    story.scene("两个法院查询同一被执行人：一处房产、一个账户", "Two courts ask about one debtor: one house, one account")
    for judge in (first, second):
        judge.ask()
        claim = display_yuan(judge.report()["totals"]["claim_fen"])
        story.say(f"{_NAMES[judge.court]} {judge.case_no}：债权 {claim} 元", f"claim {claim} yuan")
    house, held = _first_and_waiting(story, first, second)
    _refused(story, first)
    _promoted(story, first, second, house)
    _too_much(story, first)
    _lapses(story, first, held, addresses)
    story.say("演示结束。", "The end.")


def _first_and_waiting(story: Story, first: Judge, second: Judge) -> tuple[str, str]:
    story.scene("先到者首封首冻，后到者轮候", "Who is served first holds, who is served later waits")
    house, held = first.order("seal", HOUSE, term_months=36), first.order("freeze", ACCOUNT, amount_fen=8_000_000, term_months=12)
    story.stands(first, first.control(house))
    story.stands(first, first.control(held))
    for action, key, extent in (("seal", HOUSE, {"term_months": 36}), ("freeze", ACCOUNT, {"amount_fen": 8_000_000, "term_months": 12})):
        story.stands(second, second.control(second.order(action, key, **extent)))
    return house, held


def _refused(story: Story, judge: Judge) -> None:
    story.scene("超过法定期限的冻结不出法院", "A freeze beyond the legal term never leaves the court")
    item = {"asset_id": judge.asset(ACCOUNT)["asset_id"], "measure": "freeze", "amount_fen": 1, "term_months": 13}
    body = {"request_id": judge.request_id, **judge.papers("freeze"), "items": [item]}
    problem = judge.client.post("/v1/controls", json=body, headers={"Idempotency-Key": new_id()}).json()
    story.say(f"[red]拒绝[/]：{problem['errors'][0]['zh']}，{problem['rule']['id']}，{problem['rule']['source']}", problem["errors"][0]["en"])


def _promoted(story: Story, first: Judge, second: Judge, house: str) -> None:
    story.scene("首封法院解除，轮候自动生效，无需重新申请", "The first court releases; the one in waiting is promoted without a new request")
    first.post(f"/v1/controls/{house}/releases", {**first.papers("release"), "reason": "另有财产足以清偿"})
    until(lambda: first.control(house)["state"] == "released")
    story.stands(first, first.control(house))
    waiting = next(one for one in second.get("/v1/controls", request_id=second.request_id)["items"] if one["measure"] == "seal")
    until(lambda: second.control(waiting["control_id"])["state"] == "in_force")
    story.stands(second, second.control(waiting["control_id"]))
    story.say(f"{_NAMES[second.court]}的报告已更新为第{second.report()['version']}版。", "Its report has a new version.")


def _too_much(story: Story, judge: Judge) -> None:
    story.scene("控制超出债权：系统建议解除，由法官裁定", "More is secured than is owed: the system proposes, the judge releases")
    judge.order("freeze", SAVINGS, amount_fen=7_000_000, term_months=12)
    until(lambda: _proposed(judge))
    totals, proposal = judge.report()["totals"], _proposed(judge)[0]
    story.say(f"已控制 {display_yuan(totals['secured_fen'])} 元，债权 {display_yuan(totals['claim_fen'])} 元。{proposal['reason']['zh']}", proposal["reason"]["en"])
    part = {} if proposal["amount_fen"] is None else {"amount_fen": proposal["amount_fen"]}
    path = f"/v1/controls/{proposal['control_id']}"
    judge.post(f"{path}/releases", {**judge.papers("release"), "reason": "超标的额", **part})
    until(lambda: judge.control(proposal["control_id"])["pending"] is None)
    story.stands(judge, judge.control(proposal["control_id"]))


def _proposed(judge: Judge) -> list[Json]:
    proposals: list[Json] = judge.report()["release_proposals"]
    return proposals


def _lapses(story: Story, judge: Judge, held: str, addresses: Mapping[str, str]) -> None:
    story.scene("三百四十天以后：到期清单提示，一次续行", "340 days later: the due list warns, one call renews")
    httpx.post(f"{addresses['mock-agencies']}/admin/clock", json={"advance_s": timedelta(days=340).total_seconds()}, trust_env=False).raise_for_status()
    today = china_date(now_of(addresses))
    due = judge.get("/v1/controls", due_before=(today + timedelta(days=30)).isoformat(), state="in_force")["items"]
    for one in due:
        story.say(f"{one['case_no']} {MEASURE_NAMES[one['measure']].zh}将于 {one['until_on']} 到期", f"ends on {one['until_on']}")
    before = judge.control(held)["until_on"]
    judge.post(f"/v1/controls/{held}/renewals", {**judge.papers("renew"), "term_months": 12})
    until(lambda: judge.control(held)["pending"] is None and judge.control(held)["until_on"] != before)
    story.stands(judge, judge.control(held))
