"""Autotask PSA over its REST interface: one adapter behind the port of `trueup.psa.port`."""

from __future__ import annotations

from trueup.psa.autotask.adapter import AutotaskPsa
from trueup.psa.autotask.budget import CallBudget
from trueup.psa.autotask.settings import AutotaskCredentials, AutotaskSettings

__all__ = ["AutotaskCredentials", "AutotaskPsa", "AutotaskSettings", "CallBudget"]
