"""Trying a catalogue file: what the file itself says, and, with credentials, what the real account answers.

Only reading calls are sent, since nothing else can be written in such a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from trueup.app.connections.connecting import live_findings
from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param, Reason
from trueup.core.usage import Certainty, Collection, Coverage
from trueup.modules.catalogue_reading import ModuleFile
from trueup.modules.catalogue_schema import CatalogueFile
from trueup.modules.failures import cure_of
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup.trust import Reach, reach_said

FILE = "check.catalogue_file"
CALLS = "check.catalogue_calls"
CERTAINTY = "check.catalogue_certainty"
READ = "check.catalogue_read"
TWICE = "check.catalogue_twice"
ZEROS = "check.catalogue_zeros"


def _ok(code: str, answer: str, **params: Param) -> Finding:
    return Finding(code, FindingState.OK, Reason.of(answer, **params))


def file_findings(file: ModuleFile) -> tuple[Finding, ...]:
    """What can be said without any call. A file that cannot be used was refused while loading it."""
    found = [
        _ok(
            FILE, "check.catalogue_file.ok", module=file.label, types=len(file.billing_types), streams=len(file.streams)
        )
    ]
    if isinstance(file, CatalogueFile):
        posts = sorted({stream.post_query for stream in file.streams.values() if stream.post_query})
        gets = len(file.streams) - sum(stream.post_query is not None for stream in file.streams.values())
        if posts:
            reason = Reason.of("check.catalogue_calls.posts", gets=gets, posts=", ".join(posts))
            found.append(Finding(CALLS, FindingState.QUESTION, reason))
        else:
            found.append(_ok(CALLS, "check.catalogue_calls.ok", gets=gets))
    guessed = [one.label for one in file.billing_types.values() if one.certainty is Certainty.GUESSED]
    if guessed:
        reason = Reason.of("check.catalogue_certainty.guessed", types=", ".join(guessed))
        found.append(Finding(CERTAINTY, FindingState.WARNING, reason))
    else:
        found.append(_ok(CERTAINTY, "check.catalogue_certainty.ok"))
    return tuple(found)


def not_tried(names: tuple[str, ...]) -> Finding:
    """The account was not asked, since credentials are missing (or the module has no API: no names)."""
    code = "check.catalogue_read.no_credentials" if names else "check.catalogue_read.delivered"
    return Finding(READ, FindingState.SKIPPED, Reason.of(code, names=", ".join(names)))


async def account_findings(
    file: CatalogueFile, settings: Mapping[str, str], secret: Mapping[str, str], pace: Pace | None = None
) -> tuple[Finding, ...]:
    """The prerequisites live, and two collections of the present day that must agree. Reads only. It is asked for at a
    command line, by somebody who could call whatever this machine can; the environment may say less."""
    reach = reach_said() or Reach.PRIVATE
    found = await live_findings(RestModule(file, file.module, settings, secret, pace=pace, reach=reach))
    if any(finding.state is FindingState.FAILED for finding in found):
        return found
    now = datetime.now(UTC)
    first, second = [
        await RestModule(file, file.module, settings, secret, pace=pace, reach=reach).collect(now.date(), now)
        for _ in range(2)
    ]
    return (*found, *_of_collections(first, second))


def _of_collections(first: Collection, second: Collection) -> tuple[Finding, ...]:
    for collection in (first, second):
        if collection.failure is not None:
            reason = collection.failure.reason
            return (Finding(READ, FindingState.FAILED, reason, cure_of(reason)),)
    items = sum(len(inventory.items) for inventory in first.inventories)
    numbers: dict[str, Param] = {"organizations": len(first.organizations), "items": items, "calls": first.calls}
    if first.coverage is Coverage.PARTIAL:
        read = Finding(READ, FindingState.WARNING, Reason.of("check.catalogue_read.partial", **numbers))
    else:
        read = _ok(READ, "check.catalogue_read.ok", **numbers)
    return (read, _same(first, second), _zeros(first))


def _same(first: Collection, second: Collection) -> Finding:
    """A figure that moves between two looks is either in use this minute or counted from something that changes."""
    before = {(one.metric, one.organization): one.value for one in first.readings}
    after = {(one.metric, one.organization): one.value for one in second.readings}
    moved = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
    if moved:
        return Finding(
            TWICE, FindingState.WARNING, Reason.of("check.catalogue_twice.moved", moved=moved, readings=len(before))
        )
    return _ok(TWICE, "check.catalogue_twice.ok", readings=len(before))


def _zeros(collection: Collection) -> Finding:
    """Each organization has a reading of each billing type: nothing is left out because it is zero."""
    known = {(one.metric, one.organization) for one in collection.readings}
    wanted = {
        (billing_type.key, organization.key)
        for billing_type in collection.billing_types
        for organization in collection.organizations
    }
    missing = len(wanted - known)
    if missing:
        return Finding(ZEROS, FindingState.FAILED, Reason.of("check.catalogue_zeros.missing", missing=missing))
    zeros = sum(one.value == 0 for one in collection.readings)
    return _ok(ZEROS, "check.catalogue_zeros.ok", organizations=len(collection.organizations), zeros=zeros)
