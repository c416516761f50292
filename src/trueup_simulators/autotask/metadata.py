"""`entityInformation`, its fields and user-defined fields (Autotask REST, entityInformation page)."""

from __future__ import annotations

from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.errors import RoutingError
from trueup_simulators.autotask.fields import KINDS, Entity, Field
from trueup_simulators.autotask.state import State
from trueup_simulators.autotask.writes import CATALOGUE

_PATHS_WITH_WEBHOOKS = frozenset({"Companies"})


def information(entity: Entity, user: User) -> dict[str, object]:
    """What may be done with an entity, and whether the user may."""
    create, update = entity.create or entity.child_create, entity.update or entity.child_create
    if not entity.query:
        update = False

    def access(possible: bool, *, writes: bool = True) -> str:
        barred = writes and (
            (entity.path.startswith("Contract") and not user.can_edit_contracts)
            or (entity.path in CATALOGUE and not user.can_edit_catalogue)
        )
        return "All" if possible and not barred else "None"

    return {
        "info": {
            "name": entity.name,
            "canCreate": create,
            "canDelete": entity.delete,
            "canQuery": entity.query,
            "canUpdate": update,
            "userAccessForCreate": access(create),
            "userAccessForDelete": access(entity.delete),
            "userAccessForQuery": "Restricted" if user.companies is not None else access(entity.query, writes=False),
            "userAccessForUpdate": access(update),
            "hasUserDefinedFields": entity.udf,
            "supportsWebhookCallouts": entity.path in _PATHS_WITH_WEBHOOKS,
        }
    }


def fields(entity: Entity, state: State) -> dict[str, object]:
    """The fields of an entity."""
    singular = {path: table.entity.name for path, table in state.tables.items()}
    return {"fields": [_field(field, singular) for field in entity.fields]}


def _field(field: Field, singular: dict[str, str]) -> dict[str, object]:
    picklist = None
    if field.picklist is not None:
        picklist = [
            {
                "value": str(value),
                "label": label,
                "isDefaultValue": False,
                "sortOrder": position,
                "parentValue": "",
                "isActive": True,
                "isSystem": True,
            }
            for position, (value, label) in enumerate(field.picklist, start=1)
        ]
    return {
        "name": field.name,
        "dataType": KINDS[field.kind],
        "length": field.length,
        "isRequired": field.required,
        "isReadOnly": field.read_only or field.create_only,
        "isQueryable": field.queryable,
        "isReference": field.reference is not None,
        "referenceEntityType": singular.get(field.reference or "", ""),
        "isPickList": field.picklist is not None,
        "picklistValues": picklist,
        "picklistParentValueField": "",
        "isSupportedWebhookField": False,
    }


def user_defined_fields(entity: Entity, state: State) -> dict[str, object]:
    """The user-defined fields of an entity; entities that cannot have any answer 404."""
    if not entity.udf:
        raise RoutingError(404, f"The entity {entity.name} does not support user-defined fields.")
    return {
        "fields": [
            {
                "name": name,
                "label": name,
                "type": kind,
                "length": 255,
                "description": "",
                "isRequired": False,
                "isReadOnly": False,
                "isQueryable": True,
                "isReference": False,
                "referenceEntityType": "",
                "isPickList": False,
                "picklistValues": None,
                "picklistParentValueField": "",
                "defaultValue": "",
                "isSupportedWebhookField": False,
            }
            for name, kind in state.table(entity.path).udf_names.items()
        ]
    }
