"""The clock of a mesh: where it starts, how it runs on, and that every process of a data folder agrees on it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from contracts.telemetry import ALARMS
from deploy.clock import ClockInDoubt, ClockUnknown, DatabaseClock, SureClock, SystemClock, mesh_clock, ticks_s
from deploy.settings import DeploySettings
from deploy.timekeeping import timekeeper
from gateway.domain.timekeeping import Reading, Trust
from gateway.settings import GatewaySettings

START = datetime(2027, 2, 5, 8, tzinfo=UTC)
SOON = timedelta(seconds=5)


def apart(clock):
    """How far a clock is from the machine's, in milliseconds."""
    return round((clock.now() - datetime.now(UTC)) / timedelta(milliseconds=1))


def test_a_clock_begins_where_it_is_told_and_runs_on(tmp_path):
    clock = mesh_clock(START, tmp_path)
    assert START <= clock.now() < START + SOON
    before = clock.now()
    time.sleep(0.05)
    assert clock.now() - before >= timedelta(milliseconds=50)


def test_a_clock_that_is_told_nothing_is_the_machines(tmp_path):
    assert apart(mesh_clock(None, tmp_path)) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_starts_later_in_the_same_folder_goes_on_where_the_others_are(tmp_path):
    first = mesh_clock(START, tmp_path)
    time.sleep(0.2)
    assert abs(apart(mesh_clock(START, tmp_path)) - apart(first)) < 50
    assert mesh_clock(START, tmp_path).now() >= START + timedelta(seconds=0.2)


def test_a_folder_of_its_own_is_a_clock_of_its_own(tmp_path):
    mesh_clock(START, tmp_path / "one")
    time.sleep(0.2)
    assert mesh_clock(START, tmp_path / "two").now() < START + timedelta(seconds=0.2)


def test_another_start_is_another_clock(tmp_path):
    mesh_clock(START, tmp_path)
    assert mesh_clock(START + timedelta(days=1), tmp_path).now() >= START + timedelta(days=1)


def test_processes_that_start_at_once_agree(tmp_path):
    with ThreadPoolExecutor(40) as pool:
        clocks = list(pool.map(lambda _: mesh_clock(START, tmp_path / "new"), range(40)))
    assert len({clock._apart for clock in clocks}) == 1
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_reset_takes_back_what_a_tester_put_forward_and_no_more(tmp_path):
    clock = mesh_clock(START, tmp_path)
    clock.advance(timedelta(days=3).total_seconds())
    assert clock.now() >= START + timedelta(days=3)
    clock.reset()
    assert START <= clock.now() < START + SOON


@pytest.mark.parametrize(("written", "read"), [
    ("2027-02-05T16:00:00+08:00", START), ("2027-02-05T08:00:00Z", START), ("2027-02-05T16:00", START), ("2027-02-05 16:00:00", START), ("", None),
])
def test_the_start_is_an_instant_and_without_a_zone_chinas(monkeypatch, written, read):
    monkeypatch.setenv("CHAKONG_CLOCK_START", written)
    assert DeploySettings().clock_start == read


@pytest.mark.parametrize("written", ["monday", "2026-02-30T09:00", "2026-11-23T25:00", "1799999999", "9999-12-31T23:59:59", "1999-12-31T00:00:00Z", "09:00"])
def test_what_is_no_instant_is_refused_by_its_name_and_says_what_is_expected(monkeypatch, written):
    monkeypatch.setenv("CHAKONG_CLOCK_START", written)
    with pytest.raises(ValidationError, match="expected an RFC 3339 instant") as refused:
        DeploySettings()
    assert refused.value.errors()[0]["loc"] == ("clock_start",)


def test_production_refuses_to_set_the_clock(monkeypatch):
    monkeypatch.delenv("CHAKONG_CLOCK_START", raising=False)
    monkeypatch.setenv("CHAKONG_PRODUCTION", "true")
    assert DeploySettings().clock_start is None
    monkeypatch.setenv("CHAKONG_CLOCK_START", "2026-11-23T09:00:00+08:00")
    with pytest.raises(ValidationError, match="refuses to be set in production"):
        DeploySettings()


def test_a_clock_set_apart_leaves_the_machines_own_alone(tmp_path):
    mesh_clock(START, tmp_path)
    assert apart(SystemClock()) == 0


def test_a_processs_own_clock_may_be_wrong_from_the_start_or_later():
    assert apart(SystemClock(wrong_by=timedelta(hours=1))) == pytest.approx(3_600_000, abs=50)
    later = SystemClock(wrong_by=timedelta(hours=1), wrong_after_s=0.2)
    assert apart(later) == pytest.approx(0, abs=50)
    time.sleep(0.25)
    assert apart(later) == pytest.approx(3_600_000, abs=50)


def test_production_refuses_a_wrong_clock(monkeypatch):
    monkeypatch.setenv("CHAKONG_PRODUCTION", "true")
    monkeypatch.setenv("CHAKONG_CLOCK_SKEW_S", "5")
    with pytest.raises(ValidationError, match="refuses to be set in production"):
        DeploySettings()


def database_clock(process=None, good_for_s=60):
    return DatabaseClock(process or SystemClock(), Trust(5, 60), good_for_s=good_for_s)


def test_before_the_database_was_asked_there_is_no_time():
    clock = database_clock()
    with pytest.raises(ClockUnknown):
        clock.now()
    clock.take(Reading(ticks_s(), START, 0.001), START)
    assert START <= clock.now() < START + SOON


def test_a_reading_is_good_for_so_long():
    clock = database_clock(good_for_s=0.1)
    clock.take(Reading(ticks_s() - 0.2, START, 0.001), START)
    with pytest.raises(ClockUnknown):
        clock.now()


def test_who_decides_deadlines_waits_while_the_databases_clock_is_in_doubt():
    clock = database_clock()
    sure, began_s = SureClock(clock), ticks_s()
    clock.take(Reading(began_s, START, 0.001), START)
    clock.take(Reading(began_s, START + timedelta(days=5), 0.001), START)
    assert START <= clock.now() < START + SOON
    with pytest.raises(ClockInDoubt):
        sure.now()
    clock.take(Reading(began_s, START, 0.001), START)
    assert START <= sure.now() < START + SOON


def test_what_a_tester_puts_forward_is_put_forward_for_all_of_a_process():
    process = SystemClock(timedelta(days=1))
    clock = database_clock(process)
    clock.take(Reading(ticks_s(), START, 0.001), START)
    process.advance(3600)
    assert START + timedelta(days=1, hours=1) <= clock.now() < START + timedelta(days=1, hours=1) + SOON
    SureClock(clock).reset()
    assert clock.now() < START + timedelta(days=1) + SOON


@pytest.mark.parametrize("wrong_by", [timedelta(), timedelta(days=5), timedelta(hours=-1)])
async def test_the_time_is_the_databases_and_a_machine_that_differs_is_told_of(store, wrong_by):
    keeper = timekeeper(store, GatewaySettings(signing_key="k" * 32), SystemClock(wrong_by=wrong_by))
    before = ALARMS.labels("clock")._value.get()
    await keeper.read()
    await keeper.database.close()
    assert apart(keeper.clock) == pytest.approx(0, abs=1000)
    assert (ALARMS.labels("clock")._value.get() > before) is bool(wrong_by)
    assert keeper.clock.in_doubt is False
