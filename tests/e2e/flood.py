"""Many requests and freezes at once, and the proof by numbers that nothing was lost and nothing happened twice."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from deploy.mesh import load_directory
from deploy.settings import DeploySettings
from services.runtime.mock.port import RegisteredSubject
from services.runtime.mock.register import Register
from services.runtime.registry import mock_agencies
from tests.controlling import Judge, assets_of, freeze

#: Banks that answer at once, one of them not idempotent.
BANKS = ("icbc", "abc", "boc", "ccb", "bocom", "psbc", "cmb", "cgb", "spdb", "cib")
#: Answers take a while, so that a crash meets many of them under way.
SLOW_BANKS = json.dumps({bank: [{"kind": "latency", "p50_ms": 1_000, "p99_ms": 2_000}] for bank in BANKS})
#: What was lost with a broker or a process is asked for again soon.
IMPATIENT = {"CHAKONG_RESEND_AFTER_S": "5", "CHAKONG_DEFERRAL_S": "1", "CHAKONG_KAFKA_SESSION_TIMEOUT_MS": "6000",
             "CHAKONG_KAFKA_REQUEST_TIMEOUT_MS": "4000", "CHAKONG_TURN_ASK_S": "3", "CHAKONG_TURN_GRACE_S": "3"}


def people(first: int, count: int) -> list[RegisteredSubject]:
    """Return persons with accounts from the seeded register."""
    register = Register(1, load_directory(DeploySettings().agencies).agencies, mock_agencies())
    persons = (one for one in register.subjects(["deposits"]) if one.kind == "person" and len(one.id_no) == 18)
    return list(islice(persons, first, first + count))


@dataclass
class Flood:
    """What was accepted: requests by id with the subject's number, and controls by id."""

    requests: dict[str, str] = field(default_factory=dict)
    controls: list[str] = field(default_factory=list)

    def ask(self, judge: Judge, subjects: Iterable[RegisteredSubject]) -> None:
        for one in subjects:
            subject = {"kind": one.kind, "role": "debtor", "name": one.name, "id_type": one.id_type, "id_no": one.id_no}
            answer = judge.post("/v1/requests", {**judge.case(), "subjects": [subject], "agencies": BANKS})
            assert answer.status_code == 202, answer.text
            self.requests[answer.json()["request_id"]] = one.id_no

    def freeze_all(self, judge: Judge, reports: Iterable[dict[str, Any]]) -> None:
        """Freeze a little on every account of reports that may be frozen, each in a call of its own."""
        for report in reports:
            for account in assets_of(report):
                if (account["controllable_fen"] or 0) >= 100 and account["record"].get("account_class", "").startswith("personal"):
                    self.controls += judge.ordered(report["request_id"], freeze(account, 100))

    def open_tasks(self, judge: Judge) -> int:
        """Return how many answers are under way."""
        queries = sum(judge.mesh.status(request_id)["counts"]["awaiting"] for request_id in self.requests)
        return queries + sum(judge.control(control_id)["pending"] is not None for control_id in self.controls)

    def settled(self, judge: Judge, told: str, within_s: float = 80) -> list[dict[str, Any]]:
        """Wait until everything accepted has ended, compare it with register and ledgers, print the counts, return the reports."""
        statuses = [judge.mesh.ended(request_id, within_s) for request_id in self.requests]
        controls = [judge.answered(control_id, within_s) for control_id in self.controls]
        reports = [judge.report(request_id) for request_id in self.requests]
        for report, id_no in zip(reports, self.requests.values(), strict=True):
            assert found_in(report) == truth_of(judge, id_no)
        effects = self._effects(judge, controls)
        attempts = sum(task["attempts"] - 1 for status in statuses for task in status["tasks"])
        print(f"\n{told}: requests acked {len(statuses)}, controls acked {len(controls)}, effects {len(effects)}, "
              f"duplicates absorbed {sum(one['times_received'] - 1 for one in effects)}, queries sent again {attempts}")
        return reports

    def _effects(self, judge: Judge, controls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the effects of these controls: exactly one each."""
        ledgers = {bank: {one["agency_control_no"]: one for one in judge.mesh.effects(bank)} for bank in {one["agency"] for one in controls}}
        for bank in ledgers:
            times = Counter(one["request_no"] for one in judge.mesh.effects(bank))
            assert set(times.values()) <= {1}, times
        assert {control["state"] for control in controls} <= {"in_force", "waiting"}
        assert len({(one["agency"], one["agency_control_no"]) for one in controls}) == len(controls)
        return [ledgers[control["agency"]][control["agency_control_no"]] for control in controls]


def found_in(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(source["agency"], asset["record"]["account_no"]) for asset in assets_of(report) for source in asset["sources"]}


def truth_of(judge: Judge, id_no: str) -> set[tuple[str, str]]:
    truth = judge.mesh.agencies.get("/admin/register", params={"id_no": id_no}).raise_for_status().json()["assets"]
    return {(one["agency"], one["key"]) for one in truth if one["agency"] in BANKS}
