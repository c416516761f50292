"""A Datto RMM account behind a real HTTP server: API v2 and v3 (reading), with faults and a control plane.

`start()` serves a scenario on a loopback port; `url` is what stands before `/auth/oauth/token` and `/api/v2/...`.
The control plane is below `url` + `/_simulator/`.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from trueup_simulators.datto_rmm.app import create_app
from trueup_simulators.datto_rmm.default_scenario import default_scenario
from trueup_simulators.datto_rmm.large_scenario import large_scenario
from trueup_simulators.datto_rmm.scenario import Scenario, ScenarioError, load_scenario
from trueup_simulators.datto_rmm.state import State
from trueup_simulators.serving import RunningSimulator, free_socket, start_in_thread

__all__ = [
    "RunningDattoRmm",
    "Scenario",
    "ScenarioError",
    "State",
    "create_app",
    "default_scenario",
    "large_scenario",
    "load_scenario",
    "start",
]


@dataclass(slots=True)
class RunningDattoRmm(RunningSimulator):
    """The running simulator; `state` belongs to the serving thread: look at it, change it by `/_simulator/`."""

    state: State


def start(
    scenario: Scenario | Mapping[str, object] | str | Path | None = None,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
) -> RunningDattoRmm:
    """Serve `scenario` (none: a dozen customers, about 220 devices) from a thread of this process.

    `credentials` has `api_key` and `api_secret` of the first user. Raises `ScenarioError` for a bad scenario.
    """
    if scenario is None:
        scenario = default_scenario()
    elif not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    state = State(scenario)
    bound = free_socket(host, port)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
    running = start_in_thread(create_app(state), bound, state.credentials)
    kept = {entry.name: getattr(running, entry.name) for entry in fields(running)}
    return RunningDattoRmm(**kept, state=state)
