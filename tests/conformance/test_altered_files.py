"""A catalogue file with one path, field or pager changed is noticed: counts, names or evidence are wrong.

Each file is damaged in one place at a time and held against the simulator, which knows nothing of the file.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conformance.accounts import KINDS, Tried, catalogue_of
from tests.conformance.judging import faults_of

from trueup.modules.catalogue_schema import CatalogueFile, FieldSource, Paging, Stream
from trueup.modules.conditions import names_needed, texts_of

NOWHERE = "nowhere"


def with_stream(file: CatalogueFile, name: str, **changes: object) -> CatalogueFile:
    return file.model_copy(update={"streams": {**file.streams, name: file.streams[name].model_copy(update=changes)}})


def altered(file: CatalogueFile) -> Iterator[tuple[str, CatalogueFile]]:
    """The file with one place changed, again and again, each with a word for the place."""
    for name, stream in file.streams.items():
        if stream.switch is not None and file.settings[stream.switch].default != "on":
            continue
        way = "get" if stream.get is not None else "post_query"
        yield f"{name}.{way}", with_stream(file, name, **{way: f"{getattr(stream, way)}/{NOWHERE}"})
        if stream.select != ".":
            yield f"{name}.select", with_stream(file, name, select=NOWHERE)
        for field in needed(file, name, stream):
            yield f"{name}.{field}", with_stream(file, name, fields={**stream.fields, field: lost(stream, field)})
        if stream.paging is not None:
            for word, paging in pagers(stream.paging):
                yield f"{name}.{word}", with_stream(file, name, paging=paging)
    for word, paging in pagers(file.defaults.paging):
        defaults = file.defaults.model_copy(update={"paging": paging})
        yield f"defaults.{word}", file.model_copy(update={"defaults": defaults})


def needed(file: CatalogueFile, name: str, stream: Stream) -> Iterator[str]:
    """The fields of a stream whose values decide something that is looked at; parents' fields have no path."""
    spec = file.organizations
    wanted = {spec.name, spec.key} if name == spec.stream and not spec.also else set()  # two lists make up for one
    if stream.item is not None:
        wanted |= {stream.item.organization, stream.item.name or stream.item.key, *stream.item.attributes}
        wanted |= names_needed(text for condition in stream.where for text in texts_of(condition)) & {"approval"}
    for field in stream.fields:
        source = stream.fields[field]
        if field in wanted and (isinstance(source, str) or source.paths):
            yield field


def lost(stream: Stream, field: str) -> str | FieldSource:
    source = stream.fields[field]
    if isinstance(source, str):
        return NOWHERE
    return source.model_copy(update={"paths": tuple(NOWHERE for _ in source.paths)})


def pagers(paging: Paging) -> Iterator[tuple[str, Paging]]:
    if paging.kind == "none":
        return
    if paging.template is None:  # else the size of pages stands in the template, and everything comes in one
        yield "paging.kind", paging.model_copy(update={"kind": "none"})
    for key in ("parameter", "path", "total_pages", "field"):
        if getattr(paging, key) is not None:
            yield f"paging.{key}", paging.model_copy(update={key: NOWHERE})
    if paging.template is not None:
        yield "paging.template", paging.model_copy(update={"template": paging.template.replace("skip", NOWHERE)})
    if paging.kind == "page":
        yield "paging.start", paging.model_copy(update={"start": paging.start + 1})


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_that_matters_is_noticed_when_it_is_changed(kind: str) -> None:
    unnoticed = []
    with Tried(kind) as tried:
        for place, file in altered(catalogue_of(kind)):
            if not faults_of(tried, tried.collect(file)):
                unnoticed.append(place)
    assert unnoticed == []
