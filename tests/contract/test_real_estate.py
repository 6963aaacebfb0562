import ast
from base64 import b64encode
from pathlib import Path

import pytest

from contracts.assets.real_estate import ASSET_TYPE
from contracts.control import ControlAnswer, Transferee
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.outcome import REASONS
from contracts.subject import IdType
from services.real_estate import (
    agency_api,
    codes,
    demo,
    envelope,
    mock_registry,
    presale,
    presale_api,
    presale_reading,
    registry,
)
from services.real_estate.adapter import ADAPTER
from services.real_estate.examples import EXAMPLES
from services.real_estate.mock_agency import MOCK
from services.runtime.mock.port import MockRequest
from services.runtime.port import (
    Accepted,
    Controlled,
    Found,
    Outgoing,
    OutsideProtocol,
    Refused,
)
from tests.contract.exchange import NOW, Exchange, agency_row, asked_of, other_court

ROW = agency_row("real_estate", agency="yunfu-real-estate", name={"zh": "云浮市不动产登记中心", "en": "Registry"},
                 capabilities=("query", "seal", "renew", "release", "transfer", "status"))
BUREAU = agency_row("real_estate", agency="yunfu-housing-bureau", name={"zh": "云浮市住房和城乡建设局", "en": "Bureau"},
                    capabilities=("query", "seal", "renew", "release", "status"), dialect="presale")
NUMBER = "20261122445302000123"
BOTH = pytest.mark.parametrize("row", [ROW, BUREAU], ids=lambda row: row.dialect)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ADAPTER, MOCK, ROW)


@pytest.fixture
def bureau() -> Exchange:
    return Exchange(ADAPTER, MOCK, BUREAU)


@pytest.fixture
def chen(exchange):
    return exchange.simulation.register.subject(demo.DEMO_PERSON)


def row_of(example):
    return ROW if example.dialect == "standard" else BUREAU


def controlled(answer) -> ControlAnswer:
    assert isinstance(answer, Controlled), answer
    return answer.control


# ---- golden pairs


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_commands_are_written_as_the_example_says(example):
    assert ADAPTER.to_call(row_of(example), example.outgoing) == example.call


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_answer_means_what_the_example_says(example):
    asked = [asked_of(one.command) for one in example.outgoing]
    assert ADAPTER.to_answers(row_of(example), asked, example.response) == example.answers


@pytest.mark.parametrize("title", ["查到三处不动产", "查封已生效", "在先查封", "住建部门", "预查封已生效"])
def test_the_mock_answers_the_demo_questions_as_the_example_says(title):
    example = next(one for one in EXAMPLES if one.title.startswith(title))
    there = Exchange(ADAPTER, MOCK, row_of(example))
    if title == "在先查封":  # the registry numbers its seals, and this is the second
        first = next(one for one in EXAMPLES if one.title.startswith("查封已生效"))
        MOCK.answer(there.desk, MockRequest("POST", first.call.path, {}, {}, first.call.content))
    answered = MOCK.answer(there.desk, MockRequest(example.call.method, example.call.path, {}, {}, example.call.content))
    assert (answered.content_type, answered.body.decode()) == (example.response.content_type, example.response.body.decode())


def test_an_attribute_is_base64_of_gbk():
    assert envelope.encoded("陈伟") == "s8LOsA==" == b64encode("陈伟".encode("gbk")).decode()
    assert envelope.decoded(envelope.encoded("𠮷田·﨟")) == "𠮷田·﨟"


# ---- the truth, both ways


@BOTH
def test_what_many_subjects_hold_arrives_as_the_register_has_it(row):
    there = Exchange(ADAPTER, MOCK, row)
    subjects = list(there.simulation.register.subjects())[::9]
    commands = [there.command("query", subject) for subject in subjects]
    answers = there.ask(*commands)
    holders = 0
    for command, subject in zip(commands, subjects, strict=True):
        answer = answers[command.request_no]
        truth = sorted(there.desk.holdings(subject), key=lambda held: held.key)
        assets = sorted(answer.assets, key=lambda asset: ASSET_TYPE.key_text(asset.record))
        holders += bool(truth)
        assert [ASSET_TYPE.record.model_validate(asset.record) for asset in assets] == [held.record for held in truth]
        assert [asset.priority_rights for asset in assets] == [held.priority_rights for held in truth]
        assert [list(asset.prior_measures) for asset in assets] == [
            list(there.desk.measures(held.key, subject.id_no)) for held in truth]
        assert answer.as_of == there.clock.now()
    assert holders > (200 if row is ROW else 20)


