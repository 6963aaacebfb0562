"""The legal table against the code that reads it and the domain facts it was made from."""

import ast
import re

import pytest
import yaml

from contracts.agency import Agency
from contracts.registry import asset_types
from deploy import lawbook
from deploy.generate import ROOT
from deploy.mesh import load_overrides
from gateway.domain import law
from gateway.domain.law.overrides import NONE, table_of
from tests.architecture import code

IDS = {row.id for row in law.LAW}
#: Functions of the table by which code reads rows without naming them, and the rows each gives.
ACCESSORS = {
    "cap_months": lambda row: "months" in row.parameters and row.family == "terms", "renewal_cap_months": lambda row: row.id == "RENEW-MAX",
    "liability": lambda row: "role" in row.parameters, "exemption": lambda row: "barred" in row.parameters,
    "restrictions": lambda row: "effect" in row.parameters, "may_control": lambda row: row.id == "CASE-TYPE",
}
#: Rules of domain.md §8 and §8a, with the ids of their rows where they have another name.
DOMAIN = {
    "DUR-DEP": (), "DUR-MOV": (), "DUR-IMM": (), "RENEW-MAX": (), "RENEW-BEFORE": ("RENEW-WARN",), "EXPIRE": (), "PRESERVE-CONV": (), "EFFECT": (),
    "SCOPE": (), "LIMIT": ("LIMIT-TOLERANCE",), "LIMIT-ACC": ("LIMIT-WHOLE",), "LIMIT-SPLIT": (), "LEAST-HARM": (), "EXEMPT": (), "ONE-HOME": (),
    "SEC-EXEMPT": ("SEC-EXEMPT-SOCIAL", "SEC-EXEMPT-WAGE", "SEC-MARGIN", "SEC-LC-MARGIN", "SEC-PRESALE"), "PF-DEDUCT": (), "PF-UNPAID": (), "INS-CV": (),
    "REBATE": (), "EQ-PRE": (), "EQ-SERVE": (), "EQ-EFFECT": (), "PRIORITY-15D": (), "TERM-1": (), "TERM-2": (), "TERM-3": (), "TERM-4": (),
    "TERM-5": (), "TERM-C2C": (), "TERM-CHECK": (), "TERM-SAMPLE": (), "TERM-PASS": (), "POST-TERM": (), "RESUME": (), "CLUE": (), "FILING-QUERY": (),
    "CONTROL-NEXT": (), "SURVEY-30": (), "PAYOUT": (), "CASE-LIMIT": (), "OVERDUE-RATE": (), "LOCATE": (), "DISPUTE": (), "SUBJECT-EXP": (),
    "OLD-DUR": "the ended rows of DUR-DEP, DUR-MOV, DUR-IMM and RENEW-MAX",
    "§7.3(1) rank": ("RANK-SERVICE", "RANK-PUBLICITY"), "§7.3(2) promotion": ("QUEUE-PROMOTE",), "§7.3(3) lapse": ("QUEUE-LAPSE", "QUEUE-PARTIAL"),
    "§7.3(4) expiry": ("QUEUE-EXPIRE",), "§7.3(5) renewal": ("QUEUE-RENEW",), "§7.3(6) pre-seal": ("QUEUE-PRE-SEAL",),
    "§7.3(7) securities": ("SEC-QUEUE",), "§7.3(8) waiting term": ("WAIT-TERM",), "§7.3(9) marks": ("SEC-MARK",),
    "§7.3(10) waiting release": ("WAIT-RELEASE",), "§7.4 priority": ("PRIORITY-RIGHT",), "§7.4 deduct": ("DEDUCT-SELF", "RELEASE-HELD"),
    "§7.4 securities quantity": ("SEC-QUANTITY",), "§7.5 end date": ("END-DATE",), "LIMIT release": ("LIMIT-RELEASE",), "LIMIT waiting": ("LIMIT-WAITING",),
    "preservation query": ("PRESERVE-QUERY",), "EFFECT unregistered": ("EFFECT-UNREGISTERED",), "release by others": ("RELEASE-BY",),
    "late interest": ("LATE-INTEREST",), "PF 1y": ("DUR-PF",), "§9 documents": ("DOC-MATRIX", "DOC-CARDS"),
    "§10 deadlines": ("CALENDAR", "DUE-QUERY", "DUE-SEAL", "DUE-EQUITY", "DUE-VEHICLE-TRANSFER", "DUE-OTHER", "DUE-BANK", "DUE-LATE-NOTICE", "DUE-LOCATED"),
    "§10 police and procuratorate": "refusals to file and supervision are between them and the court; no agency of the directory is asked",
}


