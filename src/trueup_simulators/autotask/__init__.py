"""The Autotask simulator: a real HTTP server after public facts about the vendor's REST API.

It knows nothing of any client; its shapes and its period arithmetic are its own. Choices where public facts are
silent are switches, described in docs/decisions/0040 to 0045.
"""

from __future__ import annotations

from trueup_simulators.autotask.app import AutotaskApp, create_app
from trueup_simulators.autotask.dump import dump
from trueup_simulators.autotask.large import large_scenario
from trueup_simulators.autotask.running import RunningAutotask, default_scenario, start
from trueup_simulators.autotask.scenario import Scenario, ScenarioError, load_scenario
from trueup_simulators.autotask.seeding import seed
from trueup_simulators.autotask.state import State

__all__ = [
    "AutotaskApp",
    "RunningAutotask",
    "Scenario",
    "ScenarioError",
    "State",
    "create_app",
    "default_scenario",
    "dump",
    "large_scenario",
    "load_scenario",
    "seed",
    "start",
]
