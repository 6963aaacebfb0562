import json
import re
from itertools import chain

import pytest
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from typer.main import get_command

from contracts import telemetry
from deploy import environment, topology
from deploy.cli import app
from gateway.api.app import ROUTERS
from gateway.api.openapi import PROBLEMS
from gateway.store.event_tables import court_events
from services.runtime.mock.faults import FaultList
from tests.architecture.code import ROOT, files

PAGES = sorted(path.relative_to(ROOT).as_posix()
               for path in chain(ROOT.glob("*.md"), ROOT.glob("contracts/*.md"), ROOT.glob("docs/**/*.md")))
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:bench|contracts|deploy|docs|gateway|services|tests)/[^`\s]*)`")
BRACES = re.compile(r"(.*)\{([^}]*)\}(.*)")
EACH_OTHER = {"README.md", "README.zh-CN.md"}


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def missing(page, wanted):
    return [one for one in wanted if one not in text(page)]


def test_every_make_target_is_in_contributing():
    targets = re.findall(r"^([a-z0-9-]+):.*## ", text("Makefile"), re.MULTILINE)
    assert missing("CONTRIBUTING.md", [f"`make {target}`" for target in targets]) == []


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z0-9-]+):", text("Makefile"), re.MULTILINE))
    assert {(page, name) for page in PAGES for name in re.findall(r"`make ([a-z0-9-]+)", text(page)) if name not in targets} == set()


def commands(command, words):
    below = getattr(command, "commands", {})
    if not below or words == "chakong mock-agencies":
        yield words
    for name, one in below.items():
        yield from commands(one, f"{words} {name}")


def test_every_command_is_described():
    described = "".join(map(text, ("README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/testing-agencies.md")))
    described = re.sub(r"`make (run|demo|demo-control)`", r"chakong \1", described)
    assert [one for one in commands(get_command(app), "chakong") if one not in described] == []


def test_every_command_that_a_page_names_exists():
    first_words = set(get_command(app).commands)
    named = {(page, word) for page in PAGES for word in re.findall(r"(?:[`/]|^)chakong ([a-z-]+)", text(page), re.MULTILINE)}
    assert {(page, word) for page, word in named if word not in first_words} == set()


def metrics():
    for metric in vars(telemetry).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            yield family.name + ("_total" if isinstance(metric, Counter) else "")


def test_operations_lists_the_metrics_there_are():
    assert set(re.findall(r"chakong_[a-z_]+", text("docs/operations.md"))) == set(metrics())


def labels(metric):
    named = re.compile(rf'{metric}\.labels\("([a-z_]+)"\)')
    return {name for path in files() for name in named.findall(text(path))}


@pytest.mark.parametrize("metric", ["ALARMS", "REPLIES_FILED", "BATCH_SIZE"])
def test_operations_says_what_the_values_of_a_label_mean(metric):
    assert labels(metric)
    assert [name for name in labels(metric) if not re.search(rf"\b{name}\b", text("docs/operations.md"))] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/operations.md"])
def test_every_role_has_a_line(page):
    assert missing(page, [f"| `{role}` |" for role in topology.ROLES]) == []


def test_every_prefix_of_settings_is_in_operations():
    prefixes = {settings.model_config["env_prefix"] for settings in environment.SETTINGS} - {""}
    assert missing("docs/operations.md", [*(f"`{prefix}`" for prefix in prefixes), "`DATABASE_URL`", "`KAFKA_BOOTSTRAP_SERVERS`"]) == []


def test_every_setting_that_a_page_names_exists():
    known = {name for settings in environment.SETTINGS for name in environment.variables(settings).values()}
    named = {(page, name) for page in PAGES for name in re.findall(r"CHAKONG_[A-Z_]*[A-Z]\b", text(page))}
    assert {(page, name) for page, name in named if name not in known} == set()


def test_every_problem_code_has_a_line_with_its_status():
    assert missing("docs/api.md", [f"| `{code}` | {status} |" for code, (status, _) in PROBLEMS.items()]) == []


def listed_routes():
    rows = "\n".join(line for line in text("docs/api.md").splitlines() if line.startswith("| `"))
    return set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`", rows))


def test_every_route_has_a_line():
    paths = json.loads(text("docs/openapi.json"))["paths"]
    assert {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations} - listed_routes() == set()


def test_every_route_that_has_a_line_exists():
    routes = {f"{method} {route.path}" for router in ROUTERS for route in router.routes for method in route.methods}
    assert listed_routes() - routes == set()


def test_every_table_is_kept_somewhere():
    assert missing("docs/operations.md", [f"`{name}`" for name in court_events.metadata.tables]) == []


def test_testers_find_every_fault_and_every_admin_address():
    kinds = set(re.findall(r'"(?:const|enum)": ("[a-z0-9_]+"|\[[^]]*\])', json.dumps(FaultList.model_json_schema())))
    faults = set(re.findall(r'"([a-z0-9_]+)"', " ".join(kinds)))
    addresses = re.findall(r'"(/(?:admin|healthz)[^"]*)"', text("services/runtime/mock/app.py"))
    page = text("docs/testing-agencies.md").replace("/icbc/", "/{agency}/")
    assert len(faults) >= 14
    assert [kind for kind in faults if f"| `{kind}`" not in page] == []
    assert [address for address in addresses if address not in page] == []


def anchors(path):
    page = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return set(re.findall(r'<a id="([^"]+)">', page)) | {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page, target):
    if re.match(r"[a-z]+:", target):
        return True
    name, _, anchor = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    return path.exists() and (not anchor or anchor in anchors(path))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    assert [target for target in LINK.findall(text(page)) if not leads_somewhere(page, target)] == []


def spelled_out(name):
    match = BRACES.fullmatch(name)
    return [f"{match[1]}{one}{match[3]}" for one in match[2].split(",")] if match else [name]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(page):
    names = [one for name in FILE.findall(text(page)) for one in spelled_out(name)]
    assert [name for name in names if not any(ROOT.glob(re.sub(r"<\w+>", "*", name).rstrip("/…")))] == []


def test_the_index_lists_every_page():
    index = {((ROOT / "docs") / target).resolve() for target in LINK.findall(text("docs/README.md"))}
    beside = {(ROOT / page).resolve() for page in PAGES if page.count("/") < 2 or page.endswith("/README.md")} - {(ROOT / "docs/README.md").resolve()}
    assert beside <= index


def headings(page):
    return re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL), re.MULTILINE)


def shown(page):
    blocks = re.findall(r"```\w+\n(.*?)```", text(page), re.DOTALL)
    return [re.sub(r" +#.*", "", block) for block in blocks]


def test_the_chinese_readme_has_what_the_english_one_has():
    english, chinese = "README.md", "README.zh-CN.md"
    assert headings(chinese) == headings(english)
    assert shown(chinese) == shown(english)
    assert set(LINK.findall(text(chinese))) - EACH_OTHER == set(LINK.findall(text(english))) - EACH_OTHER
