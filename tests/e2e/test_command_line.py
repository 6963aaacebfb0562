"""The command `chakong` as a user types it: what it prints, how it ends, and what its logs never say."""

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from deploy.demo import now_of
from services.runtime.mock.people import DEMO_SUBJECTS
from tests.e2e.days import DAYS
from tests.running import CHAKONG, running_mesh


def chakong(folder, *arguments, **environment):
    return subprocess.run([*CHAKONG, *arguments], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "CHAKONG_DATA_DIR": str(folder), "COLUMNS": "200", **environment})


@contextmanager
def agencies_alone(folder, *arguments, **environment):
    """The mock agencies in a process of their own; yields their address."""
    with subprocess.Popen([*CHAKONG, "mock-agencies", "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "CHAKONG_DATA_DIR": str(folder), **environment}) as process:
        try:
            name, _, url = process.stdout.readline().strip().partition(" ")
            assert name == "mock-agencies"
            yield url
        finally:
            process.terminate()
            assert process.wait(timeout=15) == 0


def asked(url, path, **query):
    return httpx.get(f"{url}{path}", params=query, trust_env=False).raise_for_status().content


def test_the_mock_agencies_alone_answer_the_same_for_the_same_seed(tmp_path):
    with agencies_alone(tmp_path / "one") as one, agencies_alone(tmp_path / "two") as two:
        assert one != two
        for subject in DEMO_SUBJECTS:
            truth = asked(one, "/admin/register", id_no=subject.id_no)
            assert json.loads(truth)["assets"]
            assert truth == asked(two, "/admin/register", id_no=subject.id_no)


def test_processes_of_one_folder_agree_on_the_clock_and_another_folder_begins_anew(tmp_path):
    start = {"CHAKONG_CLOCK_START": DAYS["a leap day, of a year nobody has announced"]}
    with agencies_alone(tmp_path / "one", **start) as one, agencies_alone(tmp_path / "one", **start) as beside:
        first, second, third = (now_of({"mock-agencies": url}) for url in (one, beside, one))
        assert first < second < third
    with agencies_alone(tmp_path / "one", **start) as again, agencies_alone(tmp_path / "two", **start) as anew:
        begun, gone_on = (now_of({"mock-agencies": url}) for url in (anew, again))
        assert begun < gone_on
        assert third < gone_on < third + timedelta(seconds=60)


def test_another_seed_is_another_register(tmp_path):
    first, again, other = (chakong(tmp_path, "mock-agencies", "subjects", "--limit", "5", *seed).stdout
                           for seed in ((), ("--seed", "1"), ("--seed", "2")))
    assert first == again != other


def test_subjects_are_lines_fit_for_a_request(mesh):
    printed = chakong(mesh.folder, "mock-agencies", "subjects", "--with", "deposits,vehicles", "--limit", "5")
    assert (printed.returncode, printed.stderr) == (0, "")
    subjects = [json.loads(line) for line in printed.stdout.splitlines()]
    assert len(subjects) == 5
    for subject in subjects:
        truth = json.loads(asked(mesh.agencies_url, "/admin/register", id_no=subject["id_no"]))["assets"]
        assert {"deposits", "vehicles"} <= {asset["asset_type"] for asset in truth}
    mesh.ended(mesh.submit(subjects=subjects, agencies=["icbc", "yunfu-vehicle-office"]))


def test_a_token_is_all_that_is_printed_and_it_works(mesh):
    printed = chakong(mesh.folder, "token", "--court", "粤5302", "--officer", "粤5302-0031", "--role", "judge")
    (token,) = printed.stdout.splitlines()
    assert printed.returncode == 0
    listed = httpx.get(f"{mesh.url}/v1/requests", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert listed.status_code == 200
    assert httpx.get(f"{mesh.url}/v1/requests", headers={"Authorization": f"Bearer {token[:-4]}AAAA"}, trust_env=False).status_code == 401


def test_a_token_of_another_folder_is_refused(mesh, tmp_path):
    token = chakong(tmp_path, "token", "--court", "粤5302", "--officer", "粤5302-0031", "--role", "judge").stdout.strip()
    assert httpx.get(f"{mesh.url}/v1/requests", headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code == 401


def test_a_token_of_a_court_that_is_not_there_is_refused_until_the_installation_adds_the_court(tmp_path):
    ask = ("token", "--court", "粤0399", "--officer", "粤0399-1", "--role", "judge")
    refused = chakong(tmp_path, *ask)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "CHAKONG_COURTS" in refused.stderr
    courts = tmp_path / "courts.yaml"
    courts.write_text("courts: [{code: 粤0399, name: 深圳某某人民法院, level: basic, seat: '440305', regions: ['440300'], superior: 粤03}]", encoding="utf-8")
    assert chakong(tmp_path, *ask, CHAKONG_COURTS=str(courts)).returncode == 0


def test_sigterm_ends_the_mesh_in_order_within_fifteen_seconds(server_dir):
    with running_mesh(server_dir / "ends") as mesh:
        mesh.submit()
        began_s = time.monotonic()
        mesh.process.send_signal(signal.SIGTERM)
        assert mesh.process.wait(timeout=15) == 0
        print(f"\nended after {time.monotonic() - began_s:.1f} s")


@contextmanager
def greeted(folder, **environment):
    """A mesh started by `chakong run`; yields its address, the token and the body of the request that it prints."""
    with subprocess.Popen([*CHAKONG, "run", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env={**os.environ, "CHAKONG_DATA_DIR": str(folder), **environment}) as process:
        said = {}
        while "-H" not in said:
            name, _, rest = process.stdout.readline().strip().partition(" ")
            said[name] = rest.strip()
        yield said["ready"], said["TOKEN"], said["-H"].partition(" -d ")[2].strip("'")
        process.terminate()


@pytest.mark.parametrize("start", ["", DAYS["the eve of Spring Festival"], DAYS["the day before the last year of the calendar's package"]])
def test_what_is_printed_for_a_first_request_works_whenever_the_clock_starts(server_dir, start):
    with greeted(server_dir / f"greeted-{start[:4]}", CHAKONG_CLOCK_START=start) as (url, token, body):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "first"}
        answer = httpx.post(f"{url}/v1/requests", content=body, headers=headers, trust_env=False, timeout=20)
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("start", ["", DAYS["a Saturday night"], DAYS["the last minute of a year"], DAYS["the day before the last year of the calendar's package"]])
def test_the_demo_ends_well_and_prints_the_report_on_any_day(server_dir, start):
    demo = chakong(server_dir / "played", "demo", CHAKONG_CLOCK_START=start)
    assert (demo.returncode, demo.stderr) == (0, "")
    for said in ("陈伟", "云浮市新成石材有限公司", "6222024530200012345", "云浮市住房和城乡建设局", "逾期未复", "report.html"):
        assert said in demo.stdout
    report = json.loads((server_dir / "played" / "demo" / "report.json").read_text())
    assert report["all_ended"]
    assert (report["completeness"]["overdue"], report["completeness"]["failed"]) == (2, 0)
    assert (server_dir / "played" / "demo" / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(("roles", "expected"), [(["wroker"], "aggregator"), (["api", "relays"], "aggregator"), (["worker:yachts"], "vehicles")])
def test_a_role_that_is_not_there_is_named(tmp_path, roles, expected):
    told = chakong(tmp_path, "serve", *roles)
    assert (told.returncode, told.stdout) == (2, "")
    assert roles[-1] in told.stderr
    assert expected in told.stderr
    assert "Traceback" not in told.stderr


def test_no_log_names_a_subject(mesh, server_dir):
    for agency, fault in (("icbc", "unknown_code"), ("abc", "malformed"), ("boc", "reset"), ("ccb", "refused")):
        mesh.faults(agency, fault)
    mesh.ended(mesh.submit())
    # Kafka calls the files with its messages logs too.
    logs = [path for name in ("*.log", "log") for path in server_dir.rglob(name) if path.is_file() and "kafka" not in str(path)]
    written = {path: path.read_text(errors="replace") for path in logs}
    assert any("agency_outside_protocol" in text for text in written.values())
    for subject in DEMO_SUBJECTS:
        assert [path for path, text in written.items() if subject.id_no in text or subject.name in text] == []


@pytest.mark.parametrize(("setting", "written", "said"), [
    ("CHAKONG_LAW_OVERRIDES", "overrides: [{rule: NOPE, court: 粤5302, parameters: {a: 1}, source: x, effective_from: 2026-01-01}]",
     "law_invalid: override 1 (NOPE): there is no such rule"),
    ("CHAKONG_COURT_POLICIES", "policies: [{effective_from: 2026-01-01, source: x, colour: red}]", "directory_invalid: policies.0.colour: "),
    ("CHAKONG_AGENCIES", "agencies: [{agency: icbc}]", "directory_invalid: "),
    ("CHAKONG_AGENCIES", "agencies: [", "directory_invalid: agencies.yaml: "),
    ("CHAKONG_AGENCIES", "- icbc", "directory_invalid: agencies.yaml: it is not a mapping"),
    ("CHAKONG_AGENCIES", "{shipped: later, agencies: []}", "directory_invalid: `shipped` is true or false"),
    ("CHAKONG_COURTS", "courts: [{code: 粤0399}]", "directory_invalid: court 1: name: "),
])
def test_a_wrong_file_of_the_installation_ends_the_start_by_its_rows(tmp_path, setting, written, said):
    path = tmp_path / "agencies.yaml"
    path.write_text(written, encoding="utf-8")
    ended = chakong(tmp_path, "serve", "--port", "0", **{setting: str(path)})
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(("environment", "said"), [
    ({"CHAKONG_CLOCK_START": "next monday"}, "setting clock_start: Value error, expected an RFC 3339 instant"),
    ({"CHAKONG_CLOCK_START": "2026-11-23T09:00:00+08:00", "CHAKONG_PRODUCTION": "true"}, "setting clock_start: Value error, the clock refuses"),
])
def test_a_clock_that_cannot_be_set_ends_the_start_in_one_line(tmp_path, environment, said):
    ended = chakong(tmp_path, "serve", "api", **environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(said)
