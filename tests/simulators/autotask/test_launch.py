from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx2

from trueup_simulators import launch


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "trueup_simulators", *arguments]


def test_one_line_of_json_tells_where_it_answers_and_who_may_sign_in() -> None:
    with subprocess.Popen(_command("autotask", "--json"), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert set(told) == {"url", "credentials"}
            given = told["credentials"]
            headers = {
                "ApiIntegrationCode": given["integration_code"],
                "UserName": given["user_name"],
                "Secret": given["secret"],
            }
            zone = httpx2.get(
                f"{told['url']}/atservicesrest/v1.0/zoneInformation", params={"user": given["user_name"]}
            ).json()["url"]
            assert zone.startswith(told["url"])
            assert httpx2.get(f"{zone}V1.0/Companies/0", headers=headers).json()["item"]["id"] == 0
        finally:
            process.terminate()


def test_a_scenario_that_cannot_be_read_is_told_and_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("compagnies: []", encoding="utf-8")
    done = subprocess.run(
        _command("autotask", "--scenario", str(file)), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "compagnies: unknown key; known: " in done.stderr
    assert done.stdout == ""


def test_an_unknown_kind_is_told_with_the_known_ones(capsys: object) -> None:
    assert launch.main("nonsense") == 2
    assert set(launch.KINDS) > {"autotask", "datto-rmm", "huntress", "datto-bcdr"}


def test_the_simulators_import_nothing_of_the_product() -> None:
    code = (
        "import sys, trueup_simulators.autotask, trueup_simulators.launch;"
        "print([name for name in sys.modules if name == 'trueup' or name.startswith('trueup.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
