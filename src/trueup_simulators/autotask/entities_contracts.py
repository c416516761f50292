"""Field tables of contracts and of what hangs on them (Autotask REST: entity pages and the vendor's Swagger file)."""

from __future__ import annotations

from trueup_simulators.autotask.fields import Entity, table

PERIOD_TYPES = "2:Monthly|3:Quarterly|4:Semi-Annual|5:Yearly"

# contract types other than 7 are an assumption: docs/decisions/0040-autotask-simulator-metadata.md
CONTRACTS = Entity(
    path="Contracts",
    name="Contract",
    create=True,
    update=True,
    udf=True,
    fields=table(
        f"""
id                         long     readonly
billingPreference          integer  pick=1:Immediately without Review|2:Manually|3:On Timesheet Approval
billToCompanyContactID     integer
billToCompanyID            integer  ref=Companies
companyID                  integer  required once ref=Companies
contactID                  integer
contactName                string   len=250
contractCategory           integer
contractExclusionSetID     integer
contractName               string   required len=100
contractNumber             string   len=50
contractPeriodType         integer  once pick={PERIOD_TYPES}
contractType               integer  required once \
 pick=1:Time & Materials|3:Fixed Price|4:Block Hours|6:Retainer|7:Recurring Service|8:Per Ticket
description                string   len=2000
endDate                    date     required
estimatedCost,estimatedHours,estimatedRevenue decimal
exclusionContractID        long
internalCurrencyOverageBillingRate,internalCurrencySetupFee decimal readonly
isCompliant                boolean
isDefaultContract          boolean
lastModifiedDateTime       datetime readonly
opportunityID              integer
organizationalLevelAssociationID integer
overageBillingRate         decimal
purchaseOrderNumber        string   len=50
renewedContractID          long     readonly
serviceLevelAgreementID    integer
setupFee                   decimal
setupFeeBillingCodeID      long     ref=BillingCodes
startDate                  date     required
status                     integer  required pick=0:Inactive|1:In Effect
timeReportingRequiresStartAndStopTimes integer required pick=0:No|1:Yes
"""
    ),
)

CONTRACT_SERVICES = Entity(
    path="ContractServices",
    name="ContractService",
    child_create=True,
    fields=table(
        """
id                            long     readonly
contractID                    integer  required once ref=Contracts
internalCurrencyAdjustedPrice decimal  readonly
internalCurrencyUnitPrice     decimal  readonly
internalDescription           string   len=100
invoiceDescription            string   len=1000
quoteItemID                   long     once
serviceID                     integer  required once ref=Services
unitCost                      decimal  once
unitPrice                     decimal  once
adjustedPrice                 decimal  hidden unqueryable
"""
    ),
)

CONTRACT_SERVICE_BUNDLES = Entity(
    path="ContractServiceBundles",
    name="ContractServiceBundle",
    child_create=True,
    fields=table(
        """
id                            long     readonly
adjustedPrice                 decimal
contractID                    integer  required once ref=Contracts
internalCurrencyAdjustedPrice decimal  readonly
internalCurrencyUnitPrice     decimal  readonly
internalDescription           string   len=100
invoiceDescription            string   len=1000
quoteItemID                   long     once
serviceBundleID               integer  required once ref=ServiceBundles
unitPrice                     decimal  once
"""
    ),
)

CONTRACT_SERVICE_UNITS = Entity(
    path="ContractServiceUnits",
    name="ContractServiceUnit",
    fields=table(
        """
id                               long     readonly
approveAndPostDate               date     readonly
contractID                       integer  readonly required ref=Contracts
contractServiceID                integer  readonly required ref=ContractServices
cost                             decimal  readonly
endDate                          date     readonly required
internalCurrencyPrice            decimal  readonly
organizationalLevelAssociationID integer  readonly
price                            decimal  readonly
serviceID                        integer  readonly required ref=Services
startDate                        date     readonly required
units                            integer  readonly required
vendorCompanyID                  integer  readonly ref=Companies
"""
    ),
)

CONTRACT_SERVICE_BUNDLE_UNITS = Entity(
    path="ContractServiceBundleUnits",
    name="ContractServiceBundleUnit",
    fields=table(
        """
id                               long     readonly
approveAndPostDate               date     readonly
contractID                       integer  readonly required ref=Contracts
contractServiceBundleID          integer  readonly required ref=ContractServiceBundles
cost                             decimal  readonly
endDate                          date     readonly required
internalCurrencyPrice            decimal  readonly
organizationalLevelAssociationID integer  readonly
price                            decimal  readonly
serviceBundleID                  integer  readonly required ref=ServiceBundles
startDate                        date     readonly required
units                            integer  readonly required
"""
    ),
)

CONTRACT_SERVICE_ADJUSTMENTS = Entity(
    path="ContractServiceAdjustments",
    name="ContractServiceAdjustment",
    query=False,
    create=True,
    fields=table(
        """
id                  long     readonly
adjustedUnitCost    decimal
adjustedUnitPrice   decimal
allowRepeatService  boolean
contractID          integer  ref=Contracts
contractServiceID   integer  ref=ContractServices
effectiveDate       date     required
quoteItemID         integer
serviceID           integer  ref=Services
unitChange          integer
"""
    ),
)

CONTRACT_SERVICE_BUNDLE_ADJUSTMENTS = Entity(
    path="ContractServiceBundleAdjustments",
    name="ContractServiceBundleAdjustment",
    query=False,
    create=True,
    fields=table(
        """
id                       long     readonly
adjustedUnitPrice        decimal
allowRepeatServiceBundle boolean
contractID               integer  ref=Contracts
contractServiceBundleID  integer  ref=ContractServiceBundles
effectiveDate            date     required
quoteItemID              integer
serviceBundleID          integer  ref=ServiceBundles
unitChange               integer
"""
    ),
)

CONTRACT_BILLING_RULES = Entity(
    path="ContractBillingRules",
    name="ContractBillingRule",
    child_create=True,
    fields=table(
        """
id                              long     readonly
contractID                      integer  required once ref=Contracts
createChargesAsBillable         boolean  required
dailyProratedCost,dailyProratedPrice decimal
determineUnits                  integer  required pick=1:Product count|2:Contact count|3:Device count
endDate                         date
executionMethod                 integer  pick=1:Automatic|2:Manual
includeItemsInChargeDescription boolean  required
invoiceDescription              string   len=1000
isActive                        boolean  required
isDailyProrationEnabled         boolean  required
maximumUnits,minimumUnits       integer
productID                       integer  required
startDate                       date     required
"""
    ),
)
