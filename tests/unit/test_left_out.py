from gateway.domain.left_out import LeftOut, LeftOutGroup, Tally, groups_of
from gateway.domain.left_out_text import said_of


def test_agencies_are_counted_by_reason_kind_and_region():
    tally = Tally()
    for number in range(5):
        tally.add("not_served", "deposits", "445300", number % 2, examples=(f"bank-{number}",))
    tally.add("no_agency", "vehicles", "440300", 1, count=0)
    assert tally.groups() == (LeftOutGroup("not_served", "deposits", "445300", 5, (0, 1), ("bank-0", "bank-1", "bank-2")),
                              LeftOutGroup("no_agency", "vehicles", "440300", 0, (1,), ()))


def test_what_was_stored_is_read_again_and_so_is_what_was_stored_agency_by_agency():
    old = [{"agency": f"a{number}", "asset_type": "deposits", "subject": number, "reason": "outside_region"} for number in range(2)]
    new = [{"reason": "no_agency", "asset_type": "vehicles", "region_code": "440300", "count": 0, "subjects": [1], "examples": []}]
    assert groups_of([*old, *new]) == (LeftOutGroup("outside_region", "deposits", None, 2, (0, 1), ("a0", "a1")),
                                       LeftOutGroup("no_agency", "vehicles", "440300", 0, (1,), ()))


def test_one_is_shown_without_what_it_does_not_have():
    assert LeftOut("a", "deposits", 0, "not_served").shown() == {"agency": "a", "asset_type": "deposits", "subject": 0, "reason": "not_served"}
    assert LeftOut("a", "deposits", 0, "covered_by_higher_channel", "b").shown()["covered_by"] == "b"


def test_the_statement_names_what_was_not_asked_by_reason_region_and_kind():
    said = said_of((
        LeftOutGroup("outside_region", "deposits", None, 3990, (0,)), LeftOutGroup("not_asked", "deposits", None, 12, (0,)),
        LeftOutGroup("no_agency", "real_estate", "445300", 0, (0,)), LeftOutGroup("not_served", "equity", "440000", 1, (0,)),
        LeftOutGroup("no_query_capability", "deposits", "000000", 1, (0,))))
    assert said.zh == (
        "未查询的有：目录中没有登记该地财产的单位：不动产（广东省云浮市）；单位不受理本院查询：股权（广东省1项）；单位不具备查询功能：银行存款（全国1项）；"
        "本院未选：银行存款（12项）。未查询不等于无财产。另有3990项因登记地不在查找范围内而未查询。")
    assert said.en.startswith("Not asked: no agency in the directory for the place: real estate (广东省云浮市); ")
    assert said.en.endswith("Not asked does not mean no assets. 3990 more were not asked since they register elsewhere.")


def test_many_places_are_counted_not_read_aloud():
    said = said_of(tuple(LeftOutGroup("no_agency", "vehicles", f"44{number:02d}00", 0, (0,)) for number in range(1, 10)))
    assert "广东省汕头市等9处" in said.zh
    assert "and 4 more" in said.en


def test_what_a_higher_channel_answers_hides_nothing():
    said = said_of((LeftOutGroup("covered_by_higher_channel", "vehicles", "445300", 1, (0,)),))
    assert (said.zh, said.en) == ("未查询的有：已由上级通道查询同一登记：机动车（广东省云浮市1项）。",
                                  "Not asked: the same register is asked by a higher channel: vehicles (广东省云浮市 1).")


def test_nothing_left_out_says_nothing():
    assert said_of(()).zh == said_of(()).en == ""