def test_a_third_of_the_people_of_the_region_hold_a_home(exchange):
    people = [one for one in exchange.simulation.register.subjects() if one.kind == "person" and ROW.registers(one.region_code)]
    share = sum(bool(exchange.desk.holdings(one)) for one in people) / len(people)
    assert 0.33 < share < 0.45


def test_holdings_are_lawful_and_repeatable(exchange):
    for subject in list(exchange.simulation.register.subjects())[::7]:
        for held in exchange.desk.holdings(subject):
            assert held.key in (held.record.unit_code, f"certificate_no:{held.record.certificate_no}")
            assert ROW.registers(held.record.region_code)
            assert bool(held.record.co_owners) == (held.record.co_ownership != "sole")
            assert [one.rank for one in held.prior_measures] == list(range(1, len(held.prior_measures) + 1))
            assert all(one.until_on.year in (2026, 2027) for one in held.prior_measures[:1])
    assert Exchange(ADAPTER, MOCK, ROW).desk.holdings(subject) == exchange.desk.holdings(subject)


def test_registry_and_housing_bureau_record_the_same_homes_on_sale(exchange, bureau):
    subjects = list(exchange.simulation.register.subjects())[::5]
    on_sale = {held.key for one in subjects for held in exchange.desk.holdings(one) if held.record.right_type == "advance_notice"}
    assert on_sale == {held.key for one in subjects for held in bureau.desk.holdings(one)} != set()


def test_an_old_id_number_finds_the_same_person(exchange):
    old = next(one for one in exchange.simulation.register.subjects() if len(one.id_no) == 15)
    assert isinstance(exchange.ask_one(exchange.command("query", old)), Found)


def test_the_tables_cover_both_agencies_lists():
    assert set(codes.REASONS) | {codes.UNSUPPORTED} == set(agency_api.Refusal.__args__)
    assert set(codes.STATES) == set(agency_api.SealState.__args__)
    assert set(codes.SEALS) == set(agency_api.SealKind.__args__)
    assert set(codes.ID_TYPES) == set(registry._ID_KINDS.values()) == set(agency_api.IdKind.__args__)
    assert set(registry._MEASURES.values()) == set(agency_api.Measure.__args__)
    assert {name for _, name in codes.RIGHTS.values()} == {*codes.LISTS, None}
    kinds = {kind for kind, _ in codes.RIGHTS.values()}
    assert kinds == set(ASSET_TYPE.words()["right_type"]) == set(registry._ASKED_RIGHTS)
    assert {kind: codes.RIGHTS[code][0] for kind, code in registry._ASKED_RIGHTS.items()} == {kind: kind for kind in kinds}
    assert set(presale._REASONS) | {presale._UNSUPPORTED} == set(presale_api.Reason.__args__)
    assert set(presale._STATES) == set(presale_api.HoldState.__args__)
    assert set(presale._CARD_KINDS.values()) == set(presale_reading.ID_TYPES) == set(presale_api.CardKind.__args__)
    assert set(registry._ID_KINDS) == set(presale._CARD_KINDS) == set(IdType.__args__)
    assert {*codes.REASONS.values(), *presale._REASONS.values()} <= set(REASONS)
    assert set(mock_registry._TEXTS) == set(agency_api.Refusal.__args__)


MOCKS = ("mock_agency", "mock_registry", "mock_registry_rows", "mock_soap", "mock_presale", "demo", "holdings")


@pytest.mark.parametrize("name", MOCKS)
def test_the_mock_knows_nothing_of_the_adapter(name):
    path = Path(f"services/real_estate/{name}.py")
    assert {one.removeprefix("services.real_estate.") for one in imported(path) if one.startswith("services.real_estate.")} <= set(MOCKS)
    assert not any(one.startswith("services.runtime.reading") for one in imported(path))


def imported(path):
    """Every module a file imports, `from x import y` as both x and x.y."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "services.real_estate":
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)


# ---- controls


def seal(exchange, debtor, held, /, **changes):
    return exchange.order("seal", debtor, held, **{"term_months": 36, **changes})


def test_a_first_seal_is_in_force_for_three_years(exchange):
    subject, held = exchange.holder()
    control = controlled(exchange.ask_one(seal(exchange, subject, held)))
    assert (control.state, control.rank, control.until_on.isoformat()) == ("in_force", 1, "2029-11-21")
    assert control.served_at == control.effective_at == NOW
    assert control.agency_control_no


def test_a_second_court_waits_with_rank_two(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    control = controlled(exchange.ask_one(seal(exchange, subject, held, **other_court())))
    assert (control.state, control.rank, control.until_on) == ("waiting", 2, None)
    assert [(one.authority, one.rank, one.request_no) for one in control.prior_measures] == [("云浮市云城区人民法院", 1, first.request_no)]


def test_the_seals_that_stand_are_told_to_whoever_asks(exchange, chen):
    exchange.ask_one(seal(exchange, chen, demo.DEMO_HOLDINGS["standard", chen.id_no][1]))
    shop = exchange.ask_one(exchange.command("query", chen)).assets[1]
    assert [(one.kind, one.rank) for one in shop.prior_measures] == [("seal", 1), ("seal", 2)]


def test_a_home_on_sale_is_pre_sealed(exchange, chen):
    on_sale = demo.DEMO_HOLDINGS["standard", chen.id_no][2]
    assert controlled(exchange.ask_one(seal(exchange, chen, on_sale))).state == "in_force"
    assert exchange.ask_one(exchange.command("query", chen)).assets[2].prior_measures[0].kind == "pre_seal"


def test_a_released_seal_lets_the_next_move_up(exchange):
    subject, held = exchange.holder()
    first, second = seal(exchange, subject, held), seal(exchange, subject, held, **other_court())
    exchange.ask_one(first)
    exchange.ask_one(second)
    released = exchange.ask_one(exchange.order("release", subject, held, original_request_no=first.request_no))
    assert controlled(released).state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).rank == 1


def test_a_renewal_names_the_new_end(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held, term_months=12)
    exchange.ask_one(first)
    renewed = exchange.ask_one(exchange.order("renew", subject, held, term_months=36, original_request_no=first.request_no))
    assert controlled(renewed).until_on.isoformat() == "2030-11-21"


def test_a_transfer_takes_the_home_off_the_debtor(exchange):
    subject, held = exchange.holder()
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    to = Transferee(name="黄志强", id_type="resident_id", id_no="44530219880606003X")
    moved = exchange.ask_one(exchange.order("transfer", subject, held, original_request_no=first.request_no, transferee=to))
    assert controlled(moved).state == "transferred"
    assert held not in exchange.desk.holdings(subject)


def test_the_same_order_twice_acts_once(exchange):
    subject, held = exchange.holder()
    order = seal(exchange, subject, held)
    assert exchange.ask_one(order) == exchange.ask_one(order)
    assert len(exchange.desk.measures(held.key, subject.id_no)) == 1


def test_an_order_that_may_not_be_done_is_refused_in_our_words(exchange):
    subject, held = exchange.holder()
    elsewhere = {**held.record.model_dump(mode="json"), "unit_code": "445302001001GB99999F99999999"}
    namesake = {"kind": "person", "name": "他人", "id_type": subject.id_type, "id_no": subject.id_no}
    ruling_only = [document for document in seal(exchange, subject, held).documents if document.kind == "ruling"]
    cases = {
        "document_missing": seal(exchange, subject, held, documents=ruling_only),
        "identity_mismatch": seal(exchange, subject, held, subject=namesake),
        "asset_not_found": seal(exchange, subject, held, asset=elsewhere),
        "term_over_cap": seal(exchange, subject, held, term_months=37),
        "no_original_measure": exchange.order("release", subject, held, original_request_no="none"),
        "identity_incomplete": exchange.order("transfer", subject, held, original_request_no="none", transferee=None),
    }
    assert {code: exchange.ask_one(command).code for code, command in cases.items()} == {code: code for code in cases}
    assert exchange.ask_one(exchange.command("query", subject, subject=namesake)).code == "identity_mismatch"
    assert exchange.ask_one(exchange.command("query", subject, documents=[])).code == "document_missing"


def test_a_document_that_was_changed_on_the_way_is_refused(exchange):
    subject, held = exchange.holder()
    order = seal(exchange, subject, held)
    call = ADAPTER.to_call(ROW, [Outgoing(order, contents={order.documents[0].document_id: b"%PDF-1.7"})])
    spoilt = call.content.replace(b64encode(b"%PDF-1.7"), b64encode(b"%PDF-1.8"))
    for content, kind in ((call.content, Controlled), (spoilt, Refused)):
        there = Exchange(ADAPTER, MOCK, ROW)
        response = MOCK.answer(there.desk, MockRequest("POST", call.path, {}, {}, content))
        assert isinstance(there.read([order], response)[order.request_no], kind)


@BOTH
def test_nothing_is_done_without_the_officers_cards(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    order = there.order("pre_seal", chen, demo.DEMO_HOLDINGS[row.dialect, chen.id_no][-1])
    call = there.call(order)
    card = b',"duty_card":"ZX-0031"' if row is BUREAU else f' GWZBH="{envelope.encoded("ZX-0031")}"'.encode()
    assert card in call.content
    response = MOCK.answer(there.desk, MockRequest("POST", call.path, {}, {}, call.content.replace(card, b"")))
    assert there.read([order], response)[order.request_no].code == "credential_missing"


@pytest.mark.parametrize(("start", "kind"), [(b"%PDF-1.7", "pdf"), (b"\xff\xd8\xff\xe0", "jpg"), (b"\x89PNG\r\n", "png"),
                                             (b"PK\x03\x04", "ofd"), (b"?", "bin")])
def test_a_documents_kind_is_seen_from_its_content(exchange, chen, start, kind):
    command = exchange.command("query", chen)
    call = ADAPTER.to_call(ROW, [Outgoing(command, contents={command.documents[0].document_id: start})])
    document = envelope.words(envelope.read(call.content).items[0])["WS"][0]
    assert (document["WJLX"], document["WSNR"]) == (kind, b64encode(start).decode())


@pytest.mark.parametrize("action", ["seal", "transfer", "freeze"])
def test_the_bureau_seals_nothing_that_is_registered_and_passes_no_title(bureau, chen, action):
    with pytest.raises(AgencyUnsupported):
        bureau.call(bureau.order(action, chen, demo.DEMO_HOLDINGS["presale", chen.id_no][0]))


def test_the_bureau_prolongs_and_lifts_what_it_holds(bureau, chen):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    first = bureau.order("pre_seal", chen, sold, term_months=12)
    second = bureau.order("pre_seal", chen, sold, term_months=36, **other_court())
    held, waits = controlled(bureau.ask_one(first)), controlled(bureau.ask_one(second))
    follows = {"measure": "pre_seal", "original_request_no": first.request_no, "original_case_no": first.case.case_no,
               "agency_control_no": held.agency_control_no}
    longer = controlled(bureau.ask_one(bureau.order("renew", chen, sold, **{**follows, "term_months": 12})))
    assert (waits.state, longer.state, longer.rank) == ("waiting", "in_force", 1)
    assert (longer.until_on.year, (longer.until_on.month, longer.until_on.day)) == (held.until_on.year + 1, (held.until_on.month, held.until_on.day))
    assert controlled(bureau.ask_one(bureau.order("release", chen, sold, **follows))).state == "released"
    promoted = controlled(bureau.ask_one(bureau.status_of(second)))
    assert (promoted.state, promoted.rank) == ("in_force", 1)


def test_the_second_hold_of_the_bureau_waits(bureau, chen):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    first = bureau.order("pre_seal", chen, sold, term_months=36)
    assert controlled(bureau.ask_one(first)).state == "in_force"
    waiting = controlled(bureau.ask_one(bureau.order("pre_seal", chen, sold, term_months=36, **other_court())))
    assert (waiting.state, waiting.rank, waiting.prior_measures[0].request_no) == ("waiting", 2, first.request_no)


def test_the_bureau_refuses_in_its_own_words(bureau, chen):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    namesake = {"kind": "person", "name": "他人", "id_type": chen.id_type, "id_no": chen.id_no}
    assert bureau.ask_one(bureau.order("pre_seal", chen, sold, term_months=37)).code == "term_over_cap"
    assert bureau.ask_one(bureau.order("pre_seal", chen, sold, documents=[])).code == "document_missing"
    assert bureau.ask_one(bureau.command("query", chen, subject=namesake)).code == "identity_mismatch"


def test_an_action_the_agency_does_not_offer_is_unsupported(exchange, chen):
    held = demo.DEMO_HOLDINGS["standard", chen.id_no][0]
    for row in (agency_row("real_estate", capabilities=("query",)), agency_row("real_estate", dialect="unheard_of")):
        with pytest.raises(AgencyUnsupported):
            ADAPTER.to_call(row, [Outgoing(exchange.order("seal", chen, held))])
    with pytest.raises(AgencyUnsupported):
        exchange.call(exchange.order("deduct", chen, held))
    for row, action in ((ROW, "seal"), (BUREAU, "pre_seal")):
        with pytest.raises(AgencyUnsupported):
            ADAPTER.to_call(row, [Outgoing(exchange.command(action, chen))])


# ---- houses from before unified registration


@pytest.fixture
def old(exchange):
    """Somebody's house that has no unit code, and that is free."""
    return next((subject, held) for subject, held in exchange.held() if held.record.unit_code is None)


