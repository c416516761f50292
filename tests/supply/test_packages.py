"""What an operator installs: the wheel, and the files in deploy/, as far as a machine without a network can tell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tools.locked import ROOT
from typer.main import get_command

from trueup.cli.root import app

DEPLOY = ROOT / "deploy"


def _built(folder: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_whole_source_and_the_same_bytes_each_time(wheel: Path, tmp_path: Path) -> None:
    source = {path for path in (ROOT / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    with zipfile.ZipFile(wheel) as packed:
        inside = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert inside == {path.relative_to(ROOT / "src").as_posix() for path in source}
    assert _built(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_installs_with_one_command_and_the_program_runs_from_it(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    install = ["--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *install], check=True, timeout=120)
    (own,) = place.rglob("site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TRUEUP_STORE")}
    for arguments in (["--version"], ["init"], ["customers", "list"]):
        command = [str(scripts / "trueup"), *arguments]
        given = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
        done = subprocess.run(command, **given, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    where = [str(python), "-c", "import trueup; print(trueup.__file__)"]
    found = subprocess.run(where, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.startswith(str(place))


def _is_a_command(words: list[str]) -> bool:
    """Whether the program takes these words; nothing is run."""
    group: Any = get_command(app)
    context = group.make_context("trueup", words, resilient_parsing=True)
    name = next(word for word in words if not word.startswith("-"))
    command = group.get_command(context, name)
    known = {option for parameter in command.get_params(context) for option in parameter.opts}
    return all(word in known for word in words[1:] if word.startswith("--"))


def test_the_container_runs_as_nobody_in_particular_from_hashed_dependencies() -> None:
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
    steps = [line.partition(" ")[::2] for line in text.splitlines() if line and not line.startswith("#")]
    kinds = [kind for kind, _ in steps]
    assert set(kinds) <= set("FROM WORKDIR COPY RUN USER VOLUME ENV EXPOSE HEALTHCHECK ENTRYPOINT CMD".split())
    assert kinds.index("USER") < kinds.index("CMD")
    assert any("--require-hashes -r requirements/postgresql.txt" in what for _, what in steps)
    for kind, what in steps:
        if kind == "COPY" and not what.startswith("--from"):
            assert all((ROOT / name).exists() for name in what.split()[:-1]), what
    (started,) = (what for kind, what in steps if kind == "CMD")
    assert _is_a_command(re.findall(r'"([^"]+)"', started))
    assert dict(steps)["ENTRYPOINT"] == '["trueup"]'


def test_compose_starts_what_the_program_knows_and_waits_for_the_database() -> None:
    told: dict[str, Any] = YAML(typ="safe", pure=True).load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    for name in ("web", "worker"):
        service = told["services"][name]
        assert _is_a_command(service["command"])
        assert service["depends_on"]["database"]["condition"] == "service_healthy"
        assert service["read_only"] is True
        assert service["environment"]["TRUEUP_STORE"].startswith("postgresql://")
    assert not any("password" in str(value).lower() for value in told["services"]["web"]["environment"].values())
    assert told["services"]["worker"]["deploy"]["replicas"] == 2
    if shutil.which("docker") and not _docker("compose", "version").returncode:
        checked = _docker("compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet")
        assert checked.returncode == 0, checked.stderr


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_unit_is_valid_and_starts_what_the_program_knows(tmp_path: Path) -> None:
    text = (DEPLOY / "trueup.service").read_text(encoding="utf-8")
    (started,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, *words = shlex.split(started)
    assert _is_a_command(words)
    if shutil.which("systemd-analyze"):
        unit = tmp_path / "trueup.service"
        unit.write_text(text.replace(program, sys.executable), encoding="utf-8")
        command = ["systemd-analyze", "verify", "--man=no", str(unit)]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
