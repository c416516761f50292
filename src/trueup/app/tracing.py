"""Spans from collection to adjustment, by the interface of OpenTelemetry: without its SDK in the process they are none.

A span names its tenant, and the connection, run, plan or line that it is about; never a name of a customer, never what
a vendor said (docs/guides/platform.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def traced(name: str, **attributes: str) -> Iterator[None]:
    """A span around a piece of work, inside of the one that is under way. Of an error only its kind is told, because
    its text may quote anything."""
    from opentelemetry import trace  # noqa: PLC0415 - help and short commands trace nothing

    tracer = trace.get_tracer("trueup")
    told = {f"trueup.{key}": value for key, value in attributes.items()}
    with tracer.start_as_current_span(
        f"trueup.{name}", attributes=told, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise
