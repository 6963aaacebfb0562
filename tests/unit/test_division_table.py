from deploy.divisions import lines, revision_of, today_of

TODAY = {"provinces": {
    "广东省": {"code": "440000000000", "cities": {
        "云浮市": {"code": "445300000000", "counties": {"云城区": "445302000000", "郁南县": "445322000000"}},
        "肇庆市": {"code": "441200000000", "counties": {"端州区": "441202000000"}}}},
    "北京市": {"code": "110000000000", "cities": {"": {"code": None, "counties": {"朝阳区": "110105000000"}}}},
    "重庆市": {"code": "500000000000", "cities": {"": {"code": None, "counties": {"渝中区": "500103000000"}}}}}}
FORMER = {
    "199312": {"441229": "郁南县", "441201": "市辖区", "441203": "端州区", "441205": "城区", "445302": "云城区"},
    "198712": {"442827": "云浮县", "440000": "广东省", "510202": "渝中区", "512221": "万县", "441229": "郁南县"}}


def test_divisions_of_today_are_read_by_six_digits():
    assert today_of(TODAY) == {"440000": "广东省", "445300": "云浮市", "445302": "云城区", "445322": "郁南县", "441200": "肇庆市", "441202": "端州区",
                               "110000": "北京市", "110105": "朝阳区", "500000": "重庆市", "500103": "渝中区"}


def test_a_revision_is_read_without_being_run():
    source = "from __future__ import unicode_literals\nname = '198012'\ndivision_schema = {'110000': '北京市'}\n"
    assert revision_of(source) == ("198012", {"110000": "北京市"})


def test_a_former_division_has_its_last_revision_and_what_has_its_name_today():
    rows = dict(row.split(",", 1) for row in lines(today_of(TODAY), FORMER))
    assert rows["445302"] == "云城区,,"
    assert rows["441229"] == "郁南县,199312,445322"
    assert rows["442827"] == "云浮县,198712,445300"
    assert rows["441203"] == "端州区,199312,441202"
    assert rows["441205"] == "城区,199312,"
    assert rows["510202"] == "渝中区,198712,500103"
    assert rows["512221"] == "万县,198712,500000"
    assert "441201" not in rows
    assert list(rows) == sorted(rows)
