"""Reading one module for one usage day: its streams in order, each to its end, checked against its own figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec
from msgspec import UNSET

from trueup.core.reason import Reason
from trueup.core.usage import FailureCategory, Scalar
from trueup.modules.calls import Caller, Place
from trueup.modules.catalogue_schema import FieldSource, Lookup, Paging, Stream, Totals
from trueup.modules.conditions import predicate_of
from trueup.modules.extraction import Extractor, Page
from trueup.modules.failures import SourceError, source_error
from trueup.modules.field_values import as_text, whole
from trueup.modules.lists import PageDecoder, Walked
from trueup.modules.paging import Pager, Query
from trueup.modules.port import Progress
from trueup.modules.prepared import PreparedModule
from trueup.modules.rows import Columns, ItemPlan, ItemRows, Members, PlainRows, Rows
from trueup.modules.templates import filled, filled_body, filled_path, names_in, texts_in

_WHOLE_RUN = frozenset({FailureCategory.CREDENTIALS, FailureCategory.RATE_LIMITED, FailureCategory.NETWORK_RULE})
"""A failed child of a fan-out that would fail every other child too ends the run."""


@dataclass(slots=True)
class Found:
    """What was read so far."""

    plain: dict[str, PlainRows] = field(default_factory=dict)
    items: dict[str, ItemRows] = field(default_factory=dict)
    members: Members = field(default_factory=Members)
    partial: dict[str, set[str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    notes: list[Reason] = field(default_factory=list)
    seen_lookups: set[str] = field(default_factory=set)


def texts_of_request(stream: Stream) -> list[str]:
    """Every template of a stream's request, but for its headers."""
    return [stream.get or stream.post_query or "", *stream.query.values(), *texts_in(stream.body), stream.host or ""]


def _turned_by(paging: Paging) -> Callable[[Page, Mapping[str, str]], None] | None:
    """What takes the way to the next page from a header of the answer, where the vendor puts it there."""
    header = paging.header
    if header is None:
        return None
    return lambda page, headers: page.outer.update(next=headers.get(header))


def _digest(values: tuple[object, ...]) -> int:
    """A number that differs where rows differ; a row with a list or an object in it goes by how it is written."""
    try:
        return hash(values)
    except TypeError:
        return hash(repr(values))


