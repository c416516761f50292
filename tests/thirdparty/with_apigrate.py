"""@apigrate/autotask-restapi 2.0.1 (npm), pointed at the simulator by its own option `base_url`."""

from __future__ import annotations

from datetime import date

from tests.thirdparty.face import Conditions, RefusalError, Row, walk_by_id
from tests.thirdparty.npm_client import ApigrateError, ApigrateSession


class Apigrate:
    """The client in its node process."""

    def __init__(self, session: ApigrateSession) -> None:
        self.session = session

    def zone(self) -> str:
        """The zone that the client looked up on its own first call."""
        self.session.call("Companies", "count", {"filter": [{"op": "exist", "field": "id"}]})
        return str(self.session.zone()["url"])

    def rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """The first page, by POST."""
        try:
            found: list[Row] = self.session.call(entity, "query", {"filter": list(conditions)})["items"]
        except ApigrateError as error:
            raise RefusalError(str(error)) from error
        return found

    def all_rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """By id: the client has no call that follows a page link."""
        return walk_by_id(self.rows, entity, conditions)

    def adjust(self, contract: int, line: int, change: int, day: date) -> int | None:
        """By the child path, the only one that the client has."""
        body = {"contractServiceID": line, "unitChange": change, "effectiveDate": day.isoformat()}
        try:
            answer = self.session.call("ContractServiceAdjustments", "create", contract, body)
        except ApigrateError as error:
            raise RefusalError(str(error)) from error
        given: int | None = answer["itemId"]
        return given
