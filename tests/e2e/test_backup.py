"""Backup while freezes go on, restore to an instant: what agencies did since is not done again, and nothing is taken for granted."""

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from deploy import postgres
from tests.controlling import Judge
from tests.e2e.flood import BANKS, Flood, people
from tests.running import CHAKONG, running_mesh, until

COMMAND = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def chakong(folder, *arguments):
    return subprocess.run([*CHAKONG, *map(str, arguments)], **COMMAND, timeout=120, check=False, env=environment_of(folder))


def environment_of(folder):
    return {**os.environ, "CHAKONG_DATA_DIR": str(folder)}


@contextmanager
def following(folder, into):
    """A backup that goes on writing every change; yields the base backup once it is made, and ends in order."""
    with subprocess.Popen([*CHAKONG, "backup", str(into), "--follow"], **COMMAND, env=environment_of(folder)) as process:
        try:
            word, _, made = process.stdout.readline().strip().partition(" ")
            assert word == "backup", process.stderr.read()
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0


def effects_of(mesh):
    return {bank: mesh.effects(bank) for bank in BANKS}


def acted(effects):
    """What happened at the banks, without how often it was asked for."""
    return {(bank, one["request_no"], one["action"], one["state"]) for bank, entries in effects.items() for one in entries}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A mesh with measures before the base backup, before the instant gone back to, and after it; killed, and restored elsewhere."""
    folder = tmp_path_factory.mktemp("backup")
    agencies = {"CHAKONG_MOCK_LEDGER_DIR": str(folder / "ledgers")}
    told, into = {"backups": folder / "the court's backups", "before": Flood(), "since": Flood()}, folder / "the court's backups"
    with running_mesh(folder / "first", **agencies) as mesh:
        judge = Judge(mesh)
        told["before"].ask(judge, people(0, 3))
        reports = told["before"].settled(judge, "before the base backup")
        told["before"].freeze_all(judge, reports[:1])
        with following(folder / "first", into):
            told["before"].freeze_all(judge, reports[1:2])
            told["before"].settled(judge, "before the instant")
            told["report"] = json.dumps(judge.report(next(iter(told["before"].requests)))["subjects"], sort_keys=True)
            told["at"] = datetime.now(UTC)
            told["since"].freeze_all(judge, reports[2:3])
            told["since"].settled(judge, "since the instant")
            told["effects"] = effects_of(mesh)
            until(lambda: list((into / "wal").iterdir()))
        mesh.kill()
    told["restored"] = chakong(folder / "second", "restore", into, "--at", told["at"].isoformat())
    assert told["restored"].returncode == 0, told["restored"].stderr
    with running_mesh(folder / "second", **agencies) as mesh:
        yield {**told, "mesh": mesh, "folder": folder}


def test_everything_before_the_instant_is_there(story):
    judge = Judge(story["mesh"])
    story["before"].settled(judge, "after the restore")
    assert json.dumps(judge.report(next(iter(story["before"].requests)))["subjects"], sort_keys=True) == story["report"]


def test_what_came_later_is_gone_here_and_stands_at_the_agencies(story):
    judge = Judge(story["mesh"])
    assert story["since"].controls
    for control_id in story["since"].controls:
        assert judge.get(f"/v1/controls/{control_id}").status_code == 404
    assert acted(effects_of(story["mesh"])) == acted(story["effects"])


def test_agencies_are_asked_how_every_measure_stands(story):
    judge, before = Judge(story["mesh"]), story["before"]
    asked = {entry["request_no"]: entry["times_received"] for entries in story["effects"].values() for entry in entries}
    assert asked
    for control_id in before.controls:
        assert judge.answered(control_id)["state"] in {"in_force", "waiting"}
    with_answer = "SELECT count(*) FROM tasks WHERE action = 'status' AND answered_at IS NOT NULL"
    until(lambda: int(in_database(story, with_answer)), lambda answered: answered >= len(before.controls))
    # And what else they hold of the same subjects: the reconciliation's own queries.
    until(lambda: int(in_database(story, "SELECT count(*) FROM tasks WHERE action = 'query' AND control_id IS NOT NULL")), within_s=90)


def test_the_restore_is_on_record(story):
    what = in_database(story, "SELECT object FROM audit WHERE action = 'store.restore'")
    assert what.endswith(f"to {story['at'].isoformat()}")


def test_nothing_is_written_over(story):
    again = chakong(story["folder"] / "second", "restore", story["backups"])
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert len(again.stderr.splitlines()) == 1


def test_an_instant_that_the_log_does_not_reach_is_refused_and_leaves_nothing(story):
    beyond = chakong(story["folder"] / "third", "restore", story["backups"], "--at", "2099-01-01T00:00:00Z")
    assert beyond.returncode == 1
    assert "the log in the backup ends before 2099-01-01" in beyond.stderr
    assert not (story["folder"] / "third" / "postgres" / "cluster").exists()


def test_a_folder_of_another_installation_and_a_damaged_backup_are_refused(story, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "signing.key").write_text("of another installation, 32 characters")
    assert "another installation lives in this folder" in chakong(other, "restore", story["backups"]).stderr
    (base,) = (one for one in story["backups"].iterdir() if one.name != "wal")
    damaged = base / "base" / "PG_VERSION"
    written = damaged.read_bytes()
    damaged.write_bytes(b"81\n")
    try:
        assert "is not as the manifest of the backup says" in chakong(tmp_path / "new", "restore", story["backups"]).stderr
    finally:
        damaged.write_bytes(written)


@pytest.mark.parametrize(("arguments", "said"), [
    (("restore", "/nowhere"), "holds no base backup"), (("backup", "/tmp/never-made"), "there is no database in"),
    (("restore", "/nowhere", "--at", "yesterday"), "RFC 3339")])
def test_what_cannot_be_done_is_said(tmp_path, arguments, said):
    done = chakong(tmp_path / "empty", *arguments)
    assert done.returncode in {1, 2}
    assert said in done.stderr.replace("\n", " ")


def in_database(story, statement):
    """Ask the restored database with PostgreSQL's own client."""
    socket = postgres.served_at(story["folder"] / "second" / "postgres")
    command = [*postgres.program("psql"), "-h", str(socket), "-U", "postgres", "-d", "chakong", "-At", "-c", statement]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout.strip()
