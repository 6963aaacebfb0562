"""The court side on a real PostgreSQL, in this process: an API whose calls go through ASGI, and the answers of agencies by hand."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text
from sqlalchemy.engine import make_url

from contracts.messages import Reply
from gateway.aggregator import Aggregator
from gateway.api.app import make_app
from gateway.api.deps import Deps
from gateway.api.serve import serve
from gateway.api.settings import ApiSettings
from gateway.domain.court_policy import BY_LAW
from gateway.domain.directory import Directory
from gateway.domain.law.overrides import NONE, Overrides
from gateway.follow_ups import FollowUps
from gateway.intake import Intake
from gateway.ordering import Ordering
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.database import EVENTS_CHANNEL, Database, Listener
from gateway.store.inbox import TaskAnswer, apply_answers
from gateway.store.migrate import upgrade
from gateway.store.outbox import DueTask
from gateway.store.settings import StoreSettings
from gateway.store.settlement import settle
from tests import builders as build
from tests.servers import administer, copy_database

COURT, OTHER_COURT = "粤5302", "粤5303"
OFFICER = "粤5302-0031"
SIGNER = Ed25519PrivateKey.generate()
PUBLIC_KEY = SIGNER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
_numbers = itertools.count(1)


class HandClock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = build.NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


def token(*roles: str, signer: Ed25519PrivateKey = SIGNER, without: str = "", **claims: Any) -> str:
    content: dict[str, Any] = {"sub": OFFICER, "name": "李明", "court_code": COURT, "roles": list(roles or ("judge",)),
                               "exp": int((build.NOW + timedelta(hours=12)).timestamp()), **claims}
    content.pop(without, None)
    return jwt.encode(content, signer, algorithm="EdDSA")


@dataclass
class Court:
    """The API of a court, with a client that bears a judge's token."""

    deps: Deps
    clock: HandClock
    client: httpx.AsyncClient
    committed: list[DueTask] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.deps.database

    async def submit(self, key: str = "k1", **other: Any) -> dict[str, Any]:
        response = await self.post(build.request_body(**other), key=key)
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def post(self, body: object, *, key: str | None = "k1", path: str = "/v1/requests", **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        keyed = {"Idempotency-Key": key} if key is not None else {}
        return await self.client.post(path, content=content, headers={"Content-Type": "application/json", **keyed, **_named(headers)})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=_named(headers))

    async def status(self, request_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"/v1/requests/{request_id}")).json()
        return found

    async def answer(self, tasks: Sequence[dict[str, Any]], outcome: str = "none_found", **other: Any) -> None:
        """Let agencies answer tasks of a status."""
        now = self.clock.now()
        answers = [_task_answer(one["task_id"], outcome, now, other) for one in tasks]
        async with self.database.transaction() as connection:
            applied = await apply_answers(connection, answers, now)
            await settle(connection, [one for one in applied if not one.control_id], [], now=now, new_id=self.deps.new_id)

    async def answer_all(self, request_id: str) -> None:
        """Let every agency answer that it has nothing, but for one account."""
        lines = (await self.status(request_id))["tasks"]
        account = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
        await self.answer([account], "found", assets=[build.found()])
        await self.answer([one for one in lines if one is not account])

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.transaction() as connection:
            return list((await connection.execute(text(statement), parameters)).mappings())

    async def audit(self) -> list[tuple[str, str, str]]:
        return [(row["action"], row["object"], row["decision"]) for row in await self.rows("SELECT * FROM audit ORDER BY seq")]


def _task_answer(task_id: str, outcome: str, now: datetime, other: dict[str, Any]) -> TaskAnswer:
    if outcome == "overdue":
        return TaskAnswer(task_id, "overdue", "no_answer", None, None, None, None, None, None)
    assets = other.get("assets")
    written = orjson.dumps([one.model_dump(mode="json", exclude_none=True) for one in assets]).decode() if assets else None
    return TaskAnswer(task_id, outcome, other.get("code"), None, written, now, 0.03, "00" * 32, None)


