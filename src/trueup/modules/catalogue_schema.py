"""The vocabulary of a catalogue file: what one module's YAML may say (see docs/decisions/0030-module-catalogue.md).

A *condition* is text in the project's expression language over the names of a stream's fields. A *template* is text in
which `{name}` stands for a setting, a secret (only below `auth`), a looked-up value, a field of the parent record
(`for_each`) or a part of the usage day (`{day}`, `{year}`, `{month}`). A *path* is dotted (`deviceType.category`);
`.` is the root, `[]` flattens a list, `^` in front reads the record above a flattened one, and a backslash keeps a dot.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trueup.core.usage import Certainty, MetricKind
from trueup.modules.catalogue_auth import Auth

NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, Field(pattern=NAME)]


class Part(BaseModel):
    """Base of every part: unknown keys are refused, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Part):
    """A condition chosen by a setting's value; a value that is not listed takes `otherwise` (none: no condition)."""

    setting: Name
    when: dict[str, str | None]
    otherwise: str | None = None


Condition = str | Choice


class Setting(Part):
    """One thing that a connection may set. `choices` limits it; `address` is a pattern whose first group is taken
    when a whole address is pasted instead (a portal's URL)."""

    label: str
    help: str | None = None
    default: str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    address: str | None = None


class Secret(Part):
    """One secret that a connection must give; its value never stands in a file. `public` marks a name beside the
    secret (a client's id) that the vendor's addresses carry too, so that it may stand outside `auth`."""

    label: str
    help: str | None = None
    public: bool = False


class Paging(Part):
    """How a list goes on. `page`: a number in `parameter` until a total, a short page or a status says stop.
    `offset`: rows to skip. `next_url`: an address at `path`; parameters that it lost are put back (`reapply`) and it
    must stay on the same origin. `cursor`: a value at `path` goes into `parameter`. `last_id`: the last row's `field`
    goes into `parameter`. A key that must be there (`path`) and is not is a truncated list, never its end.
    `template` is the parameter's whole text around `{value}` (LoopBack: rows to skip inside a JSON filter). With
    `header` a cursor comes in that header of the answer and goes back in the same header; without it the list ends."""

    kind: Literal["none", "page", "offset", "next_url", "cursor", "last_id"] = "none"
    parameter: str | None = None
    size_parameter: str | None = None
    size: int | None = None
    start: int = 1
    template: str | None = None
    header: str | None = None
    path: str | None = None
    may_be_missing: bool = False
    reapply: bool = True
    total_pages: str | None = None
    stop_on_short_page: bool = False
    stop_statuses: tuple[int, ...] = ()
    field: str | None = None


class Totals(Part):
    """What an answer says about its own size. `rows` is the path of the whole list's length, `page_rows` of this
    page's. A list that is shorter than it says, or that moved while it was read, is read once more; then it may lack
    as many rows as it visibly moved by (its total changed, rows came twice), up to `drift_permille` plus one. More is
    a truncated list, and so is any steady shortfall, but for the number in the setting `tolerated`."""

    rows: str | None = None
    page_rows: str | None = None
    drift_permille: int = Field(default=5, ge=0, le=1000)
    tolerated: Name | None = None


class BodyErrors(Part):
    """Errors that come with status 200: something at `error`, or anything but true at `success`. `status` is where
    the body repeats the HTTP status that it stands for."""

    error: str | None = None
    success: str | None = None
    status: str | None = None


class Units(Part):
    """In which unit a number comes: the text at `path`, or always `given`. It is kept in `to`; sizes of storage (B to
    PB, in steps of 1024) are known, `others` adds factors to `to`. A unit nobody knows makes the number missing, so
    that its organization is partial: two units are never added as if they were one."""

    path: str | None = None
    given: str | None = None
    to: str = "GB"
    others: dict[str, str] = {}