def test_some_houses_have_no_unit_code_and_are_found_by_their_certificate(exchange):
    everyone = exchange.simulation.register.subjects()
    holders = [one for one in everyone if any(held.record.unit_code is None for held in exchange.desk.holdings(one))]
    assert 50 < len(holders) < 1_000
    for subject in holders[:20]:
        answer = exchange.ask_one(exchange.command("query", subject))
        assert {ASSET_TYPE.key_text(asset.record) for asset in answer.assets} == {held.key for held in exchange.desk.holdings(subject)}
        assert not answer.unreadable
        assert not any(asset.unread for asset in answer.assets)


def test_a_house_without_a_unit_code_is_sealed_by_its_certificate(exchange, old):
    subject, held = old
    assert held.key == f"certificate_no:{held.record.certificate_no}"
    order = seal(exchange, subject, held)
    words = envelope.words(envelope.read(exchange.call(order).content).items[0])
    assert ("BDCDYH" in words, words["BDCQZH"]) == (False, held.record.certificate_no)
    control = controlled(exchange.ask_one(order))
    assert (control.state, control.rank, control.until_on.isoformat()) == ("in_force", 1, "2029-11-21")
    asset = next(one for one in exchange.ask_one(exchange.command("query", subject)).assets if ASSET_TYPE.key_text(one.record) == held.key)
    assert [one.request_no for one in asset.prior_measures] == [order.request_no]


