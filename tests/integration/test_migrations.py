"""Schemas that hold rows already: what a migration carries over."""

import asyncio

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gateway.store.court_events import place_events
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


ORDERED = """
    INSERT INTO requests (request_id, court_code, case_no, region_code, body, left_out, trace_id, accepted_at, tasks, awaiting, report_version, event_seq)
    VALUES ('r', '粤5302', '（2026）粤5302执1号', '445302', '{}', '[]', 't', now(), 1, 0, 1, 2);
    INSERT INTO request_events (request_id, seq, kind, data, at) VALUES ('r', 1, 'report', '{"version": 1}', now()), ('r', 2, 'ended', '{}', now());
    INSERT INTO controls (control_id, request_id, court_code, case_no, subject, subject_hash, asset_id, asset_type, agency, record, state, in_doubt,
        request_no, control, created_at, status_asked_at, watch)
    SELECT name, 'r', '粤5302', '（2026）粤5302执1号', 0, 'h', 'a', 'deposits', 'icbc', '{}', state, false, 'n', '{}', now(), now(), 'moving'
    FROM (VALUES ('waits', 'waiting'), ('ended', 'released')) AS c (name, state);
    INSERT INTO tasks (task_id, request_id, control_id, agency, asset_type, subject, action, request_no, topic, key, command, next_attempt_at, answer_due_at)
    SELECT action || control_id, 'r', control_id, 'icbc', 'deposits', 0, action, 'n', 't', convert_to('the-key', 'UTF8'), '{}', now(), now()
    FROM controls, (VALUES ('freeze'), ('status')) AS a (action)"""
LATER = "INSERT INTO request_events (request_id, seq, kind, data, at) VALUES ('r', 3, 'report', '{}', now()), ('r', 4, 'report', '{}', now())"


async def test_what_waits_is_known_by_its_thing_and_events_are_numbered_from_now_on_and_back(postgres_url):
    name = f"{NAME}_things"
    await administer(postgres_url, f"CREATE DATABASE {name}")
    url = url_of(postgres_url, name)
    database = Database(StoreSettings(DATABASE_URL=url))
    try:
        await asyncio.to_thread(command.upgrade, config(url), "0006")
        await run(database, ORDERED)
        await asyncio.to_thread(command.upgrade, config(url), "head")
        things = await run(database, "SELECT control_id, thing FROM controls ORDER BY control_id")
        await run(database, LATER)
        numbers = await run(database, "SELECT seq, event_no FROM request_events ORDER BY seq")
        async with database.transaction() as connection:
            placed = await place_events(connection, 500)
        await asyncio.to_thread(command.downgrade, config(url), "0006")
        left = await run(database, "SELECT count(*) FROM request_events")
        await asyncio.to_thread(command.upgrade, config(url), "head")
    finally:
        await database.close()
        await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
    assert things == [("ended", None), ("waits", "the-key")]
    assert (numbers, placed, left) == ([(1, None), (2, None), (3, 1), (4, 2)], 2, [(4,)])


async def run(database, statements):
    async with database.transaction() as connection:
        for statement in statements.split(";"):
            found = await connection.execute(text(statement.replace(":", "\\:")))
        return list(map(tuple, found.all())) if found.returns_rows else []


DIFFERENCE = """
    INSERT INTO differences (difference_id, kind, thing, found_by, agency, court_code, request_id, subject, asset_id, asset_type, record, ours, theirs,
        found_at, last_seen_at)
    VALUES ('d', 'term', 'c', 'status', 'icbc', '粤5302', 'r', 0, 'a', 'deposits', '{}', '{}', '{}', now(), now());
    INSERT INTO tasks (task_id, request_id, control_id, agency, asset_type, subject, action, request_no, topic, key, command, next_attempt_at, answer_due_at)
    VALUES ('q', 'r', 'c', 'icbc', 'deposits', 0, 'query', 'n2', 't', '', '{}', now(), now())"""


async def test_differences_go_and_come_again_and_no_question_of_theirs_is_left_for_a_query(postgres_url):
    await administer(postgres_url, f"CREATE DATABASE {NAME}_back")
    url = url_of(postgres_url, f"{NAME}_back")
    database = Database(StoreSettings(DATABASE_URL=url))
    try:
        await asyncio.to_thread(command.upgrade, config(url), "0013")
        async with database.transaction() as connection:
            for statement in (*BEFORE.split(";")[:3], *DIFFERENCE.split(";")):
                await connection.execute(text(statement.replace(":", "\\:")))
        await asyncio.to_thread(command.downgrade, config(url), "0006")
        async with database.transaction() as connection:
            left = list((await connection.execute(text("SELECT task_id FROM tasks"))).scalars())
            controls = list((await connection.execute(text("SELECT control_id FROM controls"))).scalars())
        await asyncio.to_thread(command.upgrade, config(url), "head")
    finally:
        await database.close()
        await administer(postgres_url, f"DROP DATABASE {NAME}_back WITH (FORCE)")
    assert (left, controls) == ([], ["c"])


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