def sources():
    return [path for path in code.files() if path.startswith(("contracts/", "gateway/")) and not path.startswith("gateway/domain/law/")]


def readers(row, *, in_words):
    """Files that call what gives a row or name it: as code does, or in words too, as contracts do, which lie below the table."""
    names = re.compile(rf"(?<![A-Z0-9-]){re.escape(row.id)}(?![A-Z0-9-])" if in_words else rf'"{re.escape(row.id)}"')
    calls = re.compile("|".join(rf"\blaw\.{name}\b" for name, gives in ACCESSORS.items() if gives(row)) or r"(?!)")
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in sources()}
    return {path for path, text in texts.items() if names.search(text) or calls.search(text)}


@pytest.mark.parametrize("row", law.LAW, ids=[f"{row.id}-{row.effective_from}" for row in law.LAW])
def test_a_rule_names_code_that_reads_it_or_is_for_people(row):
    assert set(row.read_by) <= readers(row, in_words=True), f"{row.id} is said to be read where it is not"
    found = readers(row, in_words=False)
    assert row.read_by or not found, f"{row.id} is read by {sorted(found)}: say so in its row (read_by)"


def test_every_rule_of_the_domain_has_a_row_or_a_reason_not_to():
    missing = [name for name, rows in DOMAIN.items() if not isinstance(rows, str) and not ({name} if not rows or name in IDS else set(rows)) <= IDS]
    assert missing == []
    assert [row for rows in DOMAIN.values() if not isinstance(rows, str) for row in rows if row not in IDS] == []


def test_every_rule_that_code_names_has_a_row():
    named = {(path, keyword.value.value) for path in sources() for node in code.nodes(path, ast.Call) if ast.unparse(node.func).endswith("Rule")
             for keyword in node.keywords if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)}
    subscripts = {(path, node.slice.value) for path in sources() for node in code.nodes(path, ast.Subscript)
                  if isinstance(node.slice, ast.Constant) and re.search(r"rules\([^()]*\)$", ast.unparse(node.value))}
    assert {(path, rule) for path, rule in named | subscripts if rule not in IDS} == set()


def test_every_asset_type_has_its_cap_in_the_table():
    assert {kind.duration_rule for kind in asset_types().values()} <= IDS


def test_rules_say_everything_a_lawyer_asks():
    for row in law.LAW:
        assert row.family in law.FAMILIES
        assert all((row.zh, row.en, row.source, row.does.zh, row.does.en))
        assert row.effective_to is None or row.effective_to > row.effective_from


def test_what_contracts_take_as_usual_is_what_the_table_says():
    usual = {name: field.default for name, field in Agency.model_fields.items()}
    assert usual["answer_due_working_days"] == law.latest("DUE-QUERY").parameters["working_days"]
    assert usual["rank_basis"] == law.latest("RANK-SERVICE").parameters["rank_basis"]
    assert usual["term_starts"] == law.latest("WAIT-TERM").parameters["term_starts"]
    directory = yaml.safe_load((ROOT / "deploy/agencies.yaml").read_text(encoding="utf-8"))
    assert {row.get("rank_basis") for row in directory["agencies"] if row["asset_type"] == "equity"} == {law.latest("RANK-PUBLICITY").parameters["rank_basis"]}
    assert directory["defaults"]["deposits"]["answer_due_working_days"] == law.latest("DUE-BANK").parameters["working_days"]


def test_the_overrides_that_ship_are_empty():
    overrides = load_overrides(ROOT / "deploy/law-overrides.yaml")
    assert overrides.rows == NONE.rows
    assert table_of("粤5302", overrides) is law.LAW


def test_every_rule_is_on_a_page():
    pages = lawbook.pages()
    assert all(row.id in pages["docs/law/README.md"] and row.zh in pages[f"docs/law/{row.family}.md"] for row in law.LAW)
    links = re.findall(r"\]\((\w+)\.md#([\w-]+)\)", pages["docs/law/README.md"])
    assert len(links) == len(set(links)) == len(law.LAW)
    assert all(f'<a id="{anchor}"></a>' in pages[f"docs/law/{family}.md"] for family, anchor in links)
