import ast
import re

import pytest
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from contracts import telemetry
from deploy import environment
from tests.architecture import code

#: Who may commit, and what.
COMMITS = {
    "gateway/store/database.py": "the one place that ends a transaction",
    "gateway/store/migrations/env.py": "Alembic's own transaction",
    "contracts/kafka/consumer.py": "offsets, not rows",
}
#: Who may catch everything, and why nothing is lost there.
CATCHES_ALL = {
    "contracts/batching.py": "what fails is halved until the item that does it stands alone, and is told of it",
    "contracts/kafka/consumer.py": "closes the client, raises again",
    "contracts/kafka/producer.py": "closes the client, raises again",
    "deploy/kafka.py": "ends the server, raises again",
    "deploy/postgres.py": "ends the server, raises again",
    "gateway/letters.py": "a reply that cannot be read is logged and set aside",
    "gateway/store/database.py": "what a connection that was cut raises becomes StoreUnavailable, anything else is raised again",
    "gateway/api/edge.py": "a fault of ours is logged and answered as 500",
    "services/runtime/answers.py": "an adapter that fails at what an agency sent makes the answer one outside its protocol, with an alarm",
    "services/runtime/edge.py": "a fault of ours is logged and answered as 500",
    "services/runtime/worker.py": "a message that met a bug is logged and tried again",
}
CLOCKS_AND_IDS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "uuid4", "uuid1", "uuid7"}
DRAWS = {"random", "randint", "choice", "choices", "shuffle", "uniform", "sample", "randrange", "token_hex", "token_bytes", "randbelow"}
#: Written in pieces, so that this file does not hold what it forbids.
PLACES = re.compile(r"(?<![\w.}$-])/(?:ro" + r"ot|ho" + r"me|Us" + r"ers|wo" + r"rk)/[\w.-]+")
HOSTS = re.compile(r"py" + r"pi\.org|python" + r"hosted|npm" + r"js\.|maven" + r"\.org/maven2|repo1?\.maven|ali" + r"yun|mirror[s.]|"
                   r"artifact" + r"ory|nex" + r"us[.:/]|extra-index" + r"-url|index-url[ =]+http|//[\w.:-]+/simple")
TOPIC = re.compile(r"chakong\.(command|reply|event|dead-letter)\b")


def test_only_the_store_commits():
    assert offenders(commits, except_for=COMMITS) == {}


def commits(path):
    return [node.lineno for node in code.nodes(path, ast.Call) if isinstance(node.func, ast.Attribute) and node.func.attr == "commit"]


def test_nobody_catches_what_they_do_not_know():
    assert offenders(bare_excepts) == {}
    assert offenders(catches_all, except_for=CATCHES_ALL) == {}


def bare_excepts(path):
    return [one.lineno for one in code.nodes(path, ast.ExceptHandler) if one.type is None]


def catches_all(path):
    return [one.lineno for one in code.nodes(path, ast.ExceptHandler)
            if one.type and {"Exception", "BaseException"} & {name.id for name in ast.walk(one.type) if isinstance(name, ast.Name)}]


def test_clocks_and_identifiers_and_chance_are_passed_in():
    assert offenders(made_here, outside=("deploy/",)) == {}


def made_here(path):
    """Calls of clocks, makers of identifiers, and of modules that draw; a generator that was passed in may have a module's name."""
    passed_in = {one.arg for one in code.nodes(path, ast.arg)}
    called = [(node.lineno, ast.unparse(node.func).split(".")) for node in code.nodes(path, ast.Call)]
    return [(line, ".".join(parts)) for line, parts in called
            if ".".join(parts[-2:]) in CLOCKS_AND_IDS or (parts[0] in {"random", "secrets"} - passed_in and parts[-1] in DRAWS)]


def test_only_settings_read_the_environment():
    assert offenders(reads_environment, outside=("deploy/",), except_for=[path for path in code.files() if path.endswith("/settings.py")]) == {}


def reads_environment(path):
    return [node.lineno for node in code.nodes(path, ast.Attribute) if node.attr in {"environ", "getenv"}]


def test_topics_are_named_in_one_place():
    assert offenders(topic_names, except_for=["contracts/kafka/topics.py"]) == {}


def topic_names(path):
    return [node.value for node in code.nodes(path, ast.Constant) if isinstance(node.value, str) and TOPIC.match(node.value)]


def test_every_exception_from_a_rule_is_needed():
    assert all(commits(path) for path in COMMITS)
    assert all(catches_all(path) for path in CATCHES_ALL)


def offenders(found_in, *, outside=(), except_for=()):
    found = {path: found_in(path) for path in code.files() if not path.startswith(tuple(outside)) and path not in except_for}
    return {path: lines for path, lines in found.items() if lines}


def test_no_committed_file_names_a_registry_or_a_place_on_somebodys_machine():
    found = []
    for path in code.committed():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(code.ROOT)}: {match[0]}" for pattern in (PLACES, HOSTS) for match in pattern.finditer(text)]
    assert found == []


def metrics():
    return {name: one for name, one in vars(telemetry).items() if isinstance(one, MetricWrapperBase)}


@pytest.mark.parametrize("name", sorted(metrics()))
def test_every_metric_is_measured(name):
    used = [path for path in code.files() if path != "contracts/telemetry.py"
            and any(node.id == name for node in code.nodes(path, ast.Name) if isinstance(node.ctx, ast.Load))]
    assert used, f"{name} is declared and never measured"


def test_every_metric_is_declared_in_one_place_with_a_meaning():
    assert all(one._documentation and one._name.startswith("chakong_") for one in metrics().values())
    assert offenders(metrics_made, except_for=["contracts/telemetry.py"]) == {}


def metrics_made(path):
    imported = {alias.asname or alias.name for node in code.nodes(path, ast.ImportFrom) if node.module == "prometheus_client" for alias in node.names}
    called = {node.func.id for node in code.nodes(path, ast.Call) if isinstance(node.func, ast.Name)}
    return sorted(imported & called & {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})


def test_every_setting_says_what_it_is():
    assert all(settings.__doc__ for settings in environment.SETTINGS)
    silent = [(settings.__name__, name) for settings in environment.SETTINGS for name, field in settings.model_fields.items() if not field.description]
    assert silent == []


@pytest.mark.parametrize(("settings", "name"), [(one, name) for one in environment.SETTINGS for name in one.model_fields])
def test_a_setting_is_reached_by_its_name_in_the_table(settings, name, monkeypatch):
    variables = environment.variables(settings)
    for other, field in settings.model_fields.items():
        monkeypatch.delenv(variables[other], raising=False)
        if field.is_required():
            monkeypatch.setenv(variables[other], "x" * 32)
    monkeypatch.setenv(variables[name], "¿")
    assert took(settings, name, variables[name])


def took(settings, name, variable):
    """Whether the value arrived, or was refused by its name."""
    try:
        value = getattr(settings(), name)
    except (ValidationError, SettingsError) as error:
        return name in str(error) or variable in str(error)
    return "¿" in str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def test_every_settings_class_is_in_the_table():
    declared = {node.name for path in code.files() for node in code.nodes(path, ast.ClassDef)
                if "BaseSettings" in {ast.unparse(one) for one in node.bases}}
    assert declared == {one.__name__ for one in environment.SETTINGS}


def test_a_variable_that_several_classes_read_has_one_default():
    defaults = {}
    for settings in environment.SETTINGS:
        for name, variable in environment.variables(settings).items():
            defaults.setdefault(variable, set()).add(repr(settings.model_fields[name].default))
    assert {variable: values for variable, values in defaults.items() if len(values) > 1} == {}
