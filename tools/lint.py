"""Checks that no ready-made linter has: files that grew too long, code tied to one system, tables without a tenant.

Run as `python -m tools.lint`; `make check` does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LINUX_ONLY = frozenset({"fcntl", "pwd", "grp", "resource", "termios", "posix", "syslog"})
SYSTEM_CALLS = frozenset({"fork", "forkpty", "getuid", "geteuid", "setsid", "killpg", "add_signal_handler"})
NOT_PATHS = frozenset({"formatter"})  # the command line library's help formatter has a write_text of its own
CATCH_ALL_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "common", "misc"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule, with the place."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.text}"


Check = Callable[[Path, ast.Module, str], Iterator[Fault]]


def too_long(path: Path, tree: ast.Module, text: str) -> Iterator[Fault]:
    """A file past the limit wants a second room."""
    del tree
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield Fault(path, lines, f"{lines} lines; a file has at most {LONGEST_FILE}: find the second room in it")


def catch_all_name(path: Path, tree: ast.Module, text: str) -> Iterator[Fault]:
    """A name that says nothing collects everything."""
    del tree, text
    for part in (path.stem, *path.parent.parts):
        if part in CATCH_ALL_NAMES:
            yield Fault(path, 1, f"`{part}` names no purpose")


def tied_to_linux(path: Path, tree: ast.Module, text: str) -> Iterator[Fault]:
    """Many MSPs live on Windows: nothing in src may need another system."""
    del text
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for module in named:
                if module.split(".")[0] in LINUX_ONLY:
                    yield Fault(path, node.lineno, f"`{module}` does not exist on Windows")
        elif isinstance(node, ast.Attribute) and node.attr in SYSTEM_CALLS:
            yield Fault(path, node.lineno, f"`{node.attr}` does not work on Windows")


def _is_binary(call: ast.Call) -> bool:
    mode: ast.expr | None = call.args[1] if len(call.args) > 1 else None
    mode = next((keyword.value for keyword in call.keywords if keyword.arg == "mode"), mode)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and "b" in mode.value


def without_encoding(path: Path, tree: ast.Module, text: str) -> Iterator[Fault]:
    """Text files have an encoding; the system's default differs."""
    del text
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(keyword.arg == "encoding" for keyword in node.keywords):
            continue
        built_in = isinstance(node.func, ast.Name) and node.func.id == "open" and not _is_binary(node)
        of_a_path = (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in {"read_text", "write_text"}
            and not (isinstance(node.func.value, ast.Name) and node.func.value.id in NOT_PATHS)
        )
        if built_in or of_a_path:
            yield Fault(path, node.lineno, "a text file opened without encoding=")


def table_without_tenant(path: Path, tree: ast.Module, text: str) -> Iterator[Fault]:
    """Every table is a tenant's: made by `tenant_table`, never by hand (import contracts keep tables in the store)."""
    del text
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "Table" and path.name not in {"columns.py", "schema.py"}:
            yield Fault(path, node.lineno, "tables are made by tenant_table(...)")


SOURCE_CHECKS: tuple[Check, ...] = (too_long, catch_all_name, tied_to_linux, without_encoding, table_without_tenant)
OTHER_CHECKS: tuple[Check, ...] = (too_long, catch_all_name)


def faults_in(path: Path, checks: tuple[Check, ...]) -> Iterator[Fault]:
    """All faults of one file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    for check in checks:
        yield from check(path, tree, text)


def all_faults(root: Path = ROOT) -> list[Fault]:
    """All faults of the project's own Python files."""
    found: list[Fault] = []
    for folder, checks in (
        ("src", SOURCE_CHECKS),
        ("tests", OTHER_CHECKS),
        ("tools", OTHER_CHECKS),
        ("bench", OTHER_CHECKS),
    ):
        for path in sorted((root / folder).rglob("*.py")):
            found.extend(faults_in(path, checks))
    return found


def main() -> int:
    """Print every fault; exit 1 when there is one."""
    faults = all_faults()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
