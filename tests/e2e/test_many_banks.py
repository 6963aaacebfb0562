"""A country with 4,000 banks: one request over all of them, on the broker of the embedded mode, which holds little."""

import asyncio
import time
from collections import Counter

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.running import running_mesh

BANKS = 4_000
SUBJECT = {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"}
DEFAULTS = {"deposits": {"capabilities": ["query", "status"], "region_code": "000000", "channel": "c2c_national", "batch_size": 100,
                         "answer_due_working_days": 1}}


def row(number):
    return {"agency": f"bank-{number:04}", "name": {"zh": f"第{number}银行", "en": f"Bank {number}"}, "asset_type": "deposits",
            "dialect": "yuan" if number % 4 == 0 else "standard"}


@pytest.fixture(scope="module")
def country(server_dir, module_database):
    folder = server_dir / "many"
    folder.mkdir()
    directory = folder / "agencies.yaml"
    rows = [row(number) for number in range(BANKS)]
    directory.write_text(yaml.safe_dump({"defaults": DEFAULTS, "agencies": rows}, allow_unicode=True))
    # However slow the machine: what waits its turn is not sent again.
    with running_mesh(folder, DATABASE_URL=module_database, CHAKONG_AGENCIES=str(directory), CHAKONG_RESEND_AFTER_S="300") as mesh:
        yield mesh


async def on_the_way(connection):
    """How many commands were sent and are not answered."""
    return (await connection.execute(text("SELECT count(*) FROM tasks WHERE sent_at IS NOT NULL AND outcome IS NULL"))).scalar_one()


async def followed(mesh, request_id, url):
    """Follow a request to its end: seconds, how many are answered and how many on their way, about twice a second."""
    began_s, seen, engine = time.monotonic(), [], create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        while not seen or seen[-1][1] < BANKS:
            sent = await on_the_way(connection)
            seen.append((round(time.monotonic() - began_s, 1), BANKS - mesh.status(request_id)["counts"]["awaiting"], sent))
            assert seen[-1][0] < 100, seen
            await asyncio.sleep(0.5)
    await engine.dispose()
    return seen


async def test_one_request_to_every_bank_of_a_country_is_taken_at_once_and_all_answer(country, module_database):
    began_s = time.monotonic()
    request_id = country.submit(subjects=[SUBJECT], asset_types=["deposits"])
    accepted_s = time.monotonic() - began_s
    seen = await followed(country, request_id, module_database)
    most_s, most_sent = seen[-1][0], max(sent for _, _, sent in seen)
    print(f"{BANKS} banks: accepted after {accepted_s:.2f} s, ended after {most_s} s, at most {most_sent} on their way: {seen}")
    said = Counter((task["outcome"], task["attempts"]) for task in country.ended(request_id)["tasks"])
    assert accepted_s < 5
    assert 0 < most_sent < BANKS / 2
    assert said == {("none_found", 1): BANKS}
    report = country.report(request_id)
    assert report["all_answered"]
    assert len(report["agencies"]) == BANKS
