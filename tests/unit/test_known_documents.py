"""What the edge remembers of documents has a bound."""

from gateway.api.known_documents import KnownDocuments


def test_the_oldest_are_forgotten():
    known = KnownDocuments()
    for number in range(20_001):
        known.saw("粤5302", [f"sha256:{number}"])
    assert known.unseen("粤5302", ["sha256:0", "sha256:1", "sha256:20000"]) == ["sha256:0"]


def test_what_one_court_has_another_has_not():
    known = KnownDocuments()
    known.saw("粤5302", ["sha256:1"])
    assert known.unseen("粤5303", ["sha256:1"]) == ["sha256:1"]
