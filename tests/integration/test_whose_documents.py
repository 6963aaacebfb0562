"""Documents go out with a step under the court that took it: fetched by claim check, and on their way to the agency, for every holder of the right."""

from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import pytest

from contracts.documents import CommandDocument
from contracts.messages import Command
from services.deposits.adapter import ADAPTER
from services.runtime.claims import Claims
from services.runtime.port import AgencyResponse, Outgoing
from tests import builders as build
from tests import control_side as side
from tests.court_side import COURT, OTHER_COURT, bearer, running

SUPERIOR = "粤53"
CASE, PRESERVATION = "（2026）粤5302执1234号", "（2026）粤5302执保9号"
OTHER_CASE = "（2026）粤5303执8号"


@pytest.fixture
async def court(store):
    bank = build.agency("icbc", wants_document_content=True)
    others = [one for one in build.directory().agencies if one.agency != "icbc"]
    async with running(store, directory=build.directory(bank, *others)) as one:
        yield one


class Judge:
    """A judge of a court, with papers that this court alone has uploaded."""

    def __init__(self, court, code):
        self.court, self.code, self.sub = court, code, f"{code}-0031"
        self.headers = bearer("judge", court_code=code, sub=self.sub)

    async def papers(self, *kinds, **of):
        return [await self.paper(kind, **of) for kind in kinds]

    async def paper(self, kind, **of):
        content = f"%PDF-1.7 {kind} of {self.code}".encode()
        stored = await self.court.client.post("/v1/documents", content=content, headers={"Content-Type": "application/pdf", **self.headers})
        return build.document(kind, document_id=stored.json()["document_id"], **of)

    async def letter(self, case_no=CASE):
        return await self.paper("transfer_letter", document_no=f"{case_no}之三")

    async def step(self, control_id, path, body, documents):
        officer = build.officer(work_card_no=self.sub)
        taken = await side.step(self.court, control_id, path, {**body, "officer": officer, "documents": documents}, f"{self.code[1:]}-{path}", **self.headers)
        assert taken.status_code == 202, taken.text


async def own(court, control_id):
    judge = Judge(court, COURT)
    await judge.step(control_id, "renewals", side.renewal(), await judge.papers("ruling", "assist_freeze_notice"))


async def superior(court, control_id):
    judge = Judge(court, SUPERIOR)
    await judge.step(control_id, "releases", side.release(), await judge.papers("release_ruling", "assist_release_notice"))


async def letter_holder(court, control_id):
    judge = Judge(court, OTHER_COURT)
    await judge.step(control_id, "deductions", side.deduction(), [*await judge.papers("deduct_ruling", "assist_deduct_notice"), await judge.letter()])


async def after_conversion(court, control_id):
    judge = Judge(court, OTHER_COURT)
    await judge.step(control_id, "conversions", side.conversion(OTHER_CASE), [await judge.letter(PRESERVATION)])
    await judge.step(control_id, "releases", side.release(), await judge.papers("release_ruling", "assist_release_notice"))


async def superior_after_conversion(court, control_id):
    judge = Judge(court, OTHER_COURT)
    await judge.step(control_id, "conversions", side.conversion(OTHER_CASE), [await judge.letter(PRESERVATION)])
    await superior(court, control_id)


async def held_and_sent_later(court, control_id):
    await own_deduction(court, control_id)
    await superior(court, control_id)
    await side.answer(court, control_id, actual_fen=4_000_000, deducted_fen=1_000_000)
    await side.tick(court)


async def own_deduction(court, control_id):
    judge = Judge(court, COURT)
    await judge.step(control_id, "deductions", side.deduction(), await judge.papers("deduct_ruling", "assist_deduct_notice"))


async def in_a_batch(court, control_id):
    judge = Judge(court, SUPERIOR)
    body = {"action": "release", "officer": build.officer(work_card_no=judge.sub), "reason": "已履行完毕", "items": [{"control_id": control_id}],
            "documents": await judge.papers("release_ruling", "assist_release_notice")}
    taken = await court.post(body, key="batch", path="/v1/control-batches", **judge.headers)
    assert "problem" not in taken.json()["items"][0], taken.text


class FetchesFrom:
    """What a worker fetches with, over the API of the court side."""

    def __init__(self, client: httpx.AsyncClient):
        self.client, self.statuses = client, []

    async def fetch(self, url):
        parts = urlsplit(url)
        response = await self.client.get(f"{parts.path}?{parts.query}", headers={"Authorization": ""})
        self.statuses.append(response.status_code)
        return AgencyResponse(response.status_code, response.headers["content-type"], response.content)


@pytest.mark.parametrize(("takes", "whose"), [
    (own, COURT), (superior, SUPERIOR), (letter_holder, OTHER_COURT), (after_conversion, OTHER_COURT), (superior_after_conversion, SUPERIOR),
    (held_and_sent_later, SUPERIOR), (in_a_batch, SUPERIOR)])
async def test_the_papers_of_whoever_took_the_step_reach_the_agency(court, takes, whose):
    control_id = await side.in_force(court, case_no=PRESERVATION if "conversion" in takes.__name__ else CASE)
    await takes(court, control_id)
    newest = (await side.tasks(court, control_id))[-1]
    command = Command.model_validate(newest["command"])
    assert (newest["outcome"], command.case.court_code) == (None, whose)
    fetches = FetchesFrom(court.client)
    claims = Claims(fetches, most_bytes=1_000_000)
    contents = {one.document_id: await claims.content(CommandDocument.model_validate(one)) for one in command.documents}
    assert fetches.statuses == [200] * len(command.documents)
    expected = {sha256(content).hexdigest(): content for one in command.documents if (content := f"%PDF-1.7 {one.kind} of {whose}".encode())}
    assert contents == {f"sha256:{digest}": content for digest, content in expected.items()}
    call = ADAPTER.to_call(court.deps.directory.by_code["icbc"], [Outgoing(command, None, contents)])
    said = (call.content + call.path.encode()).decode()
    assert all(b64encode(content).decode() in said for content in expected.values())
    await side.reply(court, control_id, outcome="refused", code="document_mismatch")
    again = FetchesFrom(court.client)
    await again.fetch(command.documents[0].content_url)
    assert again.statuses == [404]
