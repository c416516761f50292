"""`make mutants`: change some files of core in many small ways, and tell which change no test of tests/core notices.

In a folder of its own, because mutmut reads what to change from pyproject.toml alone. Functions of a file that is
changed run several times slower, so few files at a time (docs/decisions/0208-mutants-of-core.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("src", "tests", "docs", "tools")
CORE = "src/trueup/core"
_HEADS = ("+++", "---")


def configured(text: str, patterns: list[str]) -> str:
    """pyproject.toml with what mutmut needs to change files of these patterns."""
    chosen = ", ".join(f'"{CORE}/{pattern}"' for pattern in patterns)
    return f"""{text}
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{chosen}]
pytest_add_cli_args = ["-n", "0", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = ["tests/core"]
also_copy = ["docs", "tools"]
use_git_change_detection = false
"""


def main() -> int:
    """Patterns of files below core (`dates/*`, `money.py`), and how many processes."""
    *patterns, processes = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="trueup-mutants-") as made:
        folder = Path(made)
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        (folder / "pyproject.toml").write_text(configured(text, patterns), encoding="utf-8")
        mutmut = [sys.executable, "-m", "mutmut"]
        # CI: the same examples of property tests for each change
        run = subprocess.run(
            [*mutmut, "run", "--max-children", processes], cwd=folder, env={**os.environ, "CI": "1"}, check=False
        )
        told = subprocess.run([*mutmut, "results"], cwd=folder, capture_output=True, text=True, check=False).stdout
        for line in told.splitlines():
            name, _, state = line.strip().partition(": ")
            if state == "survived":
                shown = subprocess.run([*mutmut, "show", name], cwd=folder, capture_output=True, text=True, check=False)
                changed = [one for one in shown.stdout.splitlines() if one[:1] in ("+", "-") and one[:3] not in _HEADS]
                print("\n".join((name, *changed)))
        return run.returncode


if __name__ == "__main__":
    sys.exit(main())
