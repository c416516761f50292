"""The names that an expression may use: billing types, metrics of one's own, and attributes of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trueup.app.counting.countable import item_kinds
from trueup.app.errors import UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.expression import Expression, ExpressionError, Kind, parse
from trueup.core.usage import BillingType, MetricKind
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.store.connections import Connection
from trueup.store.metrics import DefinedMetric

_KINDS: Mapping[str, Kind] = {"text": Kind.TEXT, "number": Kind.NUMBER, "flag": Kind.TRUTH, "day": Kind.DAY}


@dataclass(frozen=True, slots=True)
class ItemStream:
    """One inventory of a kind of module: the attributes that its items keep and their name, each with its kind."""

    module: str
    stream: str
    attributes: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that has a name. `types` by key, `metrics` by key, `streams` in the connections' order."""

    types: Mapping[str, BillingType]
    metrics: Mapping[str, DefinedMetric]
    streams: tuple[ItemStream, ...]

    @property
    def numbers(self) -> Mapping[str, Kind]:
        """Names that a quantity may use."""
        return dict.fromkeys((*self.types, *self.metrics), Kind.NUMBER)

    @property
    def attributes(self) -> Mapping[str, Kind]:
        """Attributes of any stream; one that two streams keep under different kinds is of unknown kind."""
        found: dict[str, Kind] = {}
        for stream in self.streams:
            for name, kind in stream.attributes.items():
                found[name] = kind if found.get(name, kind) is kind else Kind.UNKNOWN
        return found

    def streams_with(self, names: Iterable[str]) -> tuple[ItemStream, ...]:
        """Streams whose items keep all of these attributes."""
        wanted = set(names)
        return tuple(stream for stream in self.streams if wanted <= set(stream.attributes))

    def base_types(self, expression: Expression) -> tuple[str, ...]:
        """The billing types behind an expression, and metrics over items; those over billing types are opened up."""
        return tuple(name for name in self.names_behind(expression) if not self._opened_up(name))

    def names_behind(self, expression: Expression) -> tuple[str, ...]:
        """Every name that an expression rests on: those in it, and those in the metrics that it uses."""
        found: set[str] = set()
        pending = list(expression.names)
        while pending:
            name = pending.pop(0)
            if name not in found:
                found.add(name)
                if self._opened_up(name):
                    pending.extend(names_of(self.metrics[name].expression))
        return tuple(sorted(found))

    def _opened_up(self, name: str) -> bool:
        return name in self.metrics and not self.metrics[name].over_items

    def kind_of(self, name: str) -> MetricKind:
        """The kind of a billing type or metric; a level where nothing is known."""
        if name in self.types:
            return self.types[name].kind
        return self.metrics[name].kind if name in self.metrics else MetricKind.LEVEL


def names_of(text: str) -> tuple[str, ...]:
    """Names in an expression; none where it cannot be read."""
    try:
        return parse(text).names
    except ExpressionError:
        return ()


def _promised(ws: Workspace, connection: Connection) -> tuple[BillingType, ...]:
    """What a connection will count, by its catalogue file and settings; needs no call and no secret."""
    try:
        return ws.accounts.module_from(connection.kind, connection.name, connection.settings, {}).billing_types
    except UseCaseError:  # a kind that this version does not know: what it delivered is still there
        return ()


def _attribute_kinds(module: str, stream: str, attributes: Iterable[str]) -> Mapping[str, Kind]:
    if module not in known_modules():
        return dict.fromkeys(attributes, Kind.UNKNOWN)
    described = load_catalogue(module).streams.get(stream)
    sources = described.sources if described is not None else {}
    found: dict[str, Kind] = {}
    for name in attributes:
        source = sources.get(name)
        kind = "flag" if source is not None and source.seen_within else source.kind if source is not None else "any"
        found[name] = _KINDS.get(kind, Kind.UNKNOWN)
    return found


def vocabulary(ws: Workspace) -> Vocabulary:
    """All names that are known now: what connected modules promise to deliver, in their files' order, and what was
    delivered, as it was described then."""
    store = ws.store
    types: dict[str, BillingType] = {}
    streams: dict[tuple[str, str], ItemStream] = {}
    with store.reading():
        for connection in store.connections.list("module"):
            types.update((kind.key, kind) for kind in _promised(ws, connection))
            for name, attributes in store.usage.streams(connection.name).items():
                kinds = item_kinds(connection.kind, name, _attribute_kinds(connection.kind, name, attributes))
                streams.setdefault((connection.kind, name), ItemStream(connection.kind, name, kinds))
        types.update((kind.key, kind) for kind in store.usage.billing_types())
        metrics = {metric.key: metric for metric in store.metrics.list()}
    return Vocabulary(types, metrics, tuple(streams.values()))
