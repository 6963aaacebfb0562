"""The alarm rules: Prometheus takes them, they fire when they should, and they name only what we measure."""

import re
import subprocess

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from contracts import telemetry
from tests.architecture.code import ROOT

RULES = ROOT / "deploy/alarms.yaml"
EXPRESSIONS = {one["alert"]: one["expr"] for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for one in group["rules"]}
SAMPLE = re.compile(r"\b(chakong_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"by \(([^)]*)\)")
#: Numbers to look at, which by themselves are no reason to call anybody.
INFORMATIVE = {"chakong_requests_accepted", "chakong_tasks_sent", "chakong_batch_size", "chakong_in_flight_bytes"}
#: What Prometheus itself adds, and the buckets of a histogram.
GIVEN_LABELS = {"instance", "le"}

METRICS = {one._name: set(one._labelnames) for one in vars(telemetry).values() if isinstance(one, MetricWrapperBase)}


def metric_of(sample):
    return next((name for name in (sample, re.sub(r"_(total|bucket|count|sum)$", "", sample)) if name in METRICS), sample)


def named():
    return {metric_of(sample) for expression in EXPRESSIONS.values() for sample, _ in SAMPLE.findall(expression)}


def test_rules_name_only_what_is_measured():
    assert named() <= METRICS.keys()


@pytest.mark.parametrize("alert", EXPRESSIONS)
def test_rules_name_only_labels_that_there_are(alert):
    expression = EXPRESSIONS[alert]
    known = set().union(*(METRICS[metric_of(sample)] for sample, _ in SAMPLE.findall(expression))) | GIVEN_LABELS
    matched = {name for _, matchers in SAMPLE.findall(expression) for name in re.findall(r"(\w+)\s*[=!]", matchers)}
    grouped = {name.strip() for names in GROUPING.findall(expression) for name in names.split(",")}
    assert matched | grouped <= known


def test_every_metric_has_a_rule_or_is_there_to_be_looked_at():
    assert METRICS.keys() - named() == INFORMATIVE


@pytest.fixture(scope="module")
def promtool():
    return subprocess.run([ROOT / "deploy/promtool.sh"], check=True, capture_output=True, text=True).stdout.strip()


def test_prometheus_takes_the_rules(promtool):
    said = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_rules_fire_when_they_should(promtool, tmp_path):
    scenes = tmp_path / "scenes.yaml"
    scenes.write_text((ROOT / "tests/architecture/alarms.test.yaml").read_text(encoding="utf-8").replace("RULES", str(RULES)), encoding="utf-8")
    said = subprocess.run([promtool, "test", "rules", scenes], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