def test_it_is_held_when_only_its_certificate_is_known(exchange, old):
    subject, held = old
    order = exchange.order("seal", subject, held, asset=ASSET_TYPE.known_by(held.key))
    assert controlled(exchange.ask_one(order)).state == "in_force"
    assert exchange.desk.measures(held.key, subject.id_no)


def test_the_second_court_waits_and_moves_up_and_the_first_renews_and_releases(exchange, old):
    first, second = seal(exchange, *old, term_months=12), seal(exchange, *old, **other_court())
    exchange.ask_one(first)
    waiting = controlled(exchange.ask_one(second))
    assert (waiting.state, waiting.rank, waiting.prior_measures[0].request_no) == ("waiting", 2, first.request_no)
    renewed = controlled(exchange.ask_one(exchange.order("renew", *old, term_months=36, original_request_no=first.request_no)))
    assert renewed.until_on.isoformat() == "2030-11-21"
    assert controlled(exchange.ask_one(exchange.order("release", *old, original_request_no=first.request_no))).state == "released"
    assert controlled(exchange.ask_one(exchange.status_of(second))).rank == 1


def test_its_title_passes_and_it_is_no_longer_the_debtors(exchange, old):
    subject, held = old
    first = seal(exchange, subject, held)
    exchange.ask_one(first)
    to = Transferee(name="黄志强", id_type="resident_id", id_no="44530219880606003X")
    moved = exchange.ask_one(exchange.order("transfer", subject, held, original_request_no=first.request_no, transferee=to))
    assert controlled(moved).state == "transferred"
    assert held not in exchange.desk.holdings(subject)


def test_a_certificate_that_nobody_holds_is_no_asset(exchange, old):
    subject, held = old
    elsewhere = {**held.record.model_dump(mode="json"), "certificate_no": "粤房地权证云浮字第0100099999号"}
    assert exchange.ask_one(seal(exchange, subject, held, asset=elsewhere)).code == "asset_not_found"


