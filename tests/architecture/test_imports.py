import sys
from pathlib import Path

from importlinter.cli import lint_imports

from tests.architecture.code import ROOT


def test_everybody_imports_only_whom_they_may(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    kept = lint_imports(config_filename=str(Path("pyproject.toml")), no_cache=True) == 0
    assert kept, capsys.readouterr().out
