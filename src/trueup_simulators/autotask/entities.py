"""All entities the simulator knows, and which child collections hang below which parent.

Which methods exist where follows the vendor's Swagger file operation by operation.
"""

from __future__ import annotations

from collections.abc import Mapping

from trueup_simulators.autotask import entities_billing as billing
from trueup_simulators.autotask import entities_catalogue as catalogue
from trueup_simulators.autotask import entities_contracts as contracts
from trueup_simulators.autotask.fields import Child, Entity

ALL: tuple[Entity, ...] = (
    catalogue.COMPANIES,
    catalogue.DEPARTMENTS,
    catalogue.SERVICES,
    catalogue.SERVICE_BUNDLES,
    catalogue.SERVICE_BUNDLE_SERVICES,
    contracts.CONTRACTS,
    contracts.CONTRACT_SERVICES,
    contracts.CONTRACT_SERVICE_BUNDLES,
    contracts.CONTRACT_SERVICE_UNITS,
    contracts.CONTRACT_SERVICE_BUNDLE_UNITS,
    contracts.CONTRACT_SERVICE_ADJUSTMENTS,
    contracts.CONTRACT_SERVICE_BUNDLE_ADJUSTMENTS,
    contracts.CONTRACT_BILLING_RULES,
    billing.BILLING_ITEMS,
    billing.INVOICES,
    billing.BILLING_CODES,
    billing.SUBSCRIPTIONS,
    billing.SUBSCRIPTION_PERIODS,
)

ENTITIES: Mapping[str, Entity] = {entity.path.lower(): entity for entity in ALL}

_CHANGE = frozenset({"GET", "POST", "PATCH", "PUT", "item"})
_READ = frozenset({"GET", "item"})

_CHILDREN: tuple[Child, ...] = (
    Child("Contracts", "BillingRules", "ContractBillingRules", "contractID", _CHANGE | {"delete"}),
    Child("Contracts", "Services", "ContractServices", "contractID", _CHANGE),
    Child("Contracts", "ServiceBundles", "ContractServiceBundles", "contractID", _CHANGE),
    Child("Contracts", "ServiceUnits", "ContractServiceUnits", "contractID", _READ),
    Child("Contracts", "ServiceBundleUnits", "ContractServiceBundleUnits", "contractID", _READ),
    Child("Contracts", "ServiceAdjustments", "ContractServiceAdjustments", "contractID", frozenset({"POST"})),
    Child(
        "Contracts",
        "ServiceBundleAdjustments",
        "ContractServiceBundleAdjustments",
        "contractID",
        frozenset({"POST"}),
    ),
    Child(
        "ServiceBundles",
        "Services",
        "ServiceBundleServices",
        "serviceBundleID",
        frozenset({"GET", "POST", "item", "delete"}),
    ),
    Child("Subscriptions", "Periods", "SubscriptionPeriods", "subscriptionID", _READ),
)

CHILDREN: Mapping[tuple[str, str], Child] = {(child.parent.lower(), child.name.lower()): child for child in _CHILDREN}
