import re
from datetime import date
from functools import partial
from html.parser import HTMLParser
from typing import get_args

import pytest

from contracts.control import PriorityRight
from contracts.registry import asset_types
from contracts.report import ChangeKind
from contracts.subject import IdType, Role
from gateway.api.report import PAGE_RULES
from gateway.domain.report import with_changes
from gateway.web.render import _environment
from gateway.web.render import render_report as render
from tests.builders import (
    RECORDS,
    asset_id,
    company,
    control_view,
    found,
    measure,
    proposal,
    report,
    report_request,
    right,
    subject,
    task,
)

ALL = tuple(asset_types())
render_report = partial(render, rules=PAGE_RULES)


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


@pytest.mark.parametrize("made", ["found", "held"])
def test_every_page_closes_its_tags(made, html):
    assert Page(html if made == "found" else render_report(held_report(proposals=(proposal(),)))).open == []



HOUSE = found("real_estate", measures=(measure(kind="seal", rank=1, authority="罗定市人民法院", until_on="2028-01-05", amount_fen=None),
                                       measure(kind="seal", rank=3, authority="云安区人民法院", amount_fen=None)))
CAR, MONEY = found("vehicles"), found()
HOUSE_ID, CAR_ID = asset_id("real_estate", "", RECORDS["real_estate"]["unit_code"]), asset_id("vehicles", "", "粤WA1234")
MONEY_ID, SHARES_ID = asset_id("deposits", "icbc", RECORDS["deposits"]["account_no"]), asset_id("securities", "", "A123456789/600000")


def held_report(claim_fen=3_000_000, proposals=()):
    """A report whose measures are of every sort."""
    tasks = [task("icbc", assets=(MONEY,)), task("registry", "real_estate", assets=(HOUSE,)), task("vehicle-office", "vehicles", assets=(CAR,)),
             task("csdc", "securities", assets=(found("securities"),))]
    controls = (
        control_view(control_id="c1", asset_id=MONEY_ID, requested_fen=5_000_000, actual_fen=5_000_000, rank=1, until_on=date(2026, 12, 10)),
        control_view(control_id="c2", asset_id=HOUSE_ID, asset_type="real_estate", agency="registry", measure="seal", state="waiting", rank=2),
        control_view(control_id="c3", asset_id=CAR_ID, asset_type="vehicles", agency="vehicle-office", measure="seal", state="lapsed", surplus_claim=True),
        control_view(control_id="c4", asset_id=SHARES_ID, asset_type="securities", agency="csdc", state="partly_in_force", requested_quantity=500,
                     actual_quantity=300, until_on=date(2029, 11, 21)),
        control_view(control_id="c5", asset_id="gone", state="released"))
    request = report_request(asset_types=ALL, claim_fen=claim_fen)
    return report(*tasks, request=request, controls=controls, version=3, proposals=proposals)


def words(html):
    """What a reader sees, without blanks."""
    return re.sub(r"\s+", "", re.sub(r"<style.*?</style>|<[^>]+>", "", html.partition("<body")[2], flags=re.DOTALL))


def test_claim_and_secured_stand_against_each_other_beside_the_totals():
    beyond, short = words(render_report(held_report())), words(render_report(held_report(claim_fen=9_000_000)))
    assert "债权额claim30,000.00元已有效控制securedunderthisrequest53,000.00元超出债权额beyondtheclaim23,000.00元" in beyond
    assert "尚未覆盖uncovered37,000.00元" in short
    assert "尚未覆盖" not in words(render_report(held_report(claim_fen=None)))


def test_a_control_says_what_it_is_on_who_else_holds_it_and_how_long_it_runs():
    seen = words(render_report(held_report()))
    for text in ("银行存款（陈伟）6222024530200012345个人结算账户", "2026-12-10剩18天", "查封：轮候", "请求500股/份实际300股/份有效3,000.00元", "生效后起算", "noanswerofthisrequesttellsofit",
                 "第1顺位罗定市人民法院查封，至2028-01-05第2顺位本院第3顺位云安区人民法院"):
        assert text in seen


def test_a_clue_goes_by_its_key_and_a_whole_account_by_that_word():
    html = render_report(report(task(), controls=(control_view(asset_id="clue", asset_key="6222<1>", actual_fen=700, rank=1),)))
    assert "6222&lt;1&gt;" in html
    assert "请求 整户<br>实际 7.00 元" in html


def test_an_open_claim_to_a_surplus_is_boxed():
    seen = words(render_report(held_report()))
    assert "剩余价款请求未结" in seen
    assert "法〔2022〕107号" in seen
    assert "剩余价款请求未结" not in words(render_report(report(task())))


def test_proposals_say_what_to_release_why_and_that_a_judge_rules():
    proposals = (proposal(asset_id=MONEY_ID, amount_fen=2_000_000, secured_fen=5_000_000), proposal(control_id="c4", asset_id=SHARES_ID, asset_type="securities"))
    seen = words(render_report(held_report(proposals=proposals)))
    assert seen.index("超标的建议解除") < seen.index("合计Totals")
    for text in ("20,000.00元超出债权额", "全部allofit超出债权额", "须有解除裁定和协助通知", "查扣冻规定第19条、第28条", "由法官裁定"):
        assert text in seen
    assert "超标的建议解除" not in words(render_report(held_report()))


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


def test_the_page_says_who_was_asked_about_as_typed_and_as_known_before():
    asked = (subject(name="陈\u3000伟", former_names=["陈大伟"]), company(id_no="11010119900101012X"))
    refused = task(outcome="refused", code="identity_mismatch", asked_as="陈大伟")
    page = render_report(report(refused, request=report_request(subjects=asked, asset_types=("deposits",))))
    for text in ("本院填写为“陈\u3000伟”", "曾用名：陈大伟", "按曾用名陈大伟查询", "同时符合居民身份证号规则"):
        assert text in page
