"""Whatever is sent to the API is answered as its description says, and never with a fault of ours.

Each operation once, or thrice with `--whole`. A long run by hand: `python -m tests.web.api.served` says the command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.sampling import seed, whole
from tests.web.api.served import ServedApi, served_api

CONFIG = Path(__file__).with_name("schemathesis.toml")
LAST = ("networks", "people", "tokens")
"""Chapters that may lock the caller out; they come last."""


def _tried(served: ServedApi, *which: str) -> str:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run",
        f"{served.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {served.token}", "--phases", "fuzzing",
        "--max-examples", "3" if whole() else "1", "--seed", str(seed()), "--no-color", "--warnings", "off", *which,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, cwd=served.folder)
    return "" if done.returncode == 0 else done.stdout[-6000:] + done.stderr[-1000:]


def test_every_operation_answers_as_it_is_described(tmp_path: Path) -> None:
    with served_api(tmp_path) as served:
        for which in ("--exclude-tag", "--include-tag"):
            said = _tried(served, *(part for tag in LAST for part in (which, tag)))
            if said:
                pytest.fail(said, pytrace=False)
