"""Start the Autotask simulator on a loopback port."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from trueup_simulators.autotask.app import create_app
from trueup_simulators.autotask.scenario import Scenario, scenario_from_text
from trueup_simulators.autotask.seeding import seed
from trueup_simulators.autotask.state import State
from trueup_simulators.serving import RunningSimulator, free_socket, start_in_thread


@dataclass(slots=True)
class RunningAutotask(RunningSimulator):
    """A running Autotask simulator; `state` may be read in the same process while nothing is being answered."""

    state: State


@cache
def default_scenario() -> Scenario:
    """A small MSP: a dozen customers, contracts of every period type, a catalogue. Read once; never change it."""
    text = files("trueup_simulators.autotask").joinpath("default.yaml").read_text(encoding="utf-8")
    return scenario_from_text(text, "default.yaml")


def credentials_of(state: State) -> dict[str, str]:
    """What a connection needs to sign in: the scenario's first user and code."""
    user = next(iter(state.accounts.users.values()), None)
    return {
        "user_name": "" if user is None else user.user_name,
        "secret": "" if user is None else user.secret,
        "integration_code": min(state.accounts.integration_codes, default=""),
    }


def start(scenario: Scenario | None = None, *, port: int = 0, host: str = "127.0.0.1") -> RunningAutotask:
    """Start the simulator; it answers when this returns.

    `url` is `http://host:port`; the zone lookup is `url + "/atservicesrest/v1.0/zoneInformation"`. Without a
    scenario it is `default_scenario()`. Raises `ScenarioError`.
    """
    state = seed(scenario or default_scenario())
    bound = free_socket(host, port)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer may wait 40 ms for an ACK
    running = start_in_thread(create_app(state), bound, credentials_of(state))
    kept = {entry.name: getattr(running, entry.name) for entry in fields(running)}
    return RunningAutotask(**kept, state=state)
