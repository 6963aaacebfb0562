import pytest

from gateway.domain.policy import MAY, Claims, decide

#: interface.md §1, rules for every call
STEPS = {"control.renew", "control.release", "control.deduct", "control.transfer", "control.convert", "control.batch"}
FOR_READERS = {"answer.read", "plan.read"}
FOR_ALL = {"rule.read"}
ALLOWED = {
    "judge": {"request.submit", "request.read", "document.upload", "document.read", "control.order", "control.read", "agency.read",
              "asset_type.read", "plan.make", *STEPS, *FOR_READERS, *FOR_ALL},
    "clerk": {*FOR_READERS, *FOR_ALL, "request.submit", "request.read", "document.upload", "document.read", "control.read", "agency.read", "asset_type.read"},
    "approver": {*FOR_READERS, *FOR_ALL, "request.read", "document.read", "control.read", "agency.read", "asset_type.read"},
    "auditor": {"oddity.read", *FOR_READERS, *FOR_ALL, "request.read", "document.read", "control.read", "agency.read", "asset_type.read"},
    "operator": {"oddity.read", *FOR_ALL, "agency.read", "asset_type.read"}, "agency": {"oddity.read", *FOR_ALL, "agency.read", "asset_type.read"}, "tester": {"oddity.read", *FOR_ALL, "agency.read", "asset_type.read"},
    "passer_by": set(),
}


def claims(*roles, court="粤5302"):
    return Claims(sub="粤5302-0031", name="李明", court_code=court, roles=roles, exp=2_000_000_000)


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("deed", MAY)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role, deed):
    decision = decide(claims(role), deed, "粤5302")
    assert decision.allowed is (deed in ALLOWED[role])
    assert decision.allowed or (decision.status, decision.code) == (403, "not_permitted")


@pytest.mark.parametrize("deed", ["request.read", "control.order", "document.read"])
def test_another_courts_object_is_not_there(deed):
    decision = decide(claims("judge", court="粤5303"), deed, "粤5302")
    assert (decision.allowed, decision.status, decision.code) == (False, 404, "not_found")


def test_a_missing_right_does_not_tell_whether_the_object_is_there():
    assert decide(claims("operator", court="粤5303"), "request.read", "粤5302").status == 403


def test_one_of_several_roles_is_enough():
    assert decide(claims("auditor", "clerk"), "request.submit", None).allowed
