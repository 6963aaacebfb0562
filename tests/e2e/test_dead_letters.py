"""An operator at the command line: lists what was set aside, counts why, sends it again; what comes back too often stays aside."""

import json
import os
import subprocess

import pytest

from contracts.kafka import topics
from deploy.clock import new_id
from gateway.domain.dead_letters import MOST_REDRIVES
from tests.e2e.topics import write
from tests.running import CHAKONG, until


def chakong(mesh, *arguments, officer="op-1", **environment):
    token = mesh.headers(officer=officer, role="operator")["Authorization"].removeprefix("Bearer ")
    variables = {**os.environ, "TOKEN": token, "CHAKONG_GATEWAY_URL": mesh.url, **environment}
    return subprocess.run([*CHAKONG, "dead-letters", *arguments], capture_output=True, text=True, timeout=60, check=False, env=variables)


def listed(printed):
    """The lines of the command as rows by column."""
    names, *lines = (line.split("\t") for line in printed.splitlines())
    return [dict(zip(names, line, strict=True)) for line in lines]


def puzzles(mesh, agency):
    """The letters of this test over REST, newest first."""
    return mesh.client.get("/v1/dead-letters", params={"agency": agency}, headers=mesh.headers(role="operator")).raise_for_status().json()["items"]


def test_what_comes_back_each_time_is_quarantined_in_the_end(mesh, kafka_bootstrap):
    agency = f"puzzle-{new_id().lower()}"
    puzzle = json.dumps({"task_id": "01PUZZLE", "kind": "perhaps", "agency": agency}).encode()
    write(kafka_bootstrap, topics.REPLIES, [(1, b"k", puzzle, [("ce_id", b"puzzle")])])
    for number in range(MOST_REDRIVES):
        letter = until(lambda known=number: [one for one in puzzles(mesh, agency) if one["redrives"] == known], within_s=60)[0]
        assert (letter["state"], letter["topic"]) == ("open", topics.REPLIES)
        if number:
            done = mesh.post("/v1/dead-letters/redrives", {"filter": {"agency": agency}}, headers=mesh.headers(role="operator"))
            assert done.json()["counts"] == {"redriven": 1}
        else:
            assert "redriven 1" in chakong(mesh, "redrive", letter["id"]).stdout
    last = until(lambda: [one for one in puzzles(mesh, agency) if one["redrives"] == MOST_REDRIVES], within_s=60)[0]
    assert "second_person 1" in chakong(mesh, "redrive", last["id"], "--dry-run").stdout
    assert [one["state"] for one in listed(chakong(mesh, "list", "--agency", agency).stdout)] == ["quarantined", "redriven", "redriven", "redriven"]
    assert any((one["reason"], one["topic"]) == (last["reason"], topics.REPLIES) for one in listed(chakong(mesh, "reasons").stdout))


@pytest.mark.parametrize(("arguments", "environment", "said"), [
    (("list",), {"TOKEN": "x"}, "401 unauthenticated"), (("list", "--url", "http://127.0.0.1:1"), {}, "is the API there?"),
    (("redrive", "nonsense"), {}, "422 invalid_request"), (("list", "--reason", "a b"), {}, "422 invalid_parameter")])
def test_a_wrong_call_is_one_line_and_status_1(mesh, arguments, environment, said):
    done = chakong(mesh, *arguments, **environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
