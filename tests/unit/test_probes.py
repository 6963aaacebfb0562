import json
import urllib.error
import urllib.request

import pytest

from contracts.pulse import Pulse
from deploy.probes import Probes, serving


class Seconds:
    def __init__(self):
        self.at = 100.0

    def __call__(self):
        return self.at


def test_a_loop_is_expected_when_it_said():
    seconds = Seconds()
    pulse = Pulse(seconds)
    seconds.at += 3
    assert pulse.idle_s == 3
    pulse.turn(allow_s=10)
    assert pulse.idle_s == 0
    seconds.at += 12
    assert pulse.idle_s == 2


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def ask(seconds):
    ready = {"worker": True}
    probes = Probes({"worker": Pulse(seconds)}, {"worker": lambda: ready["worker"]}, stuck_after_s=60)
    with serving(probes, "127.0.0.1", 0) as port:

        def get(path, **changes):
            ready.update(changes)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        yield get


def test_a_role_whose_loop_does_not_turn_is_not_live(ask, seconds):
    assert ask("/healthz")[0] == 200
    seconds.at += 61
    status, body = ask("/healthz")
    assert (status, json.loads(body)) == (503, {"live": False, "stuck_s": {"worker": 61.0}})


def test_a_role_is_ready_when_its_checks_say_so(ask):
    assert ask("/readyz") == (200, '{"ready":true,"checks":{"worker":true}}')
    assert ask("/readyz", worker=False)[0] == 503


def test_it_gives_the_metrics_and_nothing_else(ask):
    status, body = ask("/metrics")
    assert (status, "chakong_oldest_unanswered_seconds" in body) == (200, True)
    assert ask("/elsewhere")[0] == 404
