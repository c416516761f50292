"""What the shape of a catalogue file cannot say: names that must exist, conditions that must read, secrets in clear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trueup.core.expression import ExpressionError, Kind, caret, parse
from trueup.modules.authentication import SIGNERS
from trueup.modules.catalogue_auth import SignedAuth
from trueup.modules.catalogue_schema import CatalogueFile, Choice, Condition, FieldSource, Stream, Units
from trueup.modules.conditions import texts_of
from trueup.modules.templates import names_in, texts_in

_PERIOD = frozenset({"day", "year", "month", "base_url"})
_SIZES = frozenset({"b", "kb", "mb", "gb", "tb", "pb"})
_KINDS = {
    "text": Kind.TEXT,
    "number": Kind.NUMBER,
    "flag": Kind.TRUTH,
    "day": Kind.DAY,
    "size": Kind.NUMBER,
    "any": Kind.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing to mend: where, what is wrong, and the cure."""

    place: tuple[str | int, ...]
    text: str


def complaints(file: CatalogueFile) -> Iterator[Complaint]:
    """Everything that is wrong in a file whose shape is right."""
    yield from _secrets(file)
    for name, stream in file.streams.items():
        yield from _stream(file, name, stream)
    yield from _organizations(file)
    yield from _metrics(file)
    yield from _choices(file)
    yield from _history(file)


def _history(file: CatalogueFile) -> Iterator[Complaint]:
    """A list that does not take the day would give today's figures for a past one."""
    if file.history is None:
        return
    needed = {"day"} if file.history.every == "day" else {"year", "month"}
    places = " and ".join(f"{{{name}}}" for name in sorted(needed, reverse=True))
    for name, stream in file.streams.items():
        texts = [stream.get or stream.post_query or "", *stream.query.values(), *texts_in(stream.body)]
        named = frozenset().union(*map(names_in, texts))
        if stream.item and stream.switch is None and not needed <= named:
            said = f"`history` needs {places} in the request of every stream that is counted."
            yield Complaint(("streams", name), said)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name!r}. Known: {', '.join(sorted(known)) or 'none'}."


def _fields(stream: Stream) -> dict[str, FieldSource]:
    return {
        name: FieldSource(paths=(source,)) if isinstance(source, str) else source
        for name, source in stream.fields.items()
    }


def _stream(file: CatalogueFile, name: str, stream: Stream) -> Iterator[Complaint]:
    at: tuple[str | int, ...] = ("streams", name)
    if (stream.get is None) == (stream.post_query is None):
        yield Complaint(at, "give exactly one of `get` and `post_query`.")
    yield from _sources(file, at, stream)
    if stream.switch is not None and stream.switch not in file.settings:
        yield Complaint((*at, "switch"), _unknown("setting", stream.switch, file.settings))
    paging = stream.paging or file.defaults.paging
    if paging.kind in ("cursor", "next_url") and (paging.path is None) == (paging.header is None):
        yield Complaint((*at, "paging"), "say where the way to the next page is: `path`, or `header`.")
    if stream.host is not None and not stream.host_within:
        yield Complaint((*at, "host"), "name the domain that such hosts belong to in `host_within`.")
    yield from _item(at, stream)
    for place, condition in enumerate(stream.where):
        yield from _condition(file, (*at, "where", place), condition, stream, stream.fields)
    for watch in stream.watch:
        if watch.field not in stream.fields:
            yield Complaint((*at, "watch"), _unknown("field", watch.field, stream.fields))
    yield from _references(file, at, stream)
    yield from _templates(file, at, stream)


def _sources(file: CatalogueFile, at: tuple[str | int, ...], stream: Stream) -> Iterator[Complaint]:
    for field, source in _fields(stream).items():
        if not source.paths and source.parent is None:
            yield Complaint((*at, "fields", field), "give `paths` or `parent`.")
        if source.prefixes and len(source.prefixes) != len(source.paths):
            yield Complaint((*at, "fields", field), "give as many `prefixes` as `paths`.")
        if source.seen_within is not None and source.seen_within not in file.settings:
            yield Complaint((*at, "fields", field), _unknown("setting", source.seen_within, file.settings))
        if source.units is not None:
            yield from _units((*at, "fields", field), source.units)
        if source.parent is not None and stream.for_each is None:
            yield Complaint((*at, "fields", field), "`parent` needs `for_each`.")


def _units(at: tuple[str | int, ...], units: Units) -> Iterator[Complaint]:
    if (units.path is None) == (units.given is None):
        yield Complaint((*at, "units"), "give exactly one of `path` and `given`.")
    if units.to.lower() not in _SIZES and not units.others:
        yield Complaint((*at, "units"), f"`to: {units.to}` is no size of storage; name factors in `others`.")
    for name, factor in units.others.items():
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", factor):
            yield Complaint((*at, "units", "others"), f'the factor of {name!r} is no number. Write it as "1024".')


