from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.openapi import OpenApiAnswers
from tests.simulators.autotask.calling import Api, Starter, running, scenario


@pytest.fixture(scope="session")
def answers() -> OpenApiAnswers:
    return OpenApiAnswers.autotask()


@pytest.fixture
def begin(answers: OpenApiAnswers) -> Iterator[Starter]:
    """Starts a simulator with sections of the small scenario replaced, and answers a caller of it."""
    with ExitStack() as stack:

        def starter(**sections: Any) -> Api:
            simulator = stack.enter_context(running(scenario(**sections)))
            api = Api(simulator, answers)
            stack.callback(api.client.close)
            return api

        yield starter


@pytest.fixture
def api(begin: Starter) -> Api:
    return begin()
