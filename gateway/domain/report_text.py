"""The statement of a report that a judge can read aloud: what was asked, what came back, what nobody answered. Pure."""

from collections import Counter
from collections.abc import Sequence

from contracts.clock import CHINA
from contracts.messages import UnreadableItem
from contracts.outcome import GAP_OUTCOMES, OUTCOME_NAMES
from contracts.registry import FIRST_SIX, asset_type
from contracts.words import Text
from gateway.domain.left_out_text import said_of
from gateway.domain.other_names import known_by_another
from gateway.domain.report_views import ReportRequest, TaskView

#: More names than this are counted, not read aloud.
MOST_NAMES = 20


def outcome_word(task: TaskView) -> str:
    """Return the outcome of a task, `awaiting` while it has none."""
    return task.outcome or "awaiting"


def gaps_of(tasks: Sequence[TaskView]) -> list[TaskView]:
    """Return the tasks that leave a gap in the report."""
    settled = {task.task_id for task in known_by_another(tasks)}
    return [task for task in tasks if (task.outcome is None or task.outcome in GAP_OUTCOMES) and task.task_id not in settled]


def is_suspended(task: TaskView) -> bool:
    """Tell whether a task has no answer because its agency does not answer anybody and is not asked at present."""
    return task.suspended_since is not None and (task.outcome is None or task.outcome == "overdue")


def why_no_answer(task: TaskView, why: Text) -> Text:
    """Return the reason of a gap, with since when its agency is not asked."""
    if not is_suspended(task) or task.suspended_since is None:
        return why
    since = task.suspended_since.astimezone(CHINA)
    return Text(zh=f"{why.zh}；自{since:%Y年%m月%d日%H:%M}起暂停询问，不视为无财产",
                en=f"{why.en}; suspended since {since:%Y-%m-%d %H:%M} (China Standard Time), not counted as no assets")


def _named_zh(request: ReportRequest, task: TaskView) -> str:
    return f"{task.name.zh}（{_name_asked(request, task)}，{why_no_answer(task, OUTCOME_NAMES[outcome_word(task)]).zh}）"


def _named_en(request: ReportRequest, task: TaskView) -> str:
    return f"{task.name.en} ({_name_asked(request, task)}, {why_no_answer(task, OUTCOME_NAMES[outcome_word(task)]).en})"


def statement(request: ReportRequest, tasks: Sequence[TaskView]) -> Text:
    """Say how complete a report is, in both languages; `tasks` in the order of the report."""
    gaps, unasked, left_out = gaps_of(tasks), _unasked(request, tasks), said_of(request.left_out)
    return Text(zh="".join([_counts_zh(request, tasks), _gaps_zh(request, gaps), _unreadable_zh(request, tasks), _unasked_zh(unasked), left_out.zh, _unchosen_zh(request)]),
                en=" ".join(filter(None, [_counts_en(request, tasks), _gaps_en(request, gaps), _unreadable_en(request, tasks), _unasked_en(unasked),
                                          left_out.en, _unchosen_en(request)])))


def _unasked(request: ReportRequest, tasks: Sequence[TaskView]) -> list[tuple[str, list[Text]]]:
    """Return each subject's name with the asset types that no agency could be asked for."""
    asked = {(task.subject, task.asset_type) for task in tasks}
    by_subject = [(subject.name, [asset_type(code).name for code in request.asset_types if (index, code) not in asked])
                  for index, subject in enumerate(request.subjects)]
    return [(name, kinds) for name, kinds in by_subject if kinds]


def _unchosen(request: ReportRequest) -> list[Text]:
    """Return the kinds that the court did not choose, of those that are asked for where it chooses none."""
    return [asset_type(code).name for code in FIRST_SIX if code not in request.asset_types]


def _unchosen_zh(request: ReportRequest) -> str:
    kinds = "、".join(kind.zh for kind in _unchosen(request))
    return f"本院未选择查询的财产种类有：{kinds}；未查询不等于无财产。" if kinds else ""


def _unchosen_en(request: ReportRequest) -> str:
    kinds = ", ".join(kind.en.lower() for kind in _unchosen(request))
    return f"The court did not choose to ask for: {kinds}; not asked does not mean no assets." if kinds else ""


def _name_asked(request: ReportRequest, task: TaskView) -> str:
    """Return about whom a task asks, with the former name it asks by."""
    name = request.subjects[task.subject].name
    return f"{name}，曾用名{task.asked_as}" if task.asked_as else name


def _counts_zh(request: ReportRequest, tasks: Sequence[TaskView]) -> str:
    by_outcome = Counter(map(outcome_word, tasks))
    head = f"本报告就{len(request.subjects)}名被查询人，共向{len({task.agency for task in tasks})}个单位发出{len(tasks)}项查询"
    answered = f"其中{by_outcome['found']}项查到财产、{by_outcome['none_found']}项回复无财产"
    rest = "、".join(f"{OUTCOME_NAMES[word].zh}{by_outcome[word]}项" for word in OUTCOME_NAMES
                    if by_outcome[word] and word not in ("found", "none_found"))
    return f"{head}，{answered}{'；' if rest else ''}{rest}。"