def _item(at: tuple[str | int, ...], stream: Stream) -> Iterator[Complaint]:
    item = stream.item
    if item is None:
        if stream.key is not None and stream.key not in stream.fields:
            yield Complaint((*at, "key"), _unknown("field", stream.key, stream.fields))
        return
    for name in (item.key, item.organization, item.name, *item.attributes, *item.optional):
        if name is not None and name not in stream.fields:
            yield Complaint((*at, "item"), _unknown("field", name, stream.fields))


def _references(file: CatalogueFile, at: tuple[str | int, ...], stream: Stream) -> Iterator[Complaint]:
    wanted: list[tuple[str, str, tuple[str | None, ...]]] = []
    if stream.lookup is not None:
        wanted.append(("lookup", stream.lookup.stream, (stream.lookup.match, stream.lookup.take)))
        if stream.lookup.required_by not in file.settings:
            yield Complaint((*at, "lookup"), _unknown("setting", stream.lookup.required_by, file.settings))
    if stream.exclude is not None:
        wanted.append(("exclude", stream.exclude.stream, (stream.exclude.key,)))
    if stream.for_each is not None:
        wanted.append(("for_each", stream.for_each.stream, (stream.for_each.organization, stream.for_each.distinct)))
    for key, other, fields in wanted:
        target = file.streams.get(other)
        if target is None:
            yield Complaint((*at, key), _unknown("stream", other, file.streams))
        elif target.item is not None:
            yield Complaint((*at, key), f"the stream {other!r} lists items; name one without `item`.")
        else:
            missing = [name for name in fields if name is not None and name not in target.fields]
            yield from (Complaint((*at, key), _unknown("field", name, target.fields)) for name in missing)
    if _circular(file, stream):
        yield Complaint(at, "the stream needs itself through `lookup`, `exclude` or `for_each`. Break the circle.")


def _needs(stream: Stream) -> list[str]:
    parts = (stream.lookup, stream.exclude, stream.for_each)
    return [part.stream for part in parts if part is not None]


def _circular(file: CatalogueFile, stream: Stream) -> bool:
    seen: set[str] = set()
    waiting = _needs(stream)
    while waiting:
        name = waiting.pop()
        other = file.streams.get(name)
        if other is stream:
            return True
        if other is not None and name not in seen:
            seen.add(name)
            waiting += _needs(other)
    return False


def _templates(file: CatalogueFile, at: tuple[str | int, ...], stream: Stream) -> Iterator[Complaint]:
    known = _addressed(file) | set(file.bootstrap.variables if file.bootstrap else ())
    if stream.lookup is not None:
        known |= {stream.lookup.variable}
    if stream.for_each is not None and stream.for_each.stream in file.streams:
        known |= set(file.streams[stream.for_each.stream].fields)
    headers = [*stream.headers.values(), *file.defaults.headers.values()]
    texts = [stream.get or stream.post_query or "", *stream.query.values(), *headers, *texts_in(stream.body)]
    texts.append(stream.host or "")
    for text in texts:
        for name in sorted(names_in(text) - known):
            cure = "A secret may stand only below `auth`." if name in file.secret else _unknown("value", name, known)
            yield Complaint(at, f"`{{{name}}}` cannot be filled here. {cure}")


def _addressed(file: CatalogueFile) -> set[str]:
    """The names that an address may carry: settings, the usage day, origins, and public names beside the secrets."""
    public = {name for name, secret in file.secret.items() if secret.public}
    return set(_PERIOD) | set(file.settings) | public | ({"login_url"} if file.login_url else set())


def _condition(
    file: CatalogueFile,
    at: tuple[str | int, ...],
    condition: Condition,
    stream: Stream,
    names: Iterable[str],
) -> Iterator[Complaint]:
    if isinstance(condition, Choice) and condition.setting not in file.settings:
        yield Complaint(at, _unknown("setting", condition.setting, file.settings))
    sources = _fields(stream)
    known = {name: _KINDS[sources[name].kind] for name in names if name in sources}
    known |= {name: Kind.TRUTH for name in known if sources[name].seen_within is not None or sources[name].in_month}
    for text in texts_of(condition):
        try:
            parse(text).check(known, Kind.TRUTH)
        except ExpressionError as error:
            details = ", ".join(f"{name}: {value}" for name, value in error.params)
            yield Complaint(at, f"the condition does not read ({error.code}; {details}).\n{caret(error)}")


