"""Schemas that hold rows already: what a migration carries over."""

import asyncio

from alembic import command
from sqlalchemy import text

from gateway.store.database import Database
from gateway.store.migrate import config
from gateway.store.settings import StoreSettings
from tests.court_side import url_of
from tests.servers import administer

NAME = "migrated"
BEFORE = """
    INSERT INTO requests (request_id, court_code, case_no, region_code, body, left_out, trace_id, accepted_at, tasks, awaiting, report_version)
    VALUES ('r', '粤5302', '（2026）粤5302执1号', '445302', '{}', '[]', 't', now(), 1, 0, 3);
    INSERT INTO report_versions (request_id, version, made_at, cause)
    VALUES ('r', 1, '2026-11-20Z', 'ended'), ('r', 2, '2026-11-21Z', 'control'), ('r', 3, '2026-11-25Z', 'control');
    INSERT INTO controls (control_id, request_id, court_code, case_no, subject, subject_hash, asset_id, asset_type, agency, record, state, in_doubt,
        request_no, control, created_at, status_asked_at)
    VALUES ('c', 'r', '粤5302', '（2026）粤5302执1号', 0, 'h', 'a', 'deposits', 'icbc', '{}', 'in_force', false, 'n', '{}', now(), now());
    INSERT INTO release_proposals (request_id, proposal_id, proposal, announced_at) VALUES ('r', 'c-7', '{"control_id": "c"}', '2026-11-22Z')"""


async def test_what_was_proposed_before_is_carried_over_and_looked_at_again(postgres_url):
    await administer(postgres_url, f"CREATE DATABASE {NAME}")
    url = url_of(postgres_url, NAME)
    database = Database(StoreSettings(DATABASE_URL=url))
    try:
        await asyncio.to_thread(command.upgrade, config(url), "0004")
        async with database.transaction() as connection:
            for statement in BEFORE.split(";"):
                await connection.execute(text(statement.replace(":", "\\:")))
        await asyncio.to_thread(command.upgrade, config(url), "head")
        async with database.transaction() as connection:
            carried = (await connection.execute(text("SELECT case_no, control_id, from_version, withdrawn_at FROM release_proposals"))).all()
            noted = (await connection.execute(text("SELECT court_code, case_no FROM excess_checks"))).all()
    finally:
        await database.close()
        await administer(postgres_url, f"DROP DATABASE {NAME} WITH (FORCE)")
    assert (list(map(tuple, carried)), list(map(tuple, noted))) == ([("（2026）粤5302执1号", "c", 2, None)], [("粤5302", "（2026）粤5302执1号")])


async def test_the_index_for_what_was_overdue_too_early_comes_and_goes(postgres_url):
    name = f"{NAME}_index"
    await administer(postgres_url, f"CREATE DATABASE {name}")
    url = url_of(postgres_url, name)
    database, found = Database(StoreSettings(DATABASE_URL=url)), []
    try:
        for step, to in ((command.upgrade, "0009"), (command.downgrade, "0006"), (command.upgrade, "head")):
            await asyncio.to_thread(step, config(url), to)
            async with database.transaction() as connection:
                found.append((await connection.execute(text("SELECT count(*) FROM pg_indexes WHERE indexname = 'tasks_early'"))).scalar_one())
    finally:
        await database.close()
        await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
    assert found == [1, 0, 1]
