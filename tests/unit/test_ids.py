from deploy.clock import new_id


def test_identifiers_rise_and_none_follows_from_another():
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {26}
    # In steps of one, those of a millisecond would begin alike, and who has one would have the others.
    assert len({one[:20] for one in made}) > 19_000
