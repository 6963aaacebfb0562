"""The legal table as pages that a lawyer reads: one a family and a list of all. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from contracts.failures import NotFound
from gateway.domain.law import FAMILIES, LAW, LawRow

_HEAD = "Made by `make generate` from `gateway/domain/law/`. The same as JSON: `GET /v1/rules`.\n"
_BASIS = {"statute": "法律、司法解释或规范性文件 · statute law, nobody sets it for himself",
          "practice": "实践做法 · practice, a court may set its parameters (`deploy/law-overrides.yaml`)"}


def pages() -> dict[str, str]:
    """Return each page by its path below the checkout."""
    return {"docs/law/README.md": _contents(), **{f"docs/law/{family}.md": _family(family) for family in FAMILIES}}


def _of(family: str) -> list[LawRow]:
    return [row for row in LAW if row.family == family]


def _contents() -> str:
    lines = ["# 规则表 · The legal table\n", _HEAD,
             f"系统据以受理、拒绝、计算的每一条规则，共{len(LAW)}条。现行规则在前，已废止的规则仍列出，因为对以前的日期仍适用。  ",
             f"Every rule by which the system takes, refuses and counts: {len(LAW)} rows. Ended rules stay, since earlier dates read them.\n"]
    for family, name in FAMILIES.items():
        lines += [f"## [{name.zh} · {name.en}]({family}.md)\n", "| 规则 rule | | 依据 source | 自 since |", "|---|---|---|---|"]
        lines += [f"| [{row.id}]({family}.md#{_anchor(row)}) | {row.zh}<br>{row.en} | {row.source} | {_time(row)} |" for row in _in_order(_of(family))]
        lines.append("")
    return "\n".join(lines)


def _in_order(rows: Iterable[LawRow]) -> list[LawRow]:
    """Return what holds now first, each part in the order of the table."""
    return sorted(rows, key=lambda row: row.effective_to is not None)


def _anchor(row: LawRow) -> str:
    return row.id.lower() + (f"-{row.effective_to:%Y-%m-%d}" if row.effective_to else "")


def _time(row: LawRow) -> str:
    return f"{row.effective_from} 至 {row.effective_to}" if row.effective_to else str(row.effective_from)


def _family(family: str) -> str:
    name = FAMILIES[family]
    return "\n".join([f"# {name.zh}\n", f"*{name.en}*\n", _HEAD, *(line for row in _in_order(_of(family)) for line in _rule(row))])


def _rule(row: LawRow) -> Iterator[str]:
    yield f'<a id="{_anchor(row)}"></a>\n\n## {row.id}{"（已废止 · ended）" if row.effective_to else ""}\n'
    yield f"**{row.zh}。**\n\n*{row.en}.*\n"
    yield "| | |\n|---|---|"
    yield f"| 依据 source | {row.source} |"
    yield f"| 效力 holds | {_time(row)} |"
    yield f"| 性质 basis | {_BASIS[row.basis]} |"
    if row.parameters:
        yield f"| 参数 parameters | {_values(row.parameters)} |"
    if row.choices:
        yield f"| 可选 choices | {_values(row.choices)} |"
    if row.set_in:
        yield f"| 设置处（各院相同） set in, for all courts | `{row.set_in}` |"
    yield f"| 系统的处理 what the system does | {row.does.zh}<br>{row.does.en} |"
    yield f"| 读取处 read by | {_listed(row.read_by) or '供人阅读，代码不读取 · for people, no code reads it'} |\n"
    if row.refusal:
        yield f"拒绝的样子 · What the refusal looks like:\n\n```json\n{_refusal(row)}\n```\n"


def _values(values: Mapping[str, object]) -> str:
    return "<br>".join(f"`{name}` = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


def _listed(paths: Sequence[str]) -> str:
    return "<br>".join(f"`{path}`" for path in paths)


def _refusal(row: LawRow) -> str:
    problem: dict[str, object] = {"status": 422, "code": "control_refused", "errors": [{"code": row.refusal, "…": "…"}], "rule": row.rule.model_dump()}
    if row.refusal == NotFound.code:
        problem |= {"status": NotFound.status, "code": NotFound.code, "errors": []}
    return json.dumps(problem, ensure_ascii=False, indent=2)
