"""The examples of the guide on the API do what they say, against a running server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.web.api.served import ServedApi, served_api

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "api.md"


def blocks(kind: str) -> list[str]:
    """The examples of one language, in their order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def played(command: list[str], served: ServedApi, text: str) -> str:
    told = {"TRUEUP_URL": served.url, "TRUEUP_TOKEN": served.token, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", timeout=120, check=False, env={**os.environ, **told}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_examples_lead_from_a_token_to_a_proof(tmp_path: Path) -> None:
    with served_api(tmp_path) as served:
        said = played([sys.executable, "-"], served, "\n".join(blocks("python"))).splitlines()
        store = served.site.database.tenant("default")
        assert said[0] == "Ada · fuzz"
        assert {f"{one.id} {one.name}" for one in store.psa.customers()} >= set(said[1:3])
        assert re.search(r"^\d+ 412 rules\.changed_meanwhile$", "\n".join(said), re.MULTILINE)
        assert [line for line in said if line.startswith("422 expression.unknown_name 20 ")]
        assert "True true" in said
        assert re.fullmatch(r"done \{'done': \d+\} read back as planned: True", said[-1])
        (run,) = store.runs.list(kind="apply", limit=1)
        assert run.status == "done"
        assert {"agreed with the customers"} & {one.reason for one in store.rules.list()}
        if shutil.which("curl") is None:
            pytest.skip("no curl here")
        shown = played(["sh", "-e"], served, "\n".join(blocks("sh")))
        assert '"name":"Ada · fuzz"' in shown
        assert '"undecided":' in shown
        assert '"checksum":' in shown
