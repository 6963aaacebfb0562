from pathlib import Path

from contracts.kafka import topics
from contracts.registry import asset_types
from deploy import acls, topology
from deploy.mesh import load_directory
from tests.agency_side import agency

AGENCIES = [*load_directory(Path("deploy/agencies.yaml")).agencies, agency("harbour-bank", served_by="external")]
RULES = acls.rules(AGENCIES)
OWN = topics.commands("deposits", "harbour-bank")


def may(operation, name):
    """Who may do it, by rules about exactly this topic."""
    return {one.principal for one in RULES if (one.operation, one.resource, one.name, one.pattern) == (operation, "topic", name, "literal")}


def test_the_relay_alone_writes_commands():
    for name in [*(topics.commands(code) for code in asset_types()), OWN]:
        assert may("Write", name) == {"User:chakong-relay"}


def test_only_who_serves_an_agency_reads_its_commands():
    assert may("Read", OWN) == {"User:harbour-bank"}
    assert may("Read", topics.commands("vehicles")) == {"User:chakong-worker-vehicles"}


def test_only_the_aggregator_reads_replies_and_only_adapters_and_the_redrive_write_them():
    assert may("Read", topics.REPLIES) == {"User:chakong-aggregator"}
    workers = {f"User:chakong-{name}" for name in topology.containers() if name.startswith("worker")}
    assert may("Write", topics.REPLIES) == {*workers, "User:chakong-callbacks", "User:harbour-bank", "User:chakong-relay"}
    assert may("Write", topics.DEAD_LETTERS) == {*workers, "User:chakong-aggregator"}


def test_nothing_is_said_twice_and_no_rule_is_about_everything():
    assert len(set(RULES)) == len(RULES)
    assert {one.name for one in RULES if one.pattern == "prefixed"} == {"chakong.", "chakong.worker.", "harbour-bank"}
    assert not any(one.name in {"*", ""} for one in RULES)


def test_every_container_that_has_rules_is_one_that_is_started():
    known = {f"User:chakong-{name}" for name in (*topology.containers(), "topics-create")} | {"User:harbour-bank"}
    assert {one.principal for one in RULES} <= known


def test_the_lines_are_those_of_kafka_s_own_tool():
    lines = list(acls.as_lines(RULES))
    assert ('kafka-acls.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --command-config admin.properties --add '
            "--allow-principal User:harbour-bank --operation Read --group harbour-bank --resource-pattern-type prefixed") in lines
    assert len(lines) == len(RULES)
