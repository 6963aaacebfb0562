"""The end of a process: SIGTERM ends it in time, whatever its roles and their threads do, and what a role failed with is passed on."""

import signal
import subprocess
import sys
import time

import pytest

WITHIN_S, SLACK_S = 3.0, 15.0
#: A process with one role of its own making.
PROCESS = """
import asyncio, sys, threading, time
from dataclasses import replace
from deploy import process, topology
from deploy.settings import SHIPPED_AGENCIES

async def obedient(mesh, stop):
    print("runs", flush=True)
    await stop.wait()

async def deaf(mesh, stop):
    print("runs", flush=True)
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

async def leaves_threads(mesh, stop):
    threading.Thread(target=time.sleep, args=(3600,)).start()
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)
    await obedient(mesh, stop)

async def leaves_tasks(mesh, stop):
    mesh.left = asyncio.create_task(deaf(mesh, stop))
    await stop.wait()

async def slow(mesh, stop):
    await obedient(mesh, stop)
    await asyncio.sleep(3600)

async def fails(mesh, stop):
    raise ValueError("as it is")

topology.ROLES = {"relay": replace(topology.ROLES["relay"], serve=globals()[sys.argv[1]], clock="machine", database=False)}
process.run(["relay"], 0, SHIPPED_AGENCIES, servers=False)
print("in order", flush=True)
"""


def started(role, folder):
    environment = {"CHAKONG_DATA_DIR": str(folder), "CHAKONG_END_WITHIN_S": str(WITHIN_S), "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", PROCESS, role], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("role", ["obedient", "slow", "deaf", "leaves_threads", "leaves_tasks"])
def test_a_process_that_is_told_to_end_has_ended_in_time_and_in_order(role, tmp_path):
    with started(role, tmp_path) as process:
        assert process.stdout.readline() == "runs\n"
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(WITHIN_S + SLACK_S) == 0
        finally:
            process.kill()
    print(f"{role}: {time.monotonic() - began_s:.1f} s")


def test_what_a_role_fails_with_ends_the_process_and_is_told(tmp_path):
    with started("fails", tmp_path) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ValueError: as it is" in told
