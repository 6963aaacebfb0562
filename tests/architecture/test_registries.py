import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.registry import asset_types
from deploy.mesh import load_directory
from services.runtime.registry import adapters, mock_agencies
from tests.architecture.code import PACKAGES, ROOT

FIVE_FILES = ("__init__.py", "adapter.py", "agency_api.py", "examples.py", "mock_agency.py")
COPIED, ADDED = "provident_fund", "enterprise_annuity"
#: What holds for every asset type must hold for one more: the tests of this checkout, run in the copy.
TESTS = ("tests/contract/test_adapters.py", "tests/architecture/test_generated.py", "tests/architecture/test_compose.py",
         "tests/architecture/test_registries.py")


def test_every_declared_asset_type_has_a_folder_of_five_files():
    declared = {path.stem for path in (ROOT / "contracts/assets").glob("*.py")} - {"__init__"}
    folders = {path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists()} - {"runtime"}
    assert declared == folders
    assert [(code, name) for code in sorted(declared) for name in FIVE_FILES if not (ROOT / "services" / code / name).exists()] == []


def test_the_registries_hold_what_the_folders_hold():
    declared = {path.stem for path in (ROOT / "contracts/assets").glob("*.py")} - {"__init__"}
    assert set(asset_types()) == set(adapters()) == set(mock_agencies()) == declared
    assert all(adapters()[code].asset_type == mock_agencies()[code].asset_type == asset_types()[code].code == code for code in declared)


def test_every_asset_type_has_an_agency():
    directory = load_directory(ROOT / "deploy/agencies-wealth.yaml")  # with the shipped rows
    assert [code for code in asset_types() if not directory.of_type(code)] == []


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A checkout with one more asset type: one contracts module, one folder, directory rows. Nothing else is touched."""
    root = tmp_path_factory.mktemp("copied")
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.lock", "docs"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    add_asset_type(root)
    return root


def add_asset_type(root: Path):
    renamed(root / f"contracts/assets/{COPIED}.py", root / f"contracts/assets/{ADDED}.py")
    (root / "services" / ADDED).mkdir()
    for path in (root / "services" / COPIED).glob("*.py"):
        renamed(path, root / "services" / ADDED / path.name)
    listed = root / "deploy/agencies.yaml"
    directory = yaml.safe_load(listed.read_text(encoding="utf-8"))
    rows = [row for row in directory["agencies"] if row["asset_type"] == COPIED]
    directory["agencies"] += [{**row, "agency": f"{row['agency']}-annuity", "asset_type": ADDED} for row in rows]
    listed.write_text(yaml.safe_dump(directory, allow_unicode=True, sort_keys=False), encoding="utf-8")


def renamed(path: Path, to: Path):
    to.write_text(path.read_text(encoding="utf-8").replace(COPIED, ADDED), encoding="utf-8")


def run(root: Path, *arguments: str) -> str:
    """Run Python in the copy, which comes first on the path, so that nothing of this checkout is imported."""
    done = subprocess.run([sys.executable, *arguments], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


class TestACopiedAssetType:
    def test_is_found_by_the_registries_and_has_its_topic_and_its_container(self, copy):
        told = run(copy, "-c", f"""
import contracts
from contracts.registry import asset_types
from contracts.kafka import topics
from deploy import topology
from deploy.generate import ROOT
from deploy.mesh import load_directory
from services.runtime.registry import adapters, mock_agencies
code = {ADDED!r}
print(asset_types()[code].code, adapters()[code].asset_type, mock_agencies()[code].asset_type, topics.commands(code),
      [topic.name for topic in topics.all_topics(asset_types(), ()) if code in topic.name],
      [name for name in topology.containers() if "annuity" in name],
      len(load_directory(ROOT / "deploy/agencies.yaml").of_type(code)), contracts.__file__)""").strip()
        topic = f"chakong.command.{ADDED}.v1"
        assert told == f"{ADDED} {ADDED} {ADDED} {topic} ['{topic}'] ['worker-enterprise-annuity'] 1 {copy}/contracts/__init__.py"

    def test_is_described_after_make_generate_and_passes_every_test_of_an_asset_type(self, copy):
        written = run(copy, "-m", "deploy.generate").split()
        assert {f"contracts/schema/asset.{ADDED}.json", "contracts/schema/asyncapi.yaml", "deploy/compose.yaml"} <= set(written)
        said = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "(annuity or not [) and not Copied", *TESTS)
        assert int(re.search(r"(\d+) passed", said)[1]) > 20