class FieldSource(Part):
    """Where a field comes from: the first of `paths` that is not null, with the path's own entry of `prefixes` in
    front (so that an id and a name can never be the same key); with `joined` all of them, a slash between.

    `kind` converts: `text`, `number` (text accepted), `flag` (1, "1", "true" accepted), `day`, `size` (how many entries
    a list has), or `any` as it comes. `units` brings a number to one unit. `parent` takes a field of the parent record
    instead. `seen_within` names a setting with a number of days: the value is then whether the time (epoch milliseconds
    or ISO) is that recent when collecting, never the time itself; `in_month` asks whether it is in the usage day's
    month.
    """

    paths: tuple[str, ...] = ()
    kind: Literal["any", "text", "number", "flag", "day", "size"] = "any"
    prefixes: tuple[str, ...] = ()
    joined: bool = False
    units: Units | None = None
    parent: Name | None = None
    seen_within: Name | None = None
    in_month: bool = False


class ItemParts(Part):
    """Which fields make the item: its stable key, its name, its organization; `attributes` are kept with it, and
    `optional` ones where the setting `extra_attributes` names them. Never name a field that changes with each call."""

    key: Name
    organization: Name
    name: Name | None = None
    attributes: tuple[Name, ...] = ()
    optional: tuple[Name, ...] = ()
    unit: str = "item"


class Lookup(Part):
    """Finds one row of another stream by the exact text of a field and keeps one of its fields under `variable`.

    `required_by` names a setting with the values `auto` (used when there), `required` (its absence fails the run) and
    `off`; once seen, `auto` behaves as `required`.
    """

    variable: Name
    stream: Name
    match: Name
    equals: str
    take: Name
    required_by: Name


class Exclusion(Part):
    """Items whose key is among `key` of another stream are not counted."""

    stream: Name
    key: Name


class Watch(Part):
    """Values of a field that no one expected (compared trimmed and without case) are reported with their number."""

    field: Name
    known: tuple[str, ...]


class Fanout(Part):
    """The stream is read once for each row of a parent stream; `organization` is the parent's field that a failed
    read makes partial. Rows with an equal `distinct` field are read once."""

    stream: Name
    organization: Name
    distinct: Name | None = None
    concurrency: int = Field(default=2, ge=1, le=4)


class Stream(Part):
    """One list (or one record, `single`). Exactly one of `get` and `post_query`: the second is for vendors that read
    by POST, and must never name a call that changes anything. `host` is another host of the vendor that a parent record
    names; it must be below `host_within`. A connection with a `base_url` of its own stays there. `switch` names a
    setting: the stream is read, and its billing types are offered, only where that is `on` (a guess must not break what
    is sure)."""

    get: str | None = None
    post_query: str | None = None
    host: str | None = None
    host_within: str | None = None
    switch: Name | None = None
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: dict[str, object] | None = None
    select: str = "."
    values_of: bool = False
    single: bool = False
    fields: dict[Name, str | FieldSource] = {}
    where: tuple[Condition, ...] = ()
    item: ItemParts | None = None
    evidence: bool = True
    key: Name | None = None
    paging: Paging | None = None
    totals: Totals | None = None
    errors: BodyErrors | None = None
    empty_on: tuple[int, ...] = ()
    lookup: Lookup | None = None
    exclude: Exclusion | None = None
    for_each: Fanout | None = None
    watch: tuple[Watch, ...] = ()
    certainty: Certainty = Certainty.DOCUMENTED

    @property
    def sources(self) -> dict[str, FieldSource]:
        """The fields in their long form."""
        return {
            name: FieldSource(paths=(source,)) if isinstance(source, str) else source
            for name, source in self.fields.items()
        }


class Defaults(Part):
    """What holds for every stream that does not say otherwise."""

    paging: Paging = Paging()
    totals: Totals = Totals()
    errors: BodyErrors = BodyErrors()
    headers: dict[str, str] = {}


class Organizations(Part):
    """Where customers are listed, so that those without items count as a measured zero. Rows that the stream's
    `where` drops take their items with them; items of organizations that are not listed at all are shown. `also` names
    more lists of customers, with the same names of fields, where a vendor has no single one."""

    stream: Name
    also: tuple[Name, ...] = ()
    key: Name
    name: Name
    psa_hint: Name | None = None


