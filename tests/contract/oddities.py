"""One odd field in one item of a right answer: whatever is written there, the other items stand as they stood. For contract tests."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.agency import Agency
from contracts.messages import FoundAsset, UnreadableItem
from services.runtime.port import Adapter, AgencyResponse, Asked, Found

GONE = object()
#: What may stand in any field, by what it is; `_forms_of` adds what depends on the value.
ANYTHING: Mapping[str, object] = {
    "empty": "", "null": None, "gone": GONE, "unknown code": "ZZ9", "too long": "长" * 5_000, "a list": [[]], "an object": {"x": {}},
    "a number": 7, "a fraction": 0.5, "a flag": True, "a NUL": "a\x00b", "blanks": " \u3000 ", "a day that is none": "0001-01-01", "no end": "99991231",
    "nothing in words": "无", "negative": "-1", "huge": "9" * 40,
}


@dataclass(frozen=True)
class Golden:
    """A right answer of one dialect that lists several items, how its body is opened and closed, and where its items are."""

    title: str
    adapter: Adapter
    agency: Agency
    asked: Asked
    response: AgencyResponse
    open: Callable[[bytes], Any]
    close: Callable[[Any], bytes]
    items: Callable[[Any], list[Any]]

    def read(self, tree: Any) -> Found:
        body = self.close(tree)
        answer = self.adapter.to_answers(self.agency, [self.asked], AgencyResponse(200, self.response.content_type, body))[self.asked.request_no]
        assert isinstance(answer, Found), answer
        return answer

    def tree(self) -> Any:
        return self.open(self.response.body)


def as_json(body: bytes) -> Any:
    return orjson.loads(body)


def to_json(tree: Any) -> bytes:
    return orjson.dumps(tree)


def fields_of(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field of an item, those of its lists' rows too."""
    for name, value in item.items() if isinstance(item, dict) else enumerate(item):
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from fields_of(value, (*path, name))


def put(item: Any, path: Sequence[Any], value: object) -> None:
    for step in path[:-1]:
        item = item[step]
    if value is GONE:
        del item[path[-1]]
    else:
        item[path[-1]] = value


def forms_of(value: object) -> Iterator[tuple[str, object]]:
    """Other forms of a value that is there."""
    if isinstance(value, str):
        yield from {"full-width": value.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}), "blanks around": f" {value}\u3000",
                    "cut": value[:-1], "doubled": value * 2, "reversed": value[::-1], "lower": value.lower(), "with a unit": f"{value}元"}.items()
    elif isinstance(value, int):
        yield "as text", str(value)


def oddly_written(item: Any) -> Iterator[tuple[str, Any]]:
    """Give the item again and again, each time with one field written oddly, or with one that the document does not have."""
    for path in fields_of(item):
        value = item
        for step in path:
            value = value[step]
        for what, written in [*ANYTHING.items(), *forms_of(value)]:
            changed = deepcopy(item)
            put(changed, path, written)
            yield f"{'.'.join(map(str, path))}: {what}", changed
    yield "a field outside the document", {**deepcopy(item), "新字段": "新增字段"}


def check_others_stand(golden: Golden, position: int = 1) -> Counter[str]:
    """Write every field of one item oddly; count what became of it, and check that nothing else changed."""
    right = golden.read(golden.tree())
    others = [asset for index, asset in enumerate(right.assets) if index != position]
    counts: Counter[str] = Counter()
    for what, changed in oddly_written(golden.items(golden.tree())[position]):
        tree = golden.tree()
        golden.items(tree)[position] = changed
        try:
            answer = golden.read(tree)
        except Exception as error:
            raise AssertionError(f"{golden.title}, {what}") from error
        counts[became(answer, others, right.assets[position], what)] += 1
    return counts


def became(answer: Found, others: Sequence[FoundAsset], before: FoundAsset, what: str) -> str:
    left = list(answer.assets)
    for other in others:
        assert other in left, f"{what}: another item is gone"
        left.remove(other)
    mine: list[FoundAsset | UnreadableItem] = [*left, *answer.unreadable]
    assert len(mine) == 1, f"{what}: {len(mine)} items stand for one"
    one = mine[0]
    orjson.dumps(one.model_dump(mode="json"))
    if isinstance(one, UnreadableItem):
        assert one.unread, what
        return "unreadable"
    if one.unread:
        return "marked"
    return "found" if one == before else "read otherwise"
