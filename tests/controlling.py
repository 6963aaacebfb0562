"""A judge who orders measures on assets of a report over REST, and waits for what comes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.demo import COURT, OFFICER, case
from tests.running import RunningMesh, until

#: The papers each measure needs (contracts/documents.py).
PAPERS = {"freeze": ("ruling", "assist_freeze_notice"), "seal": ("ruling", "assist_execution_notice")}


@dataclass(frozen=True)
class Judge:
    """One judge of one court at a running mesh."""

    mesh: RunningMesh
    court: str = COURT
    officer: str = OFFICER
    case_no: str = "（2026）粤5302执1234号"

    def post(self, path: str, body: Any, key: str | None = None) -> httpx.Response:
        return self.mesh.post(path, body, key, headers=self.mesh.headers(self.court, self.officer))

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.mesh.client.get(path, params=query, headers=self.mesh.headers(self.court, self.officer))

    def report_of(self, *, id_no: str, name: str, kind: str = "person", within_s: float = 30, **changes: Any) -> dict[str, Any]:
        """Ask about one subject and return the report once the request has ended."""
        id_type = "resident_id" if kind == "person" else "uscc"
        subject = {"kind": kind, "role": "debtor", "name": name, "id_type": id_type, "id_no": id_no}
        body = {**self.case(), "subjects": [subject], **changes}
        answer = self.post("/v1/requests", body)
        assert answer.status_code == 202, answer.text
        return self._ended(answer.json()["request_id"], within_s)

    def case(self) -> dict[str, Any]:
        body = case(self.mesh.clock.now())
        body["case"]["case_no"] = self.case_no
        body["officer"]["work_card_no"] = self.officer
        return body

    def report(self, request_id: str) -> dict[str, Any]:
        return self.get(f"/v1/requests/{request_id}/report").raise_for_status().json()

    def _ended(self, request_id: str, within_s: float) -> dict[str, Any]:
        return until(lambda: self.report(request_id), lambda report: report["all_ended"], within_s)

    def order_body(self, request_id: str, *items: dict[str, Any], papers: tuple[str, ...] | None = None) -> dict[str, Any]:
        kinds = PAPERS[items[0]["measure"]] if papers is None else papers
        documents = [{"kind": kind, "document_no": f"{self.case_no}之一", "issued_on": "2026-11-20"} for kind in kinds]
        return {"request_id": request_id, "officer": self.case()["officer"], "documents": documents, "items": list(items)}

    def order(self, request_id: str, *items: dict[str, Any], key: str | None = None, **more: Any) -> httpx.Response:
        return self.post("/v1/controls", self.order_body(request_id, *items, **more), key)

    def ordered(self, request_id: str, *items: dict[str, Any], **more: Any) -> list[str]:
        """Order measures and return the ids of the controls."""
        answer = self.order(request_id, *items, **more)
        assert answer.status_code == 202, answer.text
        return [one["control_id"] for one in answer.json()["controls"]]

    def control(self, control_id: str) -> dict[str, Any]:
        return self.get(f"/v1/controls/{control_id}").raise_for_status().json()

    def until(self, control_id: str, reached: Callable[[dict[str, Any]], bool], within_s: float = 20) -> dict[str, Any]:
        """Ask how a control stands until it is so."""
        return until(lambda: self.control(control_id), reached, within_s)

    def answered(self, control_id: str, within_s: float = 20) -> dict[str, Any]:
        """Wait until nothing is pending."""
        return self.until(control_id, lambda control: control["pending"] is None, within_s)


def problem_of(answer: httpx.Response, status: int = 422) -> Any:
    """Return the problem document of a refusal."""
    assert answer.status_code == status, answer.text
    return answer.json()


def freeze(asset: dict[str, Any], amount_fen: int, term_months: int = 12) -> dict[str, Any]:
    return {"asset_id": asset["asset_id"], "measure": "freeze", "amount_fen": amount_fen, "term_months": term_months}


def seal(asset: dict[str, Any], term_months: int = 36) -> dict[str, Any]:
    return {"asset_id": asset["asset_id"], "measure": "seal", "term_months": term_months}


def assets_of(report: dict[str, Any], asset_type: str | None = None) -> list[dict[str, Any]]:
    """Return the assets of a report, of one asset type or of all."""
    return [asset for subject in report["subjects"] for section in subject["sections"]
            if asset_type in (None, section["asset_type"]) for asset in section["assets"]]


def asset_with(report: dict[str, Any], **record: Any) -> dict[str, Any]:
    """Return the one asset whose record says this."""
    found = [asset for asset in assets_of(report) if record.items() <= asset["record"].items()]
    assert len(found) == 1, [asset["record"] for asset in assets_of(report)]
    return found[0]
