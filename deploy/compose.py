"""The containers of production, from the one list of roles: Kafka (three brokers), PostgreSQL, two one-shot steps, the roles. Pure."""

from collections.abc import Mapping
from typing import Any

from deploy import topology
from deploy.kafka import kafka_version

Node = dict[str, Any]
Environment = dict[str, str]

HEAD = """\
# Made by `make generate` from deploy/topology.py. Needs in the environment, or in a file named by --env-file:
#   CHAKONG_SIGNING_KEY        32 characters or more, the same for every role
#   CHAKONG_TOKEN_PUBLIC_KEY   PEM of the key that signs callers' tokens
#   POSTGRES_PASSWORD          letters and digits
#   CHAKONG_CREDENTIALS        JSON: the Authorization header by `credentials_ref` of the agency directory
#   CHAKONG_CALLBACK_BASE_URL  where agencies reach the role `callbacks`
#   CHAKONG_MESSAGE_KEYS       the keyring file: whose keys sign messages, made with `chakong keys new` (docs/operations.md)
#   MESSAGE_SECRETS_RELAY, MESSAGE_SECRETS_AGGREGATOR, MESSAGE_SECRETS_WORKER, MESSAGE_SECRETS_CALLBACKS
#                              JSON: the secrets of its keys by key id, to each role those it needs
# `make up` starts it; `make up PROFILE=development` with the mock agencies in place of the agencies.
"""
BROKERS = ("kafka-1", "kafka-2", "kafka-3")
REPLICATION, MIN_IN_SYNC = 3, 2
API_PORT, CALLBACK_PORT, MOCK_PORT = 8080, 8081, 8090
#: Where every role answers /healthz, /readyz and /metrics, inside the network of the containers only.
PROBE_PORT = 9464
#: Not a secret: what the three brokers know each other by.
_CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
_DIRECTORY = "/etc/chakong/agencies.yaml"
_KEYRING = "/etc/chakong/message-keys.yaml"
_SIGNING_KEY = {"CHAKONG_SIGNING_KEY": "${CHAKONG_SIGNING_KEY:?32 characters or more}"}
_DATABASE = {"DATABASE_URL": "postgresql://chakong:${POSTGRES_PASSWORD:?letters and digits}@postgres:5432/chakong"}
_KAFKA = {
    "KAFKA_BOOTSTRAP_SERVERS": ",".join(f"{name}:9092" for name in BROKERS),
    "CHAKONG_KAFKA_PARTITIONS": "12",
    "CHAKONG_KAFKA_REPLICATION": str(REPLICATION),
    "CHAKONG_KAFKA_MIN_INSYNC_REPLICAS": str(MIN_IN_SYNC),
}
_GATEWAY = {**_SIGNING_KEY, **_DATABASE, "CHAKONG_GATEWAY_URL": f"http://api:{API_PORT}"}
_EVERY = {"CHAKONG_PRODUCTION": "${CHAKONG_PRODUCTION:-true}", "CHAKONG_EMBEDDED": "false", "CHAKONG_AGENCIES": _DIRECTORY}
_PROBED = {"CHAKONG_METRICS_PORT": str(PROBE_PORT), "CHAKONG_METRICS_HOST": "0.0.0.0"}  # noqa: S104 - inside its container


def _message_keys(role: str) -> Environment:
    """Name the keyring, and the secrets of this role alone."""
    secrets = "${MESSAGE_SECRETS_" + role.upper() + ":?JSON object, secrets by key id}"
    return {"CHAKONG_MESSAGE_KEYS": _KEYRING, "CHAKONG_MESSAGE_SECRETS": secrets}


#: What each role is told beside that: no more than it needs.
OF_ROLE: Mapping[str, Environment] = {
    "api": {**_GATEWAY, "CHAKONG_API_HOST": "0.0.0.0", "CHAKONG_API_PORT": str(API_PORT),  # noqa: S104 - inside its container
            "CHAKONG_TOKEN_PUBLIC_KEY": "${CHAKONG_TOKEN_PUBLIC_KEY:?PEM}"},
    "relay": {**_GATEWAY, **_KAFKA, **_message_keys("relay")},
    "aggregator": {**_GATEWAY, **_KAFKA, **_message_keys("aggregator")},
    "schedule": _GATEWAY,
    "worker": {**_SIGNING_KEY, **_KAFKA, **_message_keys("worker"), "CHAKONG_CONTENT_BASE_URL": f"http://api:{API_PORT}",
               "CHAKONG_CALLBACK_BASE_URL": "${CHAKONG_CALLBACK_BASE_URL:?where agencies reach the role callbacks}",
               "CHAKONG_CREDENTIALS": "${CHAKONG_CREDENTIALS:?JSON object, empty if no agency wants any}",
               "CHAKONG_MOCK_AGENCIES_URL": "${CHAKONG_MOCK_AGENCIES_URL:-}"},
    "callbacks": {**_SIGNING_KEY, **_KAFKA, **_message_keys("callbacks"), "CHAKONG_CALLBACK_HOST": "0.0.0.0",  # noqa: S104 - inside its container
                  "CHAKONG_CALLBACK_PORT": str(CALLBACK_PORT)},
    "mock-agencies": {"CHAKONG_MOCK_HOST": "0.0.0.0", "CHAKONG_MOCK_PORT": str(MOCK_PORT)},  # noqa: S104 - inside its container
}
_PORTS = {"api": API_PORT, "callbacks": CALLBACK_PORT, "mock-agencies": MOCK_PORT}


