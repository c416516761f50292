"""Importing this imports what commands import, and reads what each of them reads first. For `tests.forked`."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module

import trueup
from trueup.messages.catalogue import messages_of
from trueup.modules.catalogue_files import load_catalogue
from trueup.trust import trusted

_RARE = ("trueup.web", "trueup.store.migrations")

for _found in pkgutil.walk_packages(trueup.__path__, "trueup."):
    if not _found.name.startswith(_RARE):
        import_module(_found.name)
for _language in ("en", "fr"):
    messages_of(f"help.{_language}")
load_catalogue("datto_rmm")
trusted()
gc.collect()
gc.freeze()
