"""One more kind of asset: one contracts module and one folder copied under a new name, and rows in the directory."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

import deploy
from contracts.registry import asset_types
from tests.controlling import Judge, freeze
from tests.e2e.test_path import DEMO_IDS
from tests.running import running_mesh

ROOT = Path(deploy.__path__[0]).parent
CODE = ("contracts", "gateway", "services", "deploy")
#: The only edits: the code and the names, in the copied files.
NAMES = {"provident_fund": "insurance", "ProvidentFund": "Insurance", "住房公积金": "人身保险", "Housing provident fund": "Life insurance"}
ROW = {"agency": "yunfu-insurer", "name": {"zh": "云浮人寿保险公司", "en": "Yunfu Life"}, "asset_type": "insurance", "region_code": "445300",
       "channel": "p2p_local", "capabilities": ["query", "freeze", "renew", "release", "deduct", "status"], "subject_kinds": ["person"],
       "batch_size": 50}


def renamed(text):
    return re.sub("|".join(map(re.escape, NAMES)), lambda found: NAMES[found[0]], text)


def copy_type(tree):
    """Copy the module and the folder under the new name and add the row; return every file that is new or changed."""
    module = tree / "contracts/assets/insurance.py"
    module.write_text(renamed((tree / "contracts/assets/provident_fund.py").read_text()))
    folder = shutil.copytree(tree / "services/provident_fund", tree / "services/insurance")
    for file in folder.iterdir():
        file.write_text(renamed(file.read_text()))
    directory = tree / "deploy/agencies.yaml"
    rows = yaml.safe_load(directory.read_text())
    directory.write_text(yaml.safe_dump({**rows, "agencies": [*rows["agencies"], ROW]}, allow_unicode=True, sort_keys=False))
    return {str(file.relative_to(tree)) for file in (module, directory, *folder.iterdir())}


@pytest.fixture(scope="module")
def more(server_dir, module_database):
    """A mesh that runs from a copy of the tree with the copied type."""
    tree = server_dir / "copied"
    for part in CODE:
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    changed = copy_type(tree)
    print(f"new or changed: {sorted(changed)}")
    environment = {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1", "DATABASE_URL": module_database, "CHAKONG_ANSWER_WITHIN_S": "6"}
    with running_mesh(server_dir / "copied-data", **environment) as mesh:
        yield mesh


def test_a_copied_type_is_asked_and_reported_like_the_others(more):
    request_id = more.submit(asset_types=["provident_fund", "insurance"])
    status = more.ended(request_id)
    report = more.report(request_id)
    assert {(task["agency"], task["outcome"]) for task in status["tasks"]} == {("yunfu-provident-fund", "found"), ("yunfu-insurer", "found")}
    truth = more.agencies.get("/admin/register", params={"id_no": DEMO_IDS[0]}).raise_for_status().json()["assets"]
    (key,) = [one["key"] for one in truth if one["agency"] == "yunfu-insurer"]
    (section,) = [one for one in report["subjects"][0]["sections"] if one["asset_type"] == "insurance"]
    assert [asset["record"]["personal_account_no"] for asset in section["assets"]] == [key]
    page = more.client.get(f"/v1/requests/{request_id}/report", headers={"Accept": "text/html"}).raise_for_status().text
    assert "人身保险（1项）" in page


def test_a_copied_type_is_in_the_list_of_types_and_asked_when_none_is_named(more):
    listed = more.client.get("/v1/asset-types").raise_for_status().json()["items"]
    assert {one["asset_type"] for one in listed} == {*asset_types(), "insurance"}
    request_id = more.submit()
    assert "insurance" in {task["asset_type"] for task in more.status(request_id)["tasks"]}


def test_an_asset_of_a_copied_type_can_be_frozen(more):
    request_id = more.submit(asset_types=["insurance"])
    more.ended(request_id)
    (asset,) = more.report(request_id)["subjects"][0]["sections"][0]["assets"]
    judge = Judge(more)
    (control_id,) = judge.ordered(request_id, freeze(asset, 100_000))
    control = judge.answered(control_id)
    assert (control["state"], control["asset_type"], control["actual_fen"]) == ("in_force", "insurance", 100_000)
