"""Whether an expression can be read, and what it speaks of: asked while it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.app.counting.vocabulary import vocabulary
from trueup.app.workspace import Workspace
from trueup.core.expression import Kind, parse


@dataclass(frozen=True, slots=True)
class QuantityRead:
    """A quantity that can be worked out: the names in it, each with its meaning."""

    names: tuple[tuple[str, str], ...]


def _read(ws: Workspace, text: str) -> QuantityRead:
    expression = parse(text)
    with ws.store.reading():
        known = vocabulary(ws)
    expression.check(known.numbers, Kind.NUMBER)
    labels = {key: kind.label for key, kind in known.types.items()}
    labels |= {key: metric.expression for key, metric in known.metrics.items()}
    return QuantityRead(tuple((name, labels[name]) for name in expression.names))


async def read_quantity(ws: Workspace, text: str) -> QuantityRead:
    """Check names and kinds of a quantity. Raises ExpressionError with the place of the fault."""
    return await ws.step(_read, ws, text)
