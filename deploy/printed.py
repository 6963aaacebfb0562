"""The report as a person reads it in a terminal: Chinese first, English beside it. Pure but for the console it is given."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from contracts.asset_type import AssetType
from contracts.money import display_yuan
from contracts.outcome import OUTCOME_NAMES, UNREAD_NAMES
from contracts.registry import asset_types

Json = Mapping[str, Any]


def print_report(console: Console, report: Json) -> None:
    """Print one report: statement, totals, then each subject's sections with their gaps."""
    statement = report["completeness"]["statement"]
    console.print(Panel(f"[bold]{statement['zh']}[/]\n{statement['en']}", title=f"财产查控报告 Asset report · {report['case_no']} · v{report['version']}"))
    console.print(_totals(report["totals"]))
    for subject in report["subjects"]:
        console.rule(f"{subject['name']}  {masked(subject['id_no'])}")
        for section in subject["sections"]:
            console.print(_section(section))


def masked(id_no: str) -> str:
    """Mask an id number for a screen: first six and last four. Source: domain.md §13."""
    return f"{id_no[:6]}{'*' * max(0, len(id_no) - 10)}{id_no[-4:]}"


def _yuan(fen: int | None) -> str:
    return "—" if fen is None else display_yuan(fen)


def _totals(totals: Json) -> Table:
    table = Table(title="合计 Totals（元 CNY）", show_header=True, title_justify="left")
    names = {"value_fen": "价值 value", "encumbered_fen": "负担 encumbered", "controllable_fen": "可控 controllable",
             "secured_fen": "已保全 secured", "claim_fen": "执行标的 claim"}
    for name in names.values():
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("未估值 unvalued", justify="right")
    table.add_row(*(_yuan(totals[name]) for name in names), str(totals["unvalued_assets"]))
    return table


def _section(section: Json) -> Table:
    kind = asset_types()[section["asset_type"]]
    table = Table(title=f"{kind.name.zh} {kind.name.en}", title_justify="left", expand=True, caption=_beneath(section), caption_justify="left")
    table.add_column("财产 asset", ratio=4, overflow="fold")
    for name in ("价值 value", "负担 encumbered", "可控 controllable"):
        table.add_column(name, justify="right", ratio=2, overflow="fold")
    table.add_column("份额 share", justify="right")
    table.add_column("在先 prior", ratio=2, overflow="fold")
    table.add_column("来源 source", ratio=2, overflow="fold")
    for asset in section["assets"]:
        table.add_row(_marked(kind, asset), _yuan(asset["value_fen"]), _yuan(asset["encumbered_fen"]),
                      _yuan(asset["controllable_fen"]), asset["debtor_share"], _prior(asset), _joined(asset["sources"], "agency"))
    if not section["assets"]:
        table.add_row(_nothing(section))
    return table


def _nothing(section: Json) -> str:
    """Say why a section is empty; only answers say that there is nothing."""
    if not section["asked"]:
        return "（没有单位可供查询，未查询不等于无财产 nobody could be asked, which does not mean no assets）"
    return "（尚无已知财产 nothing known yet）" if section["gaps"] or section["unreadable"] else "（各单位均回复无财产 every agency answered: none）"


def _named(kind: AssetType, record: Json) -> str:
    words = kind.words()
    told = [words.get(name, {}).get(record[name], str(record[name])) for name in kind.telling if record.get(name)]
    return " · ".join([kind.key_text(record), *told])


def _marked(kind: AssetType, asset: Json) -> str:
    """Return what a thing is called, and what of it was not read."""
    named = escape(_named(kind, asset["record"]))
    return named + (f" · [red]未读出 unread[/] {_unread(asset['unread'])}" if asset["unread"] else "")


def _prior(asset: Json) -> str:
    parts = [f"{one['kind']} {one['authority']}" for one in asset["prior_measures"]]
    return "; ".join(parts + [f"{one['kind']} {one['holder']}" for one in asset["priority_rights"]]) or "—"


def _joined(items: Iterable[Json], name: str) -> str:
    return ", ".join(item[name] for item in items)


def _beneath(section: Json) -> str | None:
    """Say what is there and cannot be read, and who did not answer."""
    unreadable = [f"[red]不可读 unreadable[/] {item['agency']}: {_unread(item['unread'])}" for item in section["unreadable"]]
    gaps = [f"[red]缺口 gap[/] {gap['agency']}: {OUTCOME_NAMES[gap['outcome'] or 'awaiting'].zh} {gap['reason']['zh']} / {gap['reason']['en']}"
            for gap in section["gaps"]]
    return "\n".join([*unreadable, *gaps]) or None


def _unread(marks: Iterable[Json]) -> str:
    return escape("、".join(f"{one['label']['zh']}（{UNREAD_NAMES[one['code']].zh}，{one['raw'] or '空'}）" for one in marks))
