"""Compile a request's report from what is stored: for the REST edge, and for whoever looks whether too much was secured."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from contracts.clock import china_date
from contracts.registry import FIRST_SIX
from contracts.report import AssetReport
from contracts.words import STORED
from gateway.domain.claim import claim_fen
from gateway.domain.court_policy import CourtPolicies
from gateway.domain.directory import Directory
from gateway.domain.law.overrides import NONE, Overrides, table_of
from gateway.domain.left_out import groups_of
from gateway.domain.report import ReportRequest, compile_report, with_changes
from gateway.domain.report_views import asset_ids
from gateway.domain.request import RequestBody
from gateway.domain.routing import asked_types
from gateway.store.database import Connection
from gateway.store.report import Answers, ReportHead, load_answers, load_report_heads


@dataclass(frozen=True, slots=True)
class Reports:
    """What a report is compiled with: the secret behind asset ids, the directory, the courts' policies and their legal table."""

    secret: bytes
    directory: Directory
    policies: CourtPolicies
    overrides: Overrides = NONE

    def compiled(self, head: ReportHead, answers: Answers, before: Answers | None, now: datetime) -> AssetReport:
        """Compile a version from its answers, with what changed since the version before; the claim is that of the version's day."""
        return with_changes(self._one(head, before, now) if before else None, self._one(head, answers, now))

    def _one(self, head: ReportHead, answers: Answers, now: datetime) -> AssetReport:
        compiled_at = answers.made_at or now
        return compile_report(self._request(head, answers, compiled_at), answers.tasks, answers.controls, version=answers.version,
                              compiled_at=compiled_at, asset_id=asset_ids(self.secret, head.court_code), proposals=answers.proposals)

    def _request(self, head: ReportHead, answers: Answers, compiled_at: datetime) -> ReportRequest:
        body, on = RequestBody.model_validate(head.body, context=STORED), china_date(compiled_at)
        everything = body.asset_types is None and body.agencies is None
        types = FIRST_SIX if everything else asked_types(body.asset_types, body.agencies, self.directory)
        # What was asked beside these is in the report, also when its agency has left the directory since; what came to it since is not.
        left = sorted({task.asset_type for task in answers.tasks} - set(types))
        claim = body.case.claim
        return ReportRequest(head.request_id, head.case_no, body.subjects, (*types, *left), groups_of(head.left_out),
                             claim_fen(claim, on) if claim else None, cause=body.case.cause,
                             table=table_of(head.court_code, self.overrides))

    async def newest(self, connection: Connection, request_ids: Collection[str], now: datetime) -> "dict[str, Reported]":
        """Compile the newest version of each request by id, the live view of one that is under way; without those that do not exist."""
        heads = await load_report_heads(connection, request_ids)
        stored = await load_answers(connection, {one.request_id: one.report_version for one in heads.values()}, self.directory)
        return {request_id: Reported(head, RequestBody.model_validate(head.body, context=STORED), self.compiled(head, stored[request_id], None, now))
                for request_id, head in heads.items()}


@dataclass(frozen=True, slots=True)
class Reported:
    """A request with its newest report."""

    head: ReportHead
    body: RequestBody
    report: AssetReport
