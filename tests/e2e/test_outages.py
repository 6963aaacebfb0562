"""Kafka or PostgreSQL away: what is accepted is kept, what cannot be kept is refused, and all of it ends afterwards."""

import time

from tests.e2e.flood import Flood, people


def test_kafka_away_delays_and_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(200, 5))
    installation.kafka.kill()
    flood.ask(judge, people(205, 5))
    away_s = installation.until_ready(503)
    assert installation.ready()[1]["relay"] is False
    flood.ask(judge, people(210, 2))
    installation.kafka.restart()
    back_s = installation.until_ready(200)
    flood.settled(judge, f"kafka killed: not ready after {away_s:.1f} s, ready {back_s:.1f} s after the restart")


def test_a_kafka_that_comes_back_empty_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(220, 6))
    installation.kafka.kill()
    installation.empty_kafka()
    flood.ask(judge, people(226, 2))
    flood.settled(judge, "kafka back empty")


def test_postgresql_away_refuses_and_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(240, 6))
    under_way = flood.open_tasks(judge)
    installation.kill_postgres()
    refused = [installation.post() for _ in range(5)]
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["code"] for answer in refused} == {"database_unavailable"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    away_s = installation.until_ready(503)
    time.sleep(2)
    installation.restart_postgres()
    back_s = installation.until_ready(200)
    flood.settled(judge, f"postgresql killed with {under_way} answers under way: not ready after {away_s:.1f} s, ready after {back_s:.1f} s")
    heard = [task for request_id in flood.requests for task in judge.mesh.status(request_id)["tasks"] if task["attempts"] == 1]
    print(f"{len(heard)} of {under_way} replies came meanwhile and were applied without asking again")
    assert heard
    assert installation.post().status_code == 202
