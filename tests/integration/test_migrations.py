"""Schemas that hold rows already: what a migration carries over."""

import asyncio

from alembic import command
from alembic.script import ScriptDirectory
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


async def test_who_lives_and_what_is_due_by_agency_can_be_taken_back_and_made_anew_with_rows_there(postgres_url):
    name = "taken_back"
    await administer(postgres_url, f"CREATE DATABASE {name}")
    url = url_of(postgres_url, name)
    database = Database(StoreSettings(DATABASE_URL=url))
    before = ScriptDirectory.from_config(config(url)).get_revision("0010").down_revision
    try:
        await asyncio.to_thread(command.upgrade, config(url), "0010")
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO heartbeats VALUES ('relay', '', 'h:1', now(), now(), 0, '{}')"))
        await asyncio.to_thread(command.downgrade, config(url), before)
        async with database.transaction() as connection:
            assert (await connection.execute(text("SELECT to_regclass('heartbeats'), to_regclass('tasks_to_send_by_agency')"))).one() == (None, None)
        await asyncio.to_thread(command.upgrade, config(url), "0010")
        async with database.transaction() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM heartbeats"))).scalar_one() == 0
    finally:
        await database.close()
        await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