def test_a_house_with_a_unit_code_is_found_by_its_certificate_too(exchange, chen):
    home = demo.DEMO_HOLDINGS["standard", chen.id_no][0]
    known = ASSET_TYPE.known_by(f"certificate_no:{demo.HOME.certificate_no}")
    assert controlled(exchange.ask_one(seal(exchange, chen, home, asset=known))).state == "in_force"
    assert exchange.desk.measures(home.key, chen.id_no)


def test_the_bureau_knows_no_home_without_a_house_code(bureau, chen):
    sold = demo.DEMO_HOLDINGS["presale", chen.id_no][0]
    with pytest.raises(AgencyUnsupported):
        bureau.call(bureau.order("pre_seal", chen, sold, asset=ASSET_TYPE.known_by("certificate_no:粤房地权证云浮字第0100012345号")))


# ---- answers that come later


@pytest.mark.parametrize("row", [
    ROW.model_copy(update={"answers_by": "status"}), BUREAU.model_copy(update={"answers_by": "status", "mode": "manual"})],
    ids=lambda row: row.dialect)
def test_an_agency_that_answers_when_asked_again_first_takes_it_in(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    commands = [there.command("query", chen) for _ in range(3)]
    taken = there.ask(*commands)
    assert all(isinstance(one, Accepted) and one.agency_ref for one in taken.values())
    assert isinstance(there.ask_one(there.status_of(commands[0])), Accepted)
    there.clock.advance(3 * 86_400)
    assert len(there.ask_one(there.status_of(commands[0])).assets) == (3 if row.dialect == "standard" else 1)


def test_a_seal_that_is_confirmed_later_is_told_as_it_stands_then(chen):
    there = Exchange(ADAPTER, MOCK, ROW.model_copy(update={"answers_by": "status"}))
    home = demo.DEMO_HOLDINGS["standard", chen.id_no][0]
    order = seal(there, chen, home, term_months=1)
    assert isinstance(there.ask_one(order), Accepted)
    there.clock.advance(60)
    assert controlled(there.ask_one(there.status_of(order))).state == "in_force"
    there.clock.advance(40 * 86_400)
    assert controlled(there.ask_one(there.status_of(order))).state == "expired"


@BOTH
def test_an_agency_that_calls_back_gets_the_address_and_posts_the_normal_answer(row, chen):
    there = Exchange(ADAPTER, MOCK, row.model_copy(update={"answers_by": "callback"}))
    command = there.command("query", chen)
    assert isinstance(there.ask_one(command), Accepted)
    there.clock.advance(3 * 86_400)
    assert isinstance(there.called_back(command), Found)


@BOTH
def test_a_request_the_agency_never_had_is_no_earlier_request(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    held = demo.DEMO_HOLDINGS[row.dialect, chen.id_no][0]
    asked = there.status_of(there.order("pre_seal", chen, held))
    assert there.ask_one(asked).code == "no_original_measure"


# ---- faults in the agency's own words


@BOTH
def test_scripted_faults_read_as_what_they_are(row, chen):
    there = Exchange(ADAPTER, MOCK, row)
    commands = [there.command("query", chen), there.command("query", chen)]
    assert {one.code for one in there.fail("refused", *commands).values()} == {"rejected_by_agency"}
    assert {type(one) for one in there.fail("unknown_code", *commands).values()} == {OutsideProtocol}
    for answer in there.fail("unknown_field", *commands).values():
        assert [one.code for one in answer.unread] == ["unknown_field"]
    with pytest.raises(AgencyProtocolError):
        there.fail("malformed", *commands)
    with pytest.raises(AgencyUnavailable) as closed:
        there.fail("office_closed", *commands)
    assert closed.value.why == "office_closed"
    held = demo.DEMO_HOLDINGS[row.dialect, chen.id_no][0]
    order = there.order("pre_seal", chen, held)
    assert there.fail("refused", order)[order.request_no].code == "rejected_by_agency"
    for kind in ("unknown_field", "unknown_code"):
        assert isinstance(there.fail(kind, order)[order.request_no], OutsideProtocol)
    assert there.fail("refused", there.status_of(order))[order.request_no].code == "rejected_by_agency"
