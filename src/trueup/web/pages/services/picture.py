"""The picture of what feeds what, drawn on the server: billing types left, services right, a line for each feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trueup.app.rulebook.feeding import Feeding

WIDTH: Final = 760
ROW: Final = 30
LEFT: Final = 250
RIGHT: Final = 470


@dataclass(frozen=True, slots=True)
class Node:
    """One name at a height; `key` is what its address needs."""

    key: str
    label: str
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a billing type to a service; `own` is drawn full, a narrower rule's dashed."""

    path: str
    own: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything with its place; `height` in the picture's own units."""

    types: tuple[Node, ...]
    services: tuple[Node, ...]
    edges: tuple[Edge, ...]
    height: int
    width: int = WIDTH


def _nodes(entries: dict[str, str], height: int) -> dict[str, Node]:
    gap = height / max(1, len(entries))
    return {key: Node(key, label, round(gap * (at + 0.5))) for at, (key, label) in enumerate(entries.items())}


def picture(found: Feeding) -> Picture:
    """Places for all names; services stand in the order of the types that feed them, so that few lines cross."""
    types = {feed.metric: feed.label for feed in found.feeds}
    services = {feed.service_id: feed.service_name for feed in found.feeds}
    height = ROW * max(len(types), len(services), 1)
    left, right = _nodes(types, height), _nodes(services, height)
    middle = (LEFT + RIGHT) // 2
    edges = tuple(
        Edge(
            f"M{LEFT} {left[feed.metric].y} C{middle} {left[feed.metric].y} {middle} {right[feed.service_id].y} "
            f"{RIGHT} {right[feed.service_id].y}",
            feed.own,
        )
        for feed in found.feeds
    )
    return Picture(tuple(left.values()), tuple(right.values()), edges, height)
