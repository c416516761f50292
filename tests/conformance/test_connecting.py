"""Connecting each module: the prerequisites hold on a right account, and a wrong secret is told as one."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.accounts import DAY, KINDS, NIGHT, Tried, catalogue_of

from trueup.core.finding import FindingState
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_account_passes_every_prerequisite(kind: str) -> None:
    with Tried(kind) as tried:
        findings = asyncio.run(tried.module().check())
    wrong = [finding for finding in findings if finding.state not in (FindingState.OK, FindingState.SKIPPED)]
    assert wrong == []
    delivering = next(finding for finding in findings if finding.code == "check.module_delivering")
    assert delivering.state is FindingState.OK


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_secret_is_refused_as_one(kind: str) -> None:
    file = catalogue_of(kind)
    with Tried(kind) as tried:
        given = tried.sim.credentials
        settings = {name: given[name] for name in file.settings if name in given} | {"base_url": tried.sim.url}
        module = RestModule(file, kind, settings, dict.fromkeys(file.secret, "wrong"), pace=Pace(scale=0.001))
        findings = asyncio.run(module.check())
        collection = asyncio.run(module.collect(DAY, NIGHT))
    failed = [finding.code for finding in findings if finding.state is FindingState.FAILED]
    assert failed == ["check.module_credentials"]
    assert collection.failure is not None
    assert collection.failure.category.value == "credentials"