class Reader:
    """Reads the streams of one prepared module with one caller."""

    def __init__(
        self,
        module: PreparedModule,
        caller: Caller,
        day: date,
        observed_at: datetime,
        must_exist: frozenset[str] = frozenset(),
        progress: Progress | None = None,
    ) -> None:
        self._module = module
        self._file = module.file
        self._caller = caller
        self._day = day
        self._observed_at = observed_at
        self._must_exist = must_exist
        self._progress = progress
        self._extractors: dict[str, Extractor] = {}
        self.found = Found()
        self.found.variables = {
            **module.settings,
            **module.addresses,
            "day": day.isoformat(),
            "year": f"{day.year:04d}",
            "month": f"{day.month:02d}",
        }

    async def bootstrap(self) -> None:
        """The request that fills variables after logging in, where the file has one."""
        spec = self._file.bootstrap
        if spec is None:
            return
        extractor = Extractor(".", ((), ()), spec.variables, single=True)
        query = Query("GET", self._address(spec.url, self.found.variables))
        page = await self._caller.read(query, Place("bootstrap"), extractor.page)
        for name in spec.variables:
            value = page.outer.get(name) if page else None
            text = as_text(None if value is UNSET else value)
            if text is None:
                raise source_error("module.list_missing", field=spec.variables[name], stream="bootstrap")
            self.found.variables[name] = text

    async def read_all(self) -> None:
        """Read every stream that is needed. Raises SourceError when one that all customers hang on is not whole."""
        await self.bootstrap()
        for name in self._module.order:
            await self.read_stream(name)
            if name in self._module.listing:
                self._note_members(name)

    async def read_stream(self, name: str) -> None:
        """Read one stream to its end, through its parent's rows where it is read for each of them."""
        stream = self._file.streams[name]
        if stream.lookup is not None and not self._looked_up(name, stream.lookup):
            return
        if stream.for_each is not None:
            await self._read_children(name, stream)
            return
        await self._read_list(name, stream, self.found.variables, {})

    async def peek(self, name: str) -> tuple[int, int | None]:
        """Read only the first page of a stream: its rows, and how long the list says it is."""
        stream = self._file.streams[name]
        paging, totals = stream.paging or self._file.defaults.paging, stream.totals or self._file.defaults.totals
        extractor = self.extractor(name, stream, paging, totals)
        decode = PageDecoder(extractor, stream.errors or self._file.defaults.errors, totals)
        pager = Pager(paging, self._query(stream, self.found.variables), 1)
        page = await self._caller.read(pager.query, Place(name), decode, stream.empty_on)
        if page is None:
            return 0, None
        rows = self._new_rows(name, stream)
        rows.add(page, {})
        self._keep(name, rows)
        return len(page.rows), whole(page.outer.get("total", UNSET))

    # --- one list

    async def _read_list(
        self, name: str, stream: Stream, variables: Mapping[str, str], parent: Mapping[str, Scalar]
    ) -> None:
        rows = self._new_rows(name, stream)
        walked = await self._walk(name, stream, variables, parent, rows)
        if walked.doubtful:  # it moved while it was read, or ended early: read it once more
            first, rows = (rows, self._new_rows(name, stream))
            before = walked.distinct if rows is first else 0
            walked = await self._walk(name, stream, variables, parent, rows)
            walked.distinct += before
        spec = stream.totals or self._file.defaults.totals
        tolerated = whole(self._module.settings.get(spec.tolerated or "")) or 0
        note = walked.checked(spec, name, tolerated)
        self.found.notes += [note] if note else []
        self._keep(name, rows)

    async def _walk(
        self, name: str, stream: Stream, variables: Mapping[str, str], parent: Mapping[str, Scalar], rows: Rows
    ) -> Walked:
        paging = stream.paging or self._file.defaults.paging
        totals = stream.totals or self._file.defaults.totals
        extractor = self.extractor(name, stream, paging, totals)
        decode = PageDecoder(extractor, stream.errors or self._file.defaults.errors, totals)
        pager = Pager(paging, self._query(stream, variables), self._file.limits.max_pages)
        walked, going = Walked(), True
        while going:
            place = Place(name, pager.pages + 1, pager.pages > 0)
            empty = (*stream.empty_on, *(paging.stop_statuses if pager.pages else ()))
            page = await self._caller.read(pager.query, place, decode, empty, _turned_by(paging))
            if page is None:
                break
            before = rows.distinct
            rows.add(page, parent)
            walked.distinct += rows.distinct - before
            total = whole(page.outer.get("total", UNSET))
            walked.rows += len(page.rows)
            walked.totals += [] if total is None else [total]
            if self._progress is not None:
                self._progress(name, rows.distinct, total)
            try:
                if paging.kind in ("page", "offset") and (stream.item is not None or stream.key is not None):
                    pager.fresh((_digest((page.first(row), page.second(row))) for row in page.rows), total)
                going = pager.advance(page.outer, len(page.rows), self._last(name, stream, paging, page), total)
            except SourceError as error:
                raise error.placed({"stream": name, "path": pager.query.path}) from None
        return walked

    def _keep(self, name: str, rows: Rows) -> None:
        if isinstance(rows, PlainRows):
            self.found.plain[name] = rows
        elif isinstance(rows, ItemRows):
            self.found.items[name] = rows

    def _new_rows(self, name: str, stream: Stream) -> Rows:
        existing = self.found.items.get(name) if stream.for_each else None
        if existing is not None:
            return existing
        if stream.for_each and name in self.found.plain:
            return self.found.plain[name]
        fixed, switched = self._module.wheres(stream)
        identity, rest = self._groups(name, stream)
        base = [p for text in fixed if (p := predicate_of(text, rest.names))]
        chosen = [p for text in switched if (p := predicate_of(text, rest.names))]
        if stream.item is None:
            return PlainRows(rest, [*base, *chosen], stream.key)
        timely = [
            (rest.spans[place], answer)
            for place, source in enumerate(rest.sources)
            if (answer := self._answer(source)) is not None
        ]
        plan = ItemPlan(
            identity,
            rest,
            self._module.attributes[name],
            tuple(base),
            tuple(chosen),
            tuple(timely),
            stream.for_each.distinct if stream.for_each else None,
        )
        return ItemRows(plan, self.found.members, self._excluded(stream))

    def _answer(self, source: FieldSource) -> Callable[[datetime], bool] | None:
        """The question about a time that the field stands for, where it stands for one."""
        if source.seen_within is not None:
            days, now = timedelta(days=int(self._module.settings[source.seen_within])), self._observed_at
            return lambda moment: now - moment <= days
        if source.in_month:
            month = self._day.year, self._day.month
            return lambda moment: (moment.year, moment.month) == month
        return None

    def extractor(self, name: str, stream: Stream, paging: Paging, totals: Totals) -> Extractor:
        """What decodes this stream's pages: its needed fields, and what the answer says around them."""
        if name in self._extractors:
            return self._extractors[name]
        identity, rest = self._groups(name, stream)
        errors = stream.errors or self._file.defaults.errors
        around = {
            "next": paging.path,
            "total_pages": paging.total_pages,
            "total": totals.rows,
            "page_rows": totals.page_rows,
            "error": errors.error,
            "success": errors.success,
            "status": errors.status,
        }
        outer = {key: path for key, path in around.items() if path is not None}
        self._extractors[name] = Extractor(
            stream.select,
            (identity.paths, rest.paths),
            outer,
            single=stream.single,
            values_of=stream.values_of,
        )
        return self._extractors[name]

    def _groups(self, name: str, stream: Stream) -> tuple[Columns, Columns]:
        sources = stream.sources
        if stream.item is None:
            return Columns.of(sources, ()), Columns.of(sources, tuple(sources))
        item = stream.item
        identity = (item.key, item.name or item.key, item.organization)
        return Columns.of(sources, identity), Columns.of(sources, self._module.rest_names(name))

    def _last(self, name: str, stream: Stream, paging: Paging, page: Page) -> object:
        """The paging field of the page's last row, where the list goes on by it."""
        if paging.kind != "last_id" or paging.field is None or not page.rows:
            return None
        for columns, get in zip(self._groups(name, stream), (page.first, page.second), strict=True):
            if paging.field in columns.names:
                start, _ = columns.spans[columns.names.index(paging.field)]
                return get(page.rows[-1])[start]
        return None

    # --- requests

    def _address(self, template: str, variables: Mapping[str, str], origin: str | None = None) -> str:
        if template.startswith(("http://", "https://", "{base_url}")):
            return filled(template, variables)
        return (origin or self._module.base_url) + filled_path(template, variables)

    def _query(self, stream: Stream, variables: Mapping[str, str]) -> Query:
        headers = {**self._file.defaults.headers, **stream.headers}
        filled_headers = {name: filled(text, variables) for name, text in headers.items()}
        parameters = {name: filled(text, variables) for name, text in stream.query.items()}
        origin = self._module.origin_of(stream, variables)
        if stream.post_query is None:
            return Query("GET", self._address(stream.get or "/", variables, origin), parameters, filled_headers)
        body = None
        if stream.body is not None:
            body = msgspec.json.encode(filled_body(stream.body, variables))
            filled_headers.setdefault("Content-Type", "application/json")
        return Query("POST", self._address(stream.post_query, variables, origin), parameters, filled_headers, body)

    # --- what hangs on other streams

    def _looked_up(self, name: str, lookup: Lookup) -> bool:
        wanted = filled(lookup.equals, self.found.variables)
        listed = self.found.plain[lookup.stream].kept
        record = next((record for record in listed if record.get(lookup.match) == wanted), None)
        value = as_text(record.get(lookup.take)) if record else None
        if value is not None:
            self.found.variables[lookup.variable] = value
            self.found.seen_lookups.add(name)
            return True
        if self._module.presence(self._file.streams[name]) == "required" or name in self._must_exist:
            raise source_error("module.exclusion_missing", stream=name, name=wanted)
        self.found.notes.append(Reason.of("module.exclusion_not_set_up", stream=name, name=wanted))
        return False

    def _excluded(self, stream: Stream) -> frozenset[str]:
        spec = stream.exclude
        rows = self.found.plain.get(spec.stream) if spec else None
        if spec is None or rows is None:
            return frozenset()
        return frozenset(key for record in rows.kept if (key := as_text(record.get(spec.key))) is not None)

    def _note_members(self, name: str) -> None:
        rows, key = self.found.plain[name], self._file.organizations.key
        for records, listed in ((rows.dropped, False), (rows.kept, True)):
            for record in records:
                text = as_text(record.get(key))
                if text is not None:
                    known = text if listed else self.found.members.keys.get(text)
                    self.found.members.keys[record[key]] = self.found.members.keys[text] = known

    async def _read_children(self, name: str, stream: Stream) -> None:
        fanout = stream.for_each
        if fanout is None:
            return
        self._keep(name, self._new_rows(name, stream))
        parents: dict[object, dict[str, Scalar]] = {}
        for place, record in enumerate(self.found.plain[fanout.stream].kept):
            parents.setdefault(record.get(fanout.distinct) if fanout.distinct else place, record)
        gate, failures = asyncio.Semaphore(min(fanout.concurrency, self._file.limits.concurrency)), list[SourceError]()
        used = frozenset().union(*(names_in(text) for text in texts_of_request(stream)))

        async def child(record: dict[str, Scalar]) -> None:
            fields = {key: as_text(value) or "" for key, value in record.items()}
            async with gate:
                if any(error.failure.category in _WHOLE_RUN for error in failures):
                    return
                try:
                    if any(not fields[key] for key in used if key in fields):
                        raise source_error("module.list_missing", stream=name, field=", ".join(sorted(used)))
                    await self._read_list(name, stream, {**self.found.variables, **fields}, record)
                except SourceError as error:
                    failures.append(error)
                    organization = as_text(record.get(fanout.organization)) or ""
                    self.found.partial.setdefault(name, set()).add(organization)
                    self.found.notes.append(
                        Reason.of(
                            "module.child_failed", stream=name, organization=organization, error=error.reason.code
                        )
                    )

        await asyncio.gather(*(child(record) for record in parents.values()))
        fatal = next((error for error in failures if error.failure.category in _WHOLE_RUN), None)
        if fatal is not None or (failures and len(failures) == len(parents)):
            raise fatal or failures[0]
