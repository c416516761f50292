"""The page of all modules, made from their catalogue files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trueup.core.usage import Certainty
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.modules.catalogue_reading import ModuleFile
from trueup.modules.catalogue_schema import CatalogueFile

_HEAD = """# Modules

<!-- Made by `python -m tools.docs modules`; change the files in src/trueup/modules/catalogue instead. -->

Each module is one catalogue file; its words are in
[the schema](reference/catalogue.schema.json), [a guide](guides/module-files.md) explains how one is written, and
[decision 0030](decisions/0030-module-catalogue.md) says why it is data. `trueup module new` writes a commented file to
begin with, `trueup module test` checks one and, where credentials are given, tries it on the real account, reading
only.

`trueup connect module KIND` asks for the secrets named here; settings are given with `--set NAME=VALUE`. Settings with
a star must be given. Every module takes `base_url` (another origin), those with a login on another host `login_url`.

How sure we are: **documented** (the vendor says so, or clients that run against live accounts), **inferred** (it
follows from what is documented), **guessed** (a guessed billing type never changes a line by itself).

Past days: what the vendor still tells when a night was missed ([schedule](guides/schedule-and-notices.md));
`none` leaves such a day unknown for good. A module by file or push tells its days itself.

Modules *by file or push* have no public API. Their billing types are ready, named as Integrated Customer Billing (ICB)
names them where that is public.
"""

_AUTH = {
    "none": "no login",
    "basic": "Basic",
    "header": "key in a header",
    "query": "key in the address",
    "oauth2": "OAuth 2 token",
    "exchange": "exchanged token",
    "signed": "signed requests",
}
_SURE = {Certainty.DOCUMENTED: 0, Certainty.INFERRED: 1, Certainty.GUESSED: 2}


def _clean(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _least(sure: Iterable[Certainty]) -> str:
    return max(sure, key=lambda one: _SURE[one]).value


def _reached(file: ModuleFile) -> str:
    if not isinstance(file, CatalogueFile):
        return "by file or push" + (" (retired)" if file.retired else "")
    login = f", login at {file.login_url}" if file.login_url else ""
    return f"{file.base_url}; {_AUTH[file.auth.kind]}{login}"


def _past(file: ModuleFile) -> str:
    if not isinstance(file, CatalogueFile):
        return "by its sender"
    if file.history is None:
        return "none"
    what = {"day": "each day", "month": "the end of each month"}[file.history.every]
    return f"{what}, {file.history.days} days back ({file.history.certainty.value})"


def _given(file: ModuleFile) -> str:
    settings = [f"{name}{'*' if one.required else ''}" for name, one in file.settings.items()]
    parts = [("secrets", list(file.secret)), ("settings", settings)]
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names) or "nothing"


def _types(file: ModuleFile) -> Iterator[str]:
    for name, one in file.billing_types.items():
        unit = getattr(one, "unit", None) or _unit(file, getattr(one, "stream", None))
        kind = "" if one.kind.value == "level" else f", {one.kind.value}"
        yield f"| `{file.module}.{name}` | {_clean(one.label)} | {unit}{kind} | {one.certainty.value} |"
    for spec in file.dynamic:
        unit = spec.unit or _unit(file, spec.stream)
        kind = "" if spec.kind.value == "level" else f", {spec.kind.value}"
        suffix = f", {spec.suffix}" if spec.suffix else ""
        yield f"| one for each | each `{spec.name_from}` that is seen{suffix} | {unit}{kind} | {spec.certainty.value} |"


def _unit(file: ModuleFile, stream: str | None) -> str:
    items = [one for name, one in file.streams.items() if one.item is not None and stream in (None, name)]
    return items[0].item.unit if items and items[0].item is not None else "item"


def _section(file: ModuleFile) -> Iterator[str]:
    yield f"## {file.label}\n"
    yield f"`{file.module}`: {_reached(file)}. To give: {_given(file)}.\n"
    unsure = [f"{name} ({one.certainty.value})" for name, one in file.streams.items() if _SURE[one.certainty]]
    if unsure:
        yield f"Lists that are not documented: {', '.join(unsure)}.\n"
    switched = [f"{name} (`{one.switch}`)" for name, one in file.streams.items() if one.switch]
    if switched:
        yield f"Read only where a setting is `on`: {', '.join(switched)}.\n"
    yield "| Name in expressions | Billing type | Unit | Certainty |\n| --- | --- | --- | --- |"
    yield "\n".join(_types(file)) + "\n"


def modules_page() -> str:
    """The text of docs/modules.md."""
    files = sorted((load_catalogue(name) for name in known_modules()), key=lambda file: file.label.lower())
    lines = [
        _HEAD,
        "| Module | Kind | Reached | Past days | Least sure billing type |\n| --- | --- | --- | --- | --- |",
    ]
    table = []
    for file in files:
        anchor = "".join(c for c in file.label.lower() if c.isalnum() or c in " -_").replace(" ", "-")
        sure = [one.certainty for one in (*file.billing_types.values(), *file.dynamic)]
        table.append(
            f"| [{file.label}](#{anchor}) | `{file.module}` | {_reached(file)} | {_past(file)} | {_least(sure)} |"
        )
    lines.append("\n".join(table) + "\n")
    for file in files:
        lines += _section(file)
    return "\n".join(lines).rstrip() + "\n"
