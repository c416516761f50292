"""Which codes the source uses: found by reading its syntax, not by running it.

A code is a text of the form `family.word` in the source whose family the catalogue knows, or the first argument of a
call that makes a reason. Codes that are put together (`f"autotask.refused.{kind}"`) are spelled out in `SPELLED_OUT`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from trueup.core.expression import Code
from trueup.core.unbilled.finding import UnbilledKind
from trueup.psa.port import RefusalKind
from trueup.store import plans

SOURCE = Path(__file__).resolve().parents[2] / "src" / "trueup"
CODE = re.compile(r"[a-z][a-z_]*(?:\.[A-Za-z0-9_-]+)+")
MAKERS = {
    "of",
    "Reason",
    "failed",
    "refused",
    "wrong",
    "_wrong",
    "source_error",
    "StoreError",
    "found",
    "_failure",
    "_ok",
}
NOT_CODES = {"plan.id", "plan.tenant", "run.id", "organization.id", "connection.id", "notice.id", "notice.tenant"}
NOT_CODES |= {"cross_check.id", "cross_check.tenant", "audit.id", "audit.tenant"}
"""Foreign keys of tables."""

MODULE_QUESTIONS = ("settings", "reachable", "credentials", "rights", "delivering", "exclusion", "clock")
CHECKS = {"store": ("ok",), "secrets": ("ok", "none"), "modules": ("ok", "none", "silent")}
CHECKS |= {"delivered": ("ok", "never", "stale"), "clock": ("ok", "differs", "unknown"), "psa": ()}
ASKED = ("kaseyaone_organization", "kaseyaone_user", "kaseyaone_psa", "kaseyaone_module", "kaseyaone_access_list")
CURES = ("cannot_ask", "store", "secrets", "clock", "psa.none", "modules.none", "modules.silent", "delivered.never")
RIGHTS = (
    "Companies",
    "Contracts",
    "Services",
    "ContractServices",
    "ContractServiceUnits",
    "ContractServiceAdjustments",
)

SPELLED_OUT: dict[str, set[str]] = {
    "notice.title_{}": {f"notice.title_{event}" for event in ("opened", "closed", "reminder")},
    "autotask.refused.{}": {f"autotask.refused.{kind.value}" for kind in RefusalKind},
    "plan.{}": {f"plan.{state}" for state in (plans.SUPERSEDED, plans.EXPIRED, plans.APPLIED)},
    "{}.ok": {f"check.module_{name}.ok" for name in MODULE_QUESTIONS}
    | {f"check.{name}.{state}" for name, states in CHECKS.items() for state in states},
    "unbilled.{}": {f"unbilled.{kind.value}" for kind in UnbilledKind},
    "cure.{}": {f"cure.check.{name}" for name in (*CURES, "delivered.stale", *ASKED, "icb_same_services")},
    "rights.{}": {f"finding.autotask.rights.{name}" for name in RIGHTS} | {"finding.autotask.rights"},
    "autotask.{}": set(),  # questions of the adapter; see `questions_of_the_adapter`
    "fact.{}": {"finding.fact.psa"},
    "autotask.fact.{}": set(),  # see `probed_facts`
}


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    paths = sorted(SOURCE.rglob("*.py"))
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def _skipped(tree: ast.Module) -> set[int]:
    """Parts of put-together texts, help keys of the command line, and names of actions in the audit trail."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found |= {id(part) for part in node.values}
        if isinstance(node, ast.Call):
            found |= {id(keyword.value) for keyword in node.keywords if keyword.arg == "help"}
            name = ast.unparse(node.func)
            if name.endswith("audit.add") and len(node.args) > 1:
                found.add(id(node.args[1]))
    return found


@cache
def used_codes(families: frozenset[str]) -> set[str]:
    """Codes of these families anywhere in the source, those of makers whatever their family."""
    found: set[str] = set()
    for path, tree in trees():
        skipped = _skipped(tree)
        tables = "tables" in path.parts
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
                text = node.value
                if CODE.fullmatch(text) and text.partition(".")[0] in families and not tables and text not in NOT_CODES:
                    found.add(text)
        found |= {code for code in _made(tree) if CODE.fullmatch(code)}
    return found | {code.value for code in Code}


def _made(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in MAKERS and isinstance(node.args[0].value, str):
                yield node.args[0].value


def put_together() -> dict[str, Path]:
    """Forms of codes that are put together in the source: `autotask.refused.{}` and where."""
    found: dict[str, Path] = {}
    for path, tree in trees():
        if path.parts[-2] in ("messages", "rendering", "cli", "commands"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.JoinedStr):
                name = ast.unparse(node.func).rpartition(".")[2]
                parts = node.args[0].values
                form = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
                if name in {*MAKERS, "Finding", "judged"} and "." in form:
                    found[re.sub(r"\{\}\.(?=\w)", "{}.", form)] = path
    return found


def probed_facts() -> set[str]:
    """`autotask.fact.*`: what the adapter's probes and sample yield."""
    found: set[str] = set()
    for path, tree in trees():
        if path.parent.name != "autotask" or path.name not in ("probes.py", "sample.py"):
            continue
        for node in ast.walk(tree):
            first: ast.expr | None = None
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "judged" and node.args:
                first = node.args[0]
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                first = node.value.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(f"autotask.fact.{first.value}")
    return found


def questions_of_the_adapter() -> set[str]:
    """`finding.autotask.*`: what `found` and `failed` are asked about."""
    found: set[str] = set()
    for path, tree in trees():
        if path.parent.name != "autotask" or path.name not in ("checks.py", "probes.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("found", "failed") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(f"finding.autotask.{first.value}")
    return found - {"finding.autotask.fact.missing_item"}


_TEMPLATE_TEXT = re.compile(r"""\bt\(\s*["']([a-z_.0-9]+)["']\s*(~)?""")


def page_texts() -> tuple[set[str], set[str]]:
    """Keys of texts that templates and `trueup.web` use, and the beginnings of those that are put together."""
    used, begun = set(), set()
    for path in sorted((SOURCE / "web" / "templates").rglob("*.html")):
        for key, goes_on in _TEMPLATE_TEXT.findall(path.read_text(encoding="utf-8")):
            (begun if goes_on else used).add(key)
    for path, tree in trees():
        if "web" not in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("page."):
                (begun if node.value.endswith((".", "_")) else used).add(node.value)
    return used, begun