def _counts_en(request: ReportRequest, tasks: Sequence[TaskView]) -> str:
    by_outcome = Counter(map(outcome_word, tasks))
    counts = ", ".join(f"{by_outcome[word]} {name.en}" for word, name in OUTCOME_NAMES.items()
                       if by_outcome[word] or word in ("found", "none_found"))
    return (f"{len(tasks)} queries about {len(request.subjects)} subject(s) went to "
            f"{len({task.agency for task in tasks})} agencies: {counts}.")


def _gaps_zh(request: ReportRequest, gaps: Sequence[TaskView]) -> str:
    if not gaps:
        return "全部查询均已得到答复。"
    named = "、".join(_named_zh(request, task) for task in gaps[:MOST_NAMES])
    more = f"等{len(gaps)}项" if len(gaps) > MOST_NAMES else ""
    return f"本报告不完整，未获答复的有：{named}{more}。未回复不等于无财产。"


def _gaps_en(request: ReportRequest, gaps: Sequence[TaskView]) -> str:
    if not gaps:
        return "Every query was answered."
    named = "; ".join(_named_en(request, task) for task in gaps[:MOST_NAMES])
    more = f" and {len(gaps) - MOST_NAMES} more" if len(gaps) > MOST_NAMES else ""
    return f"This report is incomplete; no usable answer came from: {named}{more}. No answer does not mean no assets."


def _unreadable(tasks: Sequence[TaskView]) -> list[tuple[TaskView, list[UnreadableItem]]]:
    return [(task, list(task.unreadable)) for task in tasks if task.unreadable]


def _unreadable_zh(request: ReportRequest, tasks: Sequence[TaskView]) -> str:
    odd = _unreadable(tasks)
    if not odd:
        return ""
    named = "、".join(f"{task.name.zh}（{request.subjects[task.subject].name}，{asset_type(task.asset_type).name.zh}{_places_zh(items)}）"
                     for task, items in odd[:MOST_NAMES])
    more = f"等{len(odd)}项查询" if len(odd) > MOST_NAMES else ""
    total = sum(len(items) for _, items in odd)
    return f"另有{total}件财产单位已答复但不能完整读出，未计价、未列入财产：{named}{more}。原文已留存，须人工核对；不能读出不等于无财产。"


def _places_zh(items: Sequence[UnreadableItem]) -> str:
    listed = [str(item.position + 1) for item in items[:MOST_NAMES] if item.position is not None]
    unlisted = "件数与清单不符" if any(item.position is None for item in items) else ""
    return "，".join(filter(None, [f"第{'、'.join(listed)}件" if listed else "", unlisted]))


def _unreadable_en(request: ReportRequest, tasks: Sequence[TaskView]) -> str:
    odd = _unreadable(tasks)
    if not odd:
        return ""
    named = "; ".join(f"{task.name.en} ({request.subjects[task.subject].name}, {asset_type(task.asset_type).name.en}: {_places_en(items)})"
                      for task, items in odd[:MOST_NAMES])
    more = f" and {len(odd) - MOST_NAMES} more" if len(odd) > MOST_NAMES else ""
    total = sum(len(items) for _, items in odd)
    return (f"{total} item(s) were answered and cannot be read in full; they are neither valued nor listed as assets: {named}{more}. "
            "What the agency wrote is kept for a person to check. Not readable does not mean no assets.")


def _places_en(items: Sequence[UnreadableItem]) -> str:
    listed = [str(item.position + 1) for item in items[:MOST_NAMES] if item.position is not None]
    unlisted = "the count disagrees with the list" if any(item.position is None for item in items) else ""
    return ", ".join(filter(None, [f"item {', '.join(listed)}" if listed else "", unlisted]))


def _unasked_zh(unasked: Sequence[tuple[str, Sequence[Text]]]) -> str:
    named = "；".join(f"{subject}的{'、'.join(kind.zh for kind in kinds)}" for subject, kinds in unasked[:MOST_NAMES])
    more = f"等{len(unasked)}名被查询人" if len(unasked) > MOST_NAMES else ""
    return f"没有单位可供查询的有：{named}{more}。未查询不等于无财产。" if unasked else ""


def _unasked_en(unasked: Sequence[tuple[str, Sequence[Text]]]) -> str:
    named = "; ".join(f"{', '.join(kind.en for kind in kinds)} of {subject}" for subject, kinds in unasked[:MOST_NAMES])
    more = f" and of {len(unasked) - MOST_NAMES} more" if len(unasked) > MOST_NAMES else ""
    return f"No agency could be asked for: {named}{more}. Not asked does not mean no assets." if unasked else ""
