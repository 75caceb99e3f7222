"""The shape of the repository: rules that break imports, dbt or readers when nobody watches them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

from settings import ROOT

FOLDERS_OF_FILES = ("airflow", "superset", "docker", "dbt_project", "tests")
PACKAGES = ("settings", "ingestion", "quality", "ml", "stack", "api")
LONGEST_FILE = 300
LONGEST_FUNCTION = 60

# Path to reason. Short, or the rule is wrong.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
NAMED_LIKE_OTHERS = {"stack/secrets.py": "stack is run by `python -m`, never as scripts beside it"}


def files(*patterns: str) -> list[Path]:
    """What belongs to the repository: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in sorted(set(listed.splitlines())) if (ROOT / line).is_file()]


PYTHON = files("*.py")
TEXT = files("*.py", "*.sql", "*.yml")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_repository_is_found() -> None:
    assert len(PYTHON) > 100
    assert {path.parts[len(ROOT.parts)] for path in PYTHON} >= {*PACKAGES, "tests", "migrations"}


def test_no_folder_of_files_is_a_package() -> None:
    """`airflow/__init__.py` would hide the installed Airflow; tests would then skip instead of failing."""
    found = [name(path) for folder in FOLDERS_OF_FILES for path in (ROOT / folder).rglob("__init__.py")]
    assert found == []


def test_every_package_is_declared_and_every_other_folder_is_none() -> None:
    found = {path.parent.name for path in PYTHON if path.name == "__init__.py" and path.parent.parent == ROOT}
    assert found == set(PACKAGES)


def test_no_module_at_the_top_is_named_after_something_installed() -> None:
    """What lies at the root, or at the top of a package, may come first on the path of a script."""
    installed = set(packages_distributions()) - set(PACKAGES)
    taken = {module for module in installed | set(sys.stdlib_module_names) if not module.startswith("_")}
    tops = [path for path in PYTHON if ROOT in (path.parent, path.parent.parent)]
    clashes = [name(path) for path in tops if path.stem in taken and path.parent.name not in FOLDERS_OF_FILES]
    assert clashes == [*NAMED_LIKE_OTHERS]


def test_no_top_level_module_is_taken_for_a_plugin_of_dbt() -> None:
    """dbt imports every top-level module whose name begins with dbt_."""
    named = [path for path in ROOT.glob("dbt_*") if path.suffix == ".py" or (path / "__init__.py").exists()]
    helpers = [path for path in files("airflow/dags/*.py") if path.name.startswith("dbt_")]
    assert [name(path) for path in named + helpers] == []


def test_test_files_have_names_of_their_own() -> None:
    counts = Counter(path.name for path in PYTHON if path.name.startswith("test_"))
    assert [file for file, count in counts.items() if count > 1] == []


def test_every_test_file_is_collected() -> None:
    """A file of tests that is not named test_*.py is never run."""
    strays = [
        name(path)
        for path in PYTHON
        if path.is_relative_to(ROOT / "tests")
        and not path.name.startswith(("test_", "conftest"))
        and any(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in tree(path).body
        )
    ]
    assert strays == []


def test_nothing_of_the_warehouse_s_user_is_tracked() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    forbidden = (".env", ".user.yml", "mlflow.db", ".DS_Store")
    assert [path for path in tracked.splitlines() if Path(path).name in forbidden] == []
    assert [path for path in tracked.splitlines() if path.startswith("data/raw/")] == ["data/raw/README.md"]


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_files_are_short() -> None:
    found = {name(path): lines(path) for path in TEXT if lines(path) > LONGEST_FILE}
    assert found.keys() == LONG_FILES.keys(), f"split by noun, or mend the list of exceptions: {found}"


def test_functions_are_short() -> None:
    found = {
        f"{name(path)}:{function.name}": length(function)
        for path in PYTHON
        for function in functions(path)
        if length(function) > LONGEST_FUNCTION
    }
    assert found.keys() == LONG_FUNCTIONS.keys(), f"split, or mend the list of exceptions: {found}"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