def _organizations(file: CatalogueFile) -> Iterator[Complaint]:
    spec, at = file.organizations, ("organizations",)
    if spec.stream not in file.streams:
        yield Complaint(at, _unknown("stream", spec.stream, file.streams))
        return
    for listing in (spec.stream, *spec.also):
        stream = file.streams.get(listing)
        if stream is None:
            yield Complaint(at, _unknown("stream", listing, file.streams))
            continue
        if stream.item is not None:
            yield Complaint(at, f"the stream {listing!r} lists items; name one without `item` (it may ask the same).")
        for name in (spec.key, spec.name, spec.psa_hint):
            if name is not None and name not in stream.fields:
                yield Complaint(at, _unknown("field", name, stream.fields))
    if file.probe is not None and file.probe not in file.streams:
        yield Complaint(("probe",), _unknown("stream", file.probe, file.streams))
    for place, compared in enumerate(file.compare):
        for name in (compared.stream, compared.items):
            if name not in file.streams:
                yield Complaint(("compare", place), _unknown("stream", name, file.streams))
        target = file.streams.get(compared.stream)
        if target is not None and compared.field not in target.fields:
            yield Complaint(("compare", place), _unknown("field", compared.field, target.fields))


def _metrics(file: CatalogueFile) -> Iterator[Complaint]:
    counted = [name for name, stream in file.streams.items() if stream.item is not None]
    if not file.billing_types and not file.dynamic:
        yield Complaint(("billing_types",), "nothing is counted. Add a billing type.")
    yield from _dynamic(file, counted)
    for name, metric in file.billing_types.items():
        at = ("billing_types", name)
        if metric.stream is None and len(counted) != 1:
            yield Complaint(at, f"say which `stream` it counts: {', '.join(counted) or 'none has an `item`'}.")
            continue
        target = file.streams.get(metric.stream or counted[0])
        if target is None or target.item is None:
            yield Complaint(at, _unknown("stream with items", metric.stream or "", counted))
            continue
        attributes = target.item.attributes
        if metric.measure not in ("count", "flag") and metric.field not in attributes:
            yield Complaint((*at, "field"), _unknown("attribute", metric.field or "", attributes))
        for needed in metric.needs:
            if needed not in attributes:
                yield Complaint((*at, "needs"), _unknown("attribute", needed, attributes))
        if metric.where is not None:
            yield from _condition(file, (*at, "where"), metric.where, target, attributes)


def _dynamic(file: CatalogueFile, counted: list[str]) -> Iterator[Complaint]:
    for place, spec in enumerate(file.dynamic):
        at = ("dynamic", place)
        target = file.streams.get(spec.stream or (counted[0] if len(counted) == 1 else ""))
        if target is None or target.item is None:
            yield Complaint(at, _unknown("stream with items", spec.stream or "", counted))
            continue
        wanted = [spec.name_from, *([] if spec.measure == "count" else [spec.field or ""])]
        for name in wanted:
            if name not in target.item.attributes:
                yield Complaint(at, _unknown("attribute", name, target.item.attributes))
        if spec.where is not None:
            yield from _condition(file, (*at, "where"), spec.where, target, target.item.attributes)


def _choices(file: CatalogueFile) -> Iterator[Complaint]:
    for name, setting in file.settings.items():
        if setting.choices and setting.default is not None and setting.default not in setting.choices:
            yield Complaint(("settings", name), _unknown("choice", setting.default, setting.choices))
    for totals in (file.defaults.totals, *(stream.totals for stream in file.streams.values())):
        if totals is not None and totals.tolerated is not None and totals.tolerated not in file.settings:
            yield Complaint(("defaults", "totals"), _unknown("setting", totals.tolerated, file.settings))
    for key, text in (("base_url", file.base_url), ("login_url", file.login_url or "")):
        for name in sorted(names_in(text) - set(file.settings)):
            yield Complaint((key,), _unknown("setting", name, file.settings))
    if file.bootstrap is not None:
        for name in sorted(names_in(file.bootstrap.url) - _addressed(file)):
            yield Complaint(("bootstrap", "url"), _unknown("value", name, _addressed(file)))


def _secrets(file: CatalogueFile) -> Iterator[Complaint]:
    """Whatever proves who we are must come from `secret`, never stand in the file."""
    auth = file.auth
    if isinstance(auth, SignedAuth) and auth.signer not in SIGNERS:
        yield Complaint(("auth", "signer"), _unknown("signer", auth.signer, SIGNERS))
    known = _addressed(file) | set(file.secret)
    for key, text in auth.proofs.items():
        if not names_in(text) & set(file.secret):
            cure = "Declare it below `secret` and write {its_name} here."
            yield Complaint(("auth", key), f"a secret in clear text, or none. {cure}")
        for name in sorted(names_in(text) - known):
            yield Complaint(("auth", key), _unknown("setting or secret", name, known))
