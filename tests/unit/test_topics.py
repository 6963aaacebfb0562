from contracts.kafka.topics import was_worker_group, worker_group


def test_a_group_is_named_by_its_topic_alone():
    assert worker_group("deposits") == "chakong.worker.deposits"


def test_groups_named_by_lists_of_kinds_are_known_again():
    assert was_worker_group("chakong.worker.deposits+vehicles", "deposits")
    assert was_worker_group("chakong.worker.deposits+vehicles", "vehicles")
    others = ("chakong.worker.deposits", "chakong.worker.equity+vehicles", "chakong.worker.deposits_x+vehicles", "chakong.aggregator", "deposits+vehicles")
    assert not any(was_worker_group(one, "deposits") for one in others)