class Metric(Part):
    """One billing type. `count` and `flag` look at `where` alone; the others need `field`: `sum` adds it up, `value`
    takes it as already counted for the organization, `count_distinct` counts its different values. An item that lacks
    one of the attributes in `needs` makes its organization's value partial: a missing licence flag is not "no"."""

    label: str
    measure: Literal["count", "count_distinct", "sum", "value", "flag"] = "count"
    field: Name | None = None
    where: Condition | None = None
    needs: tuple[Name, ...] = ()
    stream: Name | None = None
    kind: MetricKind = MetricKind.LEVEL
    unit: str | None = None
    certainty: Certainty = Certainty.DOCUMENTED
    note: str | None = None


class DynamicMetrics(Part):
    """One billing type for each value of `name_from`; a new value is reported, never dropped. `suffix` tells two
    figures of one value apart (bought, assigned)."""

    name_from: Name
    suffix: Name | None = None
    stream: Name | None = None
    measure: Literal["count", "count_distinct", "sum", "value"] = "count"
    field: Name | None = None
    where: Condition | None = None
    kind: MetricKind = MetricKind.LEVEL
    unit: str | None = None
    certainty: Certainty = Certainty.DOCUMENTED


class Compared(Part):
    """A figure of the account that the items read must come near to: fewer than `least_percent` of it looks like
    restricted rights, none at all is implausible."""

    stream: Name
    field: Name
    items: Name
    least_percent: int = Field(default=90, ge=0, le=100)


class Bootstrap(Part):
    """A request made once after logging in; the answer's paths fill variables. `url` may be absolute."""

    url: str
    variables: dict[Name, str]


class Limits(Part):
    """How fast and how long. `stop_statuses` end the run at once and keep Trueup away for `rest_seconds`."""

    requests: int = Field(default=300, ge=1)
    window_seconds: int = Field(default=60, ge=1)
    concurrency: int = Field(default=2, ge=1, le=8)
    timeout_seconds: int = Field(default=60, ge=1)
    attempts: int = Field(default=4, ge=1, le=10)
    retry_statuses: tuple[int, ...] = (500, 502, 503, 504)
    wait_statuses: tuple[int, ...] = (429,)
    default_wait_seconds: int = 60
    longest_wait_seconds: int = 120
    stop_statuses: tuple[int, ...] = (403,)
    rest_seconds: int = 300
    max_pages: int = Field(default=5000, ge=1)


class History(Part):
    """Past usage days can be asked for, up to so many `days` back: every item stream that is counted takes the usage
    day into its request as `{day}`, so that the vendor's figures are those of that day. Lists of organizations may be
    of now. With `every: month` the requests take `{year}` and `{month}`, and the vendor tells whole months: of missed
    days only the last one of a month can be had again, because the month's total is its figure. Without this key a day
    that was missed stays unknown for good. `certainty` says how sure we are of it."""

    days: int = Field(ge=1, le=366)
    every: Literal["day", "month"] = "day"
    certainty: Certainty = Certainty.DOCUMENTED


class Described(Part):
    """What every module says of itself. `icb` marks a module that Integrated Customer Billing knows (Autotask's help,
    all versions of its list), `retired` a product that the vendor ended: what was mapped keeps working, and nobody is
    offered to connect it. `cadence` is how often its figures change."""

    module: Name
    label: str
    documentation: tuple[str, ...] = ()
    cadence: Literal["daily", "monthly"] = "daily"
    icb: bool = False
    retired: bool = False


class CatalogueFile(Described):
    """One module that is read over its API: how to reach it, what to read, what to count. `login_url` is the origin of
    a login on another host."""

    source: Literal["rest"] = "rest"
    base_url: str
    login_url: str | None = None
    settings: dict[Name, Setting] = {}
    secret: dict[Name, Secret] = {}
    auth: Auth = Field(discriminator="kind")
    bootstrap: Bootstrap | None = None
    limits: Limits = Limits()
    defaults: Defaults = Defaults()
    probe: Name | None = None
    history: History | None = None
    streams: dict[Name, Stream]
    organizations: Organizations
    compare: tuple[Compared, ...] = ()
    billing_types: dict[Name, Metric] = {}
    dynamic: tuple[DynamicMetrics, ...] = ()
