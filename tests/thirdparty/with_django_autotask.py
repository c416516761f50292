"""django-autotask 1.16.0 (PyPI, the newest for Python 3.11): its HTTP part, without a database.

Nothing of it is patched: its own setting `AUTOTASK_SERVER_URL` says where zones are looked up. Classes for entities
that it does not name are written the way it writes its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from tests.thirdparty.face import Access, Conditions, RefusalError, Row

if not settings.configured:
    settings.configure(USE_TZ=True, AUTOTASK_SERVER_URL="", AUTOTASK_CREDENTIALS={})

import djautotask.api as djautotask  # reads the settings, so it comes after them


class _Lines(djautotask.AutotaskAPIClient):
    API = "ContractServices"


class _Units(djautotask.AutotaskAPIClient):
    API = "ContractServiceUnits"


class _UnitsByPost(djautotask.ChildAPIMixin, djautotask.AutotaskAPIClient):
    API = "ContractServiceUnits"
    PARENT_API = "Contracts"
    CHILD_API = "ServiceUnits"


class _Adjustments(djautotask.AutotaskAPIClient):
    API = "ContractServiceAdjustments"


class _ChildAdjustments(djautotask.ChildAPIMixin, djautotask.AutotaskAPIClient):
    API = "ContractServiceAdjustments"
    PARENT_API = "Contracts"
    CHILD_API = "ServiceAdjustments"


class DjangoAutotask:
    """The client for one user. It queries by GET, and by POST where an entity is a child."""

    KINDS: ClassVar[dict[str, type[djautotask.AutotaskAPIClient]]] = {
        "Companies": djautotask.AccountsAPIClient,
        "Contracts": djautotask.ContractsAPIClient,
        "ContractServices": _Lines,
        "ContractServiceUnits": _Units,
        "ContractServiceUnits by POST": _UnitsByPost,
    }

    def __init__(self, access: Access) -> None:
        self._access = access

    def _speaking(self, kind: type[djautotask.AutotaskAPIClient], conditions: Conditions = ()) -> Any:
        client = kind(
            username=self._access.user,
            password=self._access.secret,
            integration_code=self._access.code,
            rest_api_version="1.0",
        )
        for condition in conditions:
            client.add_condition(djautotask.ApiCondition(**condition))
        return client

    def zone(self) -> str:
        """The zone that the client looked up."""
        return str(djautotask.get_api_connection_url(self._access.user))

    def rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """The first page."""
        try:
            found: list[Row] = self._speaking(self.KINDS[entity], conditions).get(None)["items"]
        except djautotask.AutotaskAPIServerError as error:
            raise RefusalError(str(error)) from error
        return found

    def all_rows(self, entity: str, conditions: Conditions, page_size: int | None = None) -> list[Row]:
        """By following `nextPageUrl` with the client's own `get`, as its synchroniser does."""
        client = self._speaking(self.KINDS[entity], conditions)
        answer = client.get(None, page_size=page_size)
        found: list[Row] = list(answer["items"])
        while following := answer["pageDetails"]["nextPageUrl"]:
            answer = client.get(following)
            found += answer["items"]
        return found

    def adjust(self, contract: int, line: int, change: int, day: date) -> int | None:
        """By the child path."""
        return self._created(_ChildAdjustments, contract, line, change, day)

    def adjust_by_root_path(self, line: int, change: int, day: date) -> int | None:
        """By the root path, to which the client adds a slash at the end."""
        return self._created(_Adjustments, None, line, change, day)

    def _created(
        self, kind: type[djautotask.AutotaskAPIClient], contract: int | None, line: int, change: int, day: date
    ) -> int | None:
        parent = () if contract is None else (SimpleNamespace(id=contract),)
        body = {"contractServiceID": line, "unitChange": change, "effectiveDate": day}
        try:
            given: int | None = self._speaking(kind).create(SimpleNamespace(id=None), *parent, **body)
        except djautotask.AutotaskAPIServerError as error:
            raise RefusalError(str(error)) from error
        return given


@contextmanager
def pointed_at(access: Access) -> Iterator[DjangoAutotask]:
    """The client with its setting and its empty zone cache for this simulator."""
    cache.clear()
    with override_settings(AUTOTASK_SERVER_URL=access.base_url):
        yield DjangoAutotask(access)
    cache.clear()