async def reply_to(court: Court, task: dict[str, Any], **said: Any) -> None:
    """Let the aggregator apply an agency's reply to a task of a status."""
    reply = Reply.model_validate({"task_id": task["task_id"], "agency": task["agency"], "kind": "answered", "as_of": court.clock.now(), **said})
    await Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id).apply([reply])


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def bearer(*roles: str, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(*roles, **claims)}"}


@pytest.fixture(scope="session")
def schema_url(postgres_url: str) -> Iterator[str]:
    """A database with every table and no row, that nobody is connected to."""
    name = f"schema_{os.getpid()}"
    asyncio.run(_make_schema(postgres_url, name))
    yield name
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _make_schema(postgres_url: str, name: str) -> None:
    await administer(postgres_url, f"CREATE DATABASE {name}")
    await upgrade(StoreSettings(DATABASE_URL=url_of(postgres_url, name)))


def url_of(postgres_url: str, name: str) -> str:
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
async def store(postgres_url: str, schema_url: str) -> AsyncIterator[StoreSettings]:
    """Settings of a fresh database with every table."""
    name = f"court_{os.getpid()}_{next(_numbers)}"
    yield StoreSettings(DATABASE_URL=await copy_database(postgres_url, schema_url, name), statement_timeout_s=20)
    await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def make_deps(store: StoreSettings, clock: HandClock, committed: list[DueTask], *, directory: Directory | None = None,
              overrides: Overrides = NONE, **api: Any) -> Deps:
    settings = GatewaySettings(signing_key="a secret of the tests, long enough for its use", token_public_key=PUBLIC_KEY, group_commit_linger_s=0.001)
    numbers = itertools.count(1)
    database, kept = Database(store), directory or build.directory()
    stage: dict[str, Any] = {"clock": clock, "new_id": lambda: f"01TEST{next(numbers):020d}",
                             "new_request_nos": lambda now, region, count: [f"{now:%Y%m%d}{region}{next(numbers):018d}" for _ in range(count)]}
    intake = Intake(database, kept, settings, committed=committed.extend, **stage)
    return Deps(settings=settings, database=database, events=Listener(store, EVENTS_CHANNEL, every_s=0.5), directory=kept, intake=intake,
                ordering=Ordering(database, Reports(settings.secret, kept, BY_LAW, overrides), settings, **stage), overrides=overrides,
                follow_ups=FollowUps(database, kept, settings, overrides=overrides, **stage), clock=clock, token_clock=HandClock(), new_id=lambda: f"01OTHER{next(numbers):019d}", checks={"kafka": lambda: True},
                api=ApiSettings(**{"heartbeat_s": 0.2, **api}))


@asynccontextmanager
async def running(store: StoreSettings, **api: Any) -> AsyncIterator[Court]:
    """A court side with what goes on behind its calls."""
    clock, committed, stop = HandClock(), [], asyncio.Event()
    deps = make_deps(store, clock, committed, **api)
    behind = asyncio.create_task(deps.run(stop))
    transport = httpx.ASGITransport(make_app(deps), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://court", headers=bearer("judge")) as client:
        yield Court(deps, clock, client, committed)
    stop.set()
    await behind
    await deps.database.close()


@asynccontextmanager
async def listening(store: StoreSettings, **api: Any) -> AsyncIterator[Court]:
    """The court side behind a real uvicorn on a free port."""
    clock, stop, ready = HandClock(), asyncio.Event(), asyncio.get_running_loop().create_future()
    deps = make_deps(store, clock, [], **api)
    role = asyncio.create_task(serve(deps, stop, host="127.0.0.1", port=0, on_ready=ready.set_result))
    async with httpx.AsyncClient(base_url=await ready, headers=bearer("judge"), timeout=10) as client:
        yield Court(deps, clock, client, [])
        stop.set()
        await asyncio.wait_for(role, 10)
    await deps.database.close()


@pytest.fixture
async def court(store: StoreSettings) -> AsyncIterator[Court]:
    async with running(store) as one:
        yield one


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["trace_id"] == response.headers["x-trace-id"]
    assert set(body) >= {"type", "title", "status", "detail", "code", "trace_id", "errors"}
    return response.status_code, body["code"]


