"""Field tables of what billing leaves behind (Autotask REST: entity pages and the vendor's Swagger file)."""

from __future__ import annotations

from trueup_simulators.autotask.entities_contracts import PERIOD_TYPES
from trueup_simulators.autotask.fields import Entity, table

RECURRING_SERVICE_ITEM = 11
RECURRING_BUNDLE_ITEM = 12
RECURRING_BILLING_CODE = 5
"""`useType` of codes for recurring services; numbers assumed: docs/decisions/0040-autotask-simulator-metadata.md."""

BILLING_ITEMS = Entity(
    path="BillingItems",
    name="BillingItem",
    update=True,
    fields=table(
        """
id                                long     readonly
accountManagerWhenApprovedID      integer  readonly
billingCodeID                     integer  readonly ref=BillingCodes
billingItemType                   integer  readonly required \
 pick=1:Labor|2:Project Charge|3:Ticket Charge|4:Expense|7:Milestone|11:Recurring Service|12:Recurring Service Bundle
companyID                         integer  readonly ref=Companies
configurationItemID               long     readonly
contractBlockID                   integer  readonly
contractChargeID                  long     readonly
contractID                        integer  readonly ref=Contracts
contractServiceAdjustmentID       integer  readonly
contractServiceBundleAdjustmentID integer  readonly
contractServiceBundleID           integer  readonly ref=ContractServiceBundles
contractServiceBundlePeriodID     integer  readonly
contractServiceID                 integer  readonly ref=ContractServices
contractServicePeriodID           integer  readonly
description                       string   readonly len=2000
expenseItemID                     integer  readonly
extendedPrice                     decimal  readonly
internalCurrencyExtendedPrice,internalCurrencyRate decimal readonly
internalCurrencyTaxDollars,internalCurrencyTotalAmount decimal readonly
invoiceID                         integer  readonly ref=Invoices
itemApproverID                    integer  readonly
itemDate                          date     readonly
itemName                          string   readonly len=150
lineItemFullDescription,lineItemGroupDescription string readonly unqueryable len=2000
milestoneID                       long     readonly
nonBillable                       integer  readonly required pick=0:No|1:Yes
organizationalLevelAssociationID  integer  readonly
ourCost                           decimal  readonly
postedDate                        date     readonly
postedOnTime                      datetime readonly
projectChargeID                   long     readonly
projectID                         integer  readonly
purchaseOrderNumber               string   readonly len=50
quantity,rate                     decimal  readonly
roleID                            integer  readonly
serviceBundleID                   long     readonly ref=ServiceBundles
serviceID                         long     readonly ref=Services
sortOrderID                       long     readonly
subType                           integer  readonly required
taskID,taxCategoryID              integer  readonly
taxDollars                        decimal  readonly
ticketChargeID                    long     readonly
ticketID,timeEntryID              integer  readonly
totalAmount                       decimal  readonly
vendorID                          long     readonly
webServiceDate                    datetime
"""
    ),
)

INVOICES = Entity(
    path="Invoices",
    name="Invoice",
    update=True,
    fields=table(
        """
id                            long     readonly
batchID                       integer  readonly
comments                      string   readonly len=4000
companyID                     integer  readonly ref=Companies
createDateTime                datetime readonly
creatorResourceID             integer  readonly
dueDate,fromDate              date     readonly
invoiceDateTime               datetime readonly required
invoiceEditorTemplateID       integer  readonly
invoiceNumber                 string   len=50
invoiceStatus                 integer  readonly
invoiceTaxMethodExternalCode  string   readonly len=100
invoiceTotal                  decimal  readonly
isVoided                      boolean  readonly
orderNumber                   string   readonly len=50
paidDate                      date
paymentTerm                   integer  readonly
taxGroup                      integer  readonly
taxRegionName                 string   readonly len=100
toDate                        date     readonly
totalTaxValue                 decimal  readonly
voidedByResourceID            integer  readonly
voidedDate                    datetime readonly
webServiceDate                datetime
"""
    ),
)

BILLING_CODES = Entity(
    path="BillingCodes",
    name="BillingCode",
    fields=table(
        """
id                        long     readonly
afterHoursWorkType        integer  readonly
billingCodeType           integer  readonly pick=0:Normal|1:System|2:Non-Billable
department                integer  readonly ref=Departments
description               string   readonly len=500
externalNumber            string   readonly len=100
generalLedgerAccount      integer  readonly
isActive                  boolean  readonly required
isExcludedFromNewContracts boolean readonly
markupRate                decimal  readonly
name                      string   readonly len=200
taxCategoryID             integer  readonly
unitCost,unitPrice        decimal  readonly required
useType                   integer  readonly \
 pick=1:General Allocation Code|2:Internal Allocation Code|3:Expense Category|4:Material Cost Code|\
5:Recurring Contract Service Code|6:Milestone Code
"""
    ),
)

SUBSCRIPTIONS = Entity(
    path="Subscriptions",
    name="Subscription",
    create=True,
    update=True,
    delete=True,
    udf=True,
    fields=table(
        f"""
id                               long     readonly
configurationItemID              integer  required once
description                      string   len=2000
effectiveDate                    date     required
expirationDate                   date     required
impersonatorCreatorResourceID    integer  readonly
materialCodeID                   integer  required ref=BillingCodes
organizationalLevelAssociationID integer
periodCost                       decimal
periodPrice                      decimal  required
periodType                       integer  required pick={PERIOD_TYPES}
purchaseOrderNumber              string   len=50
status                           integer  required pick=0:Inactive|1:Active
subscriptionName                 string   required len=100
totalCost,totalPrice             decimal  readonly
vendorID                         integer  ref=Companies
"""
    ),
)

SUBSCRIPTION_PERIODS = Entity(
    path="SubscriptionPeriods",
    name="SubscriptionPeriod",
    fields=table(
        """
id                   long     readonly
periodCost           decimal  readonly
periodDate           date     readonly required
periodPrice          decimal  readonly required
postedDate           date     readonly
purchaseOrderNumber  string   readonly len=50
subscriptionID       integer  readonly required ref=Subscriptions
"""
    ),
)
