"""How a task ended, kept apart all the way to the printed page, and the codes that say why."""

from typing import Literal

from contracts.words import Text

Outcome = Literal["found", "none_found", "refused", "unsupported", "failed", "overdue"]
OUTCOMES: tuple[Outcome, ...] = ("found", "none_found", "refused", "unsupported", "failed", "overdue")
#: Outcomes that leave a gap in the report; so does a task that still awaits its answer.
GAP_OUTCOMES = frozenset({"refused", "unsupported", "failed", "overdue"})

OUTCOME_NAMES: dict[str, Text] = {
    "found": Text(zh="查到财产", en="found"),
    "none_found": Text(zh="回复无财产", en="none found"),
    "refused": Text(zh="拒绝协助", en="refused"),
    "unsupported": Text(zh="不支持", en="unsupported"),
    "failed": Text(zh="回复异常", en="failed"),
    "overdue": Text(zh="逾期未复", en="overdue"),
    "awaiting": Text(zh="等待回复", en="awaiting"),
}

#: Reasons an agency or we give, in our words; adapters translate their agency's codes into these.
REASONS: dict[str, Text] = {
    "document_missing": Text(zh="缺少法律文书", en="a legal document is missing"),
    "document_mismatch": Text(zh="法律文书与请求不一致", en="the document does not match the request"),
    "credential_missing": Text(zh="缺少执行人员证件", en="the officer's credentials are missing"),
    "identity_mismatch": Text(zh="姓名与证件号码不一致", en="name and id number do not match"),
    "identity_incomplete": Text(zh="身份信息不完整", en="the identity is incomplete"),
    "not_authorised": Text(zh="无权办理", en="the agency says we are not authorised"),
    "measure_unsupported": Text(zh="不支持该控制措施", en="the agency does not do this measure"),
    "asset_not_found": Text(zh="标的财产不存在", en="the asset is not there"),
    "asset_exempt": Text(zh="标的财产依法不得执行", en="the asset is exempt by law"),
    "no_original_measure": Text(zh="无原控制记录", en="there is no original measure"),
    "term_over_cap": Text(zh="期限超过法定上限", en="the term is over the legal cap"),
    "already_expired": Text(zh="措施已到期", en="the measure has already expired"),
    "withdrawn": Text(zh="送达协助单位前已撤回", en="withdrawn before the agency got it"),
    "funds_account_missing": Text(zh="未载明收款账户", en="no account is named for the money to go to"),
    "condition_missing": Text(zh="未载明提取条件", en="no condition of withdrawal is stated"),
    "amount_missing": Text(zh="未载明金额", en="no amount is stated"),
    "quota_exceeded": Text(zh="超过机构受理限额", en="over the agency's quota"),
    "rejected_by_agency": Text(zh="机构审核未通过", en="the agency's review declined it"),
    "protocol": Text(zh="回复不符合接口规范，原文已留存", en="the answer is outside the agency's protocol; the raw answer is kept"),
    "fault": Text(zh="系统故障", en="a fault of ours"),
    "no_answer": Text(zh="期限内未回复", en="no answer by the deadline"),
    "awaiting": Text(zh="尚在等待回复", en="still awaiting the answer"),
    "no_capability": Text(zh="机构未开通该项功能", en="the agency does not offer this"),
    "office_closed": Text(zh="机构非工作时间", en="the agency's office is closed"),
    "unavailable": Text(zh="机构系统暂不可用", en="the agency's system is not available"),
    "suspended": Text(zh="机构连续无应答，暂停询问", en="the agency did not answer and is not asked for a while"),
    "busy": Text(zh="排队等候", en="queued behind earlier work"),
}

#: What became of a field that was not read as the agency's document says (contracts.messages.UnreadCode).
UNREAD_NAMES: dict[str, Text] = {
    "unknown_code": Text(zh="代码不在公布的代码表内", en="a code outside the published list"),
    "unknown_field": Text(zh="接口文档以外的字段", en="a field outside the agency's document"),
    "bad_form": Text(zh="格式不能唯一理解", en="not in a form that means one thing"),
    "missing": Text(zh="应填未填", en="it should be there and is not"),
    "implausible": Text(zh="内容存疑", en="hardly true"),
}


def reason(code: str) -> Text:
    """Return the two-language reason of a code; an unknown code is shown as it is, never replaced."""
    return REASONS.get(code) or Text(zh=f"原因代码：{code}", en=f"reason code: {code}")
