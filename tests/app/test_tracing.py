"""What an OpenTelemetry SDK would be told of a night, heard through its own interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace
from tests.app.office import RMM, Office

from trueup.app.mapping import customers
from trueup.app.plans import approving, planning
from trueup.app.rulebook import rules
from trueup.app.tracing import traced
from trueup.app.writes import applying, verifying

LINE = "5013"
HEARD: list[tuple[str, Mapping[str, Any]]] = []


class _Listening(trace.NonRecordingSpan):
    def set_status(self, status: Any, description: str | None = None) -> None:
        HEARD.append(("status", {"code": status, "description": description}))


class _Tracer(trace.NoOpTracer):
    @contextmanager
    def start_as_current_span(self, name: str, *_: Any, **given: Any) -> Iterator[trace.Span]:
        HEARD.append((name, given["attributes"]))
        assert not given["record_exception"], "the text of an error may quote anything"
        yield _Listening(trace.INVALID_SPAN_CONTEXT)


class _Provider(trace.NoOpTracerProvider):
    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        return _Tracer()


@pytest.fixture(scope="module", autouse=True)
def listening() -> None:
    trace.set_tracer_provider(_Provider())


def test_a_change_is_followed_from_its_collection_to_its_proof(own: Office) -> None:
    HEARD.clear()
    own.collect()
    own.do(customers.accept_above, 92)
    wanted = "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server"
    quick = {"increase_settle_days": 1, "decrease_settle_days": 1}
    own.do(rules.set_rule, rules.RuleDraft(service="303", quantity=wanted, preset="prorate-daily", **quick))
    plan = own.do(planning.make_plan)
    own.do(approving.approve, plan.id, lines=[LINE])
    run = own.do(applying.apply, plan.id).run_id
    own.do(verifying.verify, run)
    told = [(name.removeprefix("trueup."), attributes) for name, attributes in HEARD]
    assert [name for name, _ in told] == ["collect", "plan", "apply", "adjust", "verify"]
    assert all(attributes["trueup.tenant"] == "default" for _, attributes in told)
    assert told[0][1]["trueup.connection"] == RMM
    assert told[2][1]["trueup.plan"] == plan.id
    assert told[3][1] == {"trueup.tenant": "default", "trueup.line": LINE, "trueup.run": run}
    assert told[4][1]["trueup.run"] == run


def test_of_an_error_the_kind_is_told_and_not_its_text() -> None:
    HEARD.clear()
    with pytest.raises(ValueError, match="hunter2"), traced("plan", tenant="default"):
        raise ValueError("hunter2")
    assert HEARD[-1] == ("status", {"code": trace.StatusCode.ERROR, "description": "ValueError"})
    assert "hunter2" not in repr(HEARD)