def document() -> Node:
    """Return the compose file."""
    return {
        "name": "chakong",
        "services": {**{name: _broker(number) for number, name in enumerate(BROKERS, start=1)}, "postgres": _postgres(), **_steps(),
                     **{name: _role(command) for name, command in topology.containers().items()},
                     **{name: _role(name) | {"profiles": ["development"]} for name, role in topology.ROLES.items() if role.development}},
        "volumes": {name: {} for name in (*BROKERS, "postgres")},
    }


def _broker(number: int) -> Node:
    """Return one broker that is also a controller; three of them survive the loss of one."""
    name = BROKERS[number - 1]
    return {
        "image": f"apache/kafka:{kafka_version()}",
        "restart": "unless-stopped",
        "environment": {
            "CLUSTER_ID": _CLUSTER_ID,
            "KAFKA_NODE_ID": str(number),
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": ",".join(f"{at}@{one}:9093" for at, one in enumerate(BROKERS, start=1)),
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{name}:9092",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
            "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_DEFAULT_REPLICATION_FACTOR": str(REPLICATION),
            "KAFKA_MIN_INSYNC_REPLICAS": str(MIN_IN_SYNC),
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": str(REPLICATION),
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": str(REPLICATION),
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": str(MIN_IN_SYNC),
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": str(REPLICATION),
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": str(MIN_IN_SYNC),
        },
        "volumes": [f"{name}:/var/lib/kafka/data"],
        "healthcheck": _healthcheck(f"/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server {name}:9092 > /dev/null"),
    }


def _postgres() -> Node:
    return {
        "image": "postgres:17",
        "restart": "unless-stopped",
        "environment": {"POSTGRES_USER": "chakong", "POSTGRES_DB": "chakong",
                        "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?letters and digits}"},
        "volumes": ["postgres:/var/lib/postgresql/data"],
        "healthcheck": _healthcheck("pg_isready --username chakong --dbname chakong"),
    }


def _steps() -> Node:
    """Return the two steps that end before a role begins."""
    return {
        "db-upgrade": _ours("db upgrade", {**_EVERY, **_DATABASE}, {"postgres": "service_healthy"}),
        "topics-create": _ours("topics create", {**_EVERY, **_KAFKA}, dict.fromkeys(BROKERS, "service_healthy")),
    }


def _role(command: str) -> Node:
    """Return the container of one role; it begins when what it needs is there."""
    role = command.partition(":")[0]
    environment = {**_EVERY, **_PROBED, **OF_ROLE[role]}
    needed = [step for step, variable in (("db-upgrade", "DATABASE_URL"), ("topics-create", "KAFKA_BOOTSTRAP_SERVERS")) if variable in environment]
    made = _ours(f"serve {command}", environment, dict.fromkeys(needed, "service_completed_successfully"))
    made["restart"] = "unless-stopped"
    made["stop_grace_period"] = "30s"
    made["healthcheck"] = _healthcheck(_lives(PROBE_PORT))
    if role in _PORTS:
        made["ports"] = [f"{_PORTS[role]}:{_PORTS[role]}"]
    return made


def _ours(command: str, environment: Environment, needs: Mapping[str, str]) -> Node:
    made: Node = {
        "image": "chakong", "build": {"context": "..", "dockerfile": "deploy/Dockerfile"}, "command": command.split(),
        "environment": environment, "volumes": ["${CHAKONG_AGENCIES:-./agencies.yaml}:" + _DIRECTORY + ":ro"],
        "read_only": True, "tmpfs": ["/tmp"],  # noqa: S108 - inside its container
    }
    if "CHAKONG_MESSAGE_KEYS" in environment:
        made["volumes"].append("${CHAKONG_MESSAGE_KEYS:?the keyring file}:" + _KEYRING + ":ro")
    return made | ({"depends_on": {name: {"condition": condition} for name, condition in needs.items()}} if needs else {})


def _lives(port: int) -> str:
    """Return a check with what the image has: no main loop of the process is stuck. Readiness is what `/readyz` says."""
    return f"python -c 'import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:{port}/healthz\", timeout=5)'"


def _healthcheck(command: str) -> Node:
    return {"test": ["CMD-SHELL", command], "interval": "10s", "timeout": "8s", "retries": 12, "start_period": "20s"}
