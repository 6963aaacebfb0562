import ast
from pathlib import PurePosixPath

from tests.architecture import code

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 40
#: Names that say nothing of what is inside.
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "manager", "service", "misc"}
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS = {
    ("gateway/domain/control.py", "apply"): "the state machine is one match statement, read from top to bottom",
    ("gateway/store/migrations/versions/0001_the_first_tables.py", "upgrade"): "a migration is data",
}


def test_a_file_fits_on_a_few_screens():
    assert {path: lines for path in code.files() if (lines := length(path)) > MOST_LINES and path not in LONG_FILES} == {}


def length(path):
    return len((code.ROOT / path).read_text(encoding="utf-8").splitlines())


def test_a_function_fits_on_one_screen():
    assert {(path, name): lines for path in code.files() for name, lines in long_functions(path).items() if (path, name) not in LONG_FUNCTIONS} == {}


def long_functions(path):
    functions = [*code.nodes(path, ast.FunctionDef), *code.nodes(path, ast.AsyncFunctionDef)]
    lengths = {one.name: one.end_lineno - one.lineno + 1 for one in functions}
    return {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION}


def test_a_module_is_named_by_what_is_in_it():
    assert [path for path in code.files() if EMPTY_NAMES & {part.removesuffix(".py") for part in PurePosixPath(path).parts}] == []


def test_every_exception_is_needed():
    assert all(length(path) > MOST_LINES for path in LONG_FILES)
    assert all(name in long_functions(path) for path, name in LONG_FUNCTIONS)
