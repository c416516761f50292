"""Run one simulator as a whole process, by the name of its kind."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from trueup_simulators import modules
from trueup_simulators.serving import RunningSimulator

KINDS: Mapping[str, str] = {
    "autotask": "trueup_simulators.autotask",
    "datto-rmm": "trueup_simulators.datto_rmm",
    **{kind.replace("_", "-"): "trueup_simulators.modules" for kind in modules.KINDS},
}
"""Kind -> package with `start(scenario=None, *, port=0, host=...)` and `load_scenario(path)`; imported when asked.

The package of all modules takes the module's name before the scenario.
"""


class _Package(Protocol):
    """What a simulator's package offers."""

    start: Callable[..., RunningSimulator]
    load_scenario: Callable[[Path], object]


def known_kind(kind: str) -> str:
    """The kind as `KINDS` has it: a module's own name (`datto_bcdr`) is taken too."""
    return kind.replace("_", "-")


class LaunchError(ValueError):
    """The simulator cannot be started as asked; the text says why."""


def start(
    kind: str, *, port: int = 0, host: str = "127.0.0.1", scenario_path: str | Path | None = None
) -> RunningSimulator:
    """Start a simulator of a kind. Raises `LaunchError`, also for a scenario that cannot be read."""
    name = known_kind(kind)
    if name not in KINDS:
        raise LaunchError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    try:
        if KINDS[name] == modules.__name__:
            return modules.start(name.replace("-", "_"), scenario=scenario_path, port=port, host=host)
        package = cast("_Package", import_module(KINDS[name]))
        scenario = None if scenario_path is None else package.load_scenario(Path(scenario_path))
        return package.start(scenario, port=port, host=host)
    except (ValueError, OSError) as error:
        raise LaunchError(str(error)) from error


def main(
    kind: str,
    port: int = 0,
    host: str = "127.0.0.1",
    scenario_path: str | Path | None = None,
    as_json: bool = False,
) -> int:
    """Start a simulator, print where it answers, and serve until interrupted; the exit code.

    With `as_json` the first line is `{"url": ..., "credentials": {...}}` and nothing else is printed.
    """
    try:
        running = start(kind, port=port, host=host, scenario_path=scenario_path)
    except LaunchError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return serve(kind, running, as_json=as_json)


def serve(kind: str, running: RunningSimulator, *, as_json: bool = False) -> int:
    """Print where a started simulator answers, and serve until interrupted; the exit code."""
    credentials = dict(running.credentials)
    if as_json:
        line = json.dumps({"url": running.url, "credentials": credentials})
    else:
        told = ", ".join(f"{name}={value}" for name, value in credentials.items())
        line = f"{kind} simulator on {running.url} ({told}); Ctrl-C ends it"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    forever = threading.Event()
    try:
        while not forever.wait(1.0):  # waking up lets Ctrl-C through on Windows
            pass
    except KeyboardInterrupt:
        pass
    finally:
        running.stop()
    return 0
