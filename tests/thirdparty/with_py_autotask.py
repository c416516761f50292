"""py-autotask 2.3.0 (PyPI), its synchronous client, installed without the dependencies of its exports.

Nothing of it is patched: the constructor takes an authentication object, and a subclass of its class says where zones
are looked up. The zone is then found, and every request made, by the client's own code.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

from tests.thirdparty.face import Access, Conditions, RefusalError, Row, walk_by_id

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it still writes its models as pydantic 1 did
    from py_autotask.auth import AutotaskAuth
    from py_autotask.client import AutotaskClient
    from py_autotask.entities.base import BaseEntity
    from py_autotask.entities.contract_service_adjustments import ContractServiceAdjustmentsEntity
    from py_autotask.exceptions import AutotaskAPIError, AutotaskAuthError
    from py_autotask.types import AuthCredentials, RequestConfig

__all__ = ["AutotaskAPIError", "AutotaskAuthError", "PyAutotask"]


class PyAutotask:
    """The client for one user, with one retry and no waiting in between."""

    def __init__(self, access: Access) -> None:
        class LocalAuth(AutotaskAuth):
            ZONE_INFO_URL = f"{access.base_url}v1.0/zoneInformation"
            _zone_cache: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - that of the base class outlives a test

        credentials = AuthCredentials(
            username=access.user, integration_code=access.code, secret=access.secret, api_url=None
        )
        config = RequestConfig(timeout=30, max_retries=1, retry_delay=0, retry_backoff=0)
        self.client = AutotaskClient(LocalAuth(credentials), config)

    def entity(self, name: str) -> BaseEntity:
        """The client's generic entity: it has no named one for units."""
        return BaseEntity(self.client, name)

    def named_adjustments(self) -> ContractServiceAdjustmentsEntity:
        """The client's own class for adjustments, whose field names Autotask does not know."""
        return ContractServiceAdjustmentsEntity(self.client, "ContractServiceAdjustments")

    def zone(self) -> str:
        """The zone that the client looked up."""
        return str(self.client.auth.api_url)

    def rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """The first page, by POST."""
        try:
            found: list[Row] = self.entity(entity).query(list(conditions)).items
        except AutotaskAPIError as error:
            raise RefusalError(str(error)) from error
        return found

    def all_rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """By id, since the client's own `query_all` ends after the first page."""
        return walk_by_id(self.rows, entity, conditions)

    def adjust(self, contract: int, line: int, change: int, day: date) -> int | None:
        """By the child path, which the client chooses itself."""
        body = {"contractServiceID": line, "unitChange": change, "effectiveDate": day.isoformat()}
        try:
            given: int = self.entity("ContractServiceAdjustments").create({"contractID": contract, **body}).item_id
        except AutotaskAPIError as error:
            raise RefusalError(str(error)) from error
        return given
