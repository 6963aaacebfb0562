from html.parser import HTMLParser
from typing import get_args

import pytest

from contracts.control import PriorityRight
from contracts.registry import asset_types
from contracts.report import ChangeKind
from contracts.subject import IdType, Role
from gateway.domain.report import with_changes
from gateway.web.render import _environment, render_report
from tests.builders import asset_id, company, control_view, found, measure, report, report_request, right, subject, task

ALL = tuple(asset_types())


class Page(HTMLParser):
    """Collects tags, their addresses, and checks that they close."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.addresses = [], set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "style")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html():
    tasks = [task(f"{code}-office", code, assets=(found(code, measures=(measure(amount_fen=7),), rights=(right(amount_fen=5),)),)) for code in ALL]
    tasks += [task("abc", outcome="overdue", code="no_answer"), task("boc", outcome=None),
              task("housing", "real_estate", assets=(found("real_estate", registry="住建局", co_owners=[{"name": "李丽", "share_ratio": "1/2"}]),))]
    control = control_view(asset_id=asset_id("deposits", "deposits-office", "6222024530200012345"), actual_fen=100, pending="release", in_doubt=True)
    request = report_request(asset_types=ALL, subjects=(subject(), company()))
    return render_report(with_changes(report(task(), request=request), report(*tasks, request=request, controls=(control,), version=2)))


def test_the_page_is_well_formed_and_loads_nothing(html):
    page = Page(html)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert page.addresses == []
    assert "url(" not in html
    assert "@import" not in html


def test_the_statement_stands_on_top(html):
    assert html.index("未回复不等于无财产") < html.index("合计")


def test_every_label_of_every_kind_is_in_chinese(html):
    for text in ("不动产单元号", "号牌号码", "统一社会信用代码", "账户余额", "证券代码", "个人账号", "个人结算账户", "房屋所有权", "88,123.00 元"):
        assert text in html
    assert "（分）" not in html


def test_gaps_are_boxed_with_their_reason(html):
    assert "未获答复（不等于无财产）" in html
    assert "逾期未复，期限内未回复" in html
    assert "等待回复，尚在等待回复" in html


def test_prior_measures_rights_controls_conflicts_and_changes_are_shown(html):
    for text in ("在先措施", "某某法院", "抵押", "控制措施", "解除存疑", "各来源不一致的字段：", "登记机构", "与上一版的差异", "新增财产", "李丽（1/2）"):
        assert text in html


def test_a_section_that_nobody_was_asked_for_does_not_say_none(html):
    assert "没有单位可供查询；未查询不等于无财产" in html


def test_a_complete_report_with_nothing_found_says_so():
    html = render_report(report(task(), task("registry", "real_estate")))
    assert "全部查询均已得到答复" in html
    assert "所查单位均回复无财产" in html
    assert "与上一版的差异" not in html


def test_a_live_report_says_that_queries_are_running():
    assert "（查询进行中）" in render_report(report(task(outcome=None), version=0))


def test_what_agencies_write_cannot_become_markup():
    html = render_report(report(task(assets=(found(remark="<script>alert(1)</script>"),)), task("abc", outcome="refused", detail="<b>no</b>")))
    assert "<script>" not in html
    assert "<b>no" not in html
    assert "&lt;script&gt;" in html


def test_foreign_money_is_not_called_yuan():
    html = render_report(report(task(assets=(found(currency="USD", balance_fen=100, available_balance_fen=100),))))
    assert "1.00 USD" in html
    assert "1.00 元" not in html


def test_lists_and_truths_read_as_words():
    pledge = {"pledgee": "某某银行", "quantity": 100, "serial": None}
    html = render_report(report(task("csdc", "securities", assets=(found("securities", pledges=[pledge]),)),
                                task("office", "vehicles", assets=(found("vehicles", status_codes=["sealed", "inspection_overdue"]),)),
                                request=report_request(asset_types=("securities", "vehicles"))))
    assert "某某银行，100" in html
    assert "查封；逾期未检验" in html
    assert "<dd>否</dd>" in html


def test_every_kind_of_number_role_and_right_has_a_chinese_name():
    names = _environment().globals
    assert set(names["ID_TYPES"]) == set(get_args(IdType))
    assert set(names["ROLES"]) == set(get_args(Role))
    assert set(names["RIGHTS"]) == set(get_args(PriorityRight.model_fields["kind"].annotation))
    assert set(names["CHANGES"]) == set(get_args(ChangeKind))
