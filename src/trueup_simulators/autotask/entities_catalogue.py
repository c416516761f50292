"""Field tables of companies, departments and the service catalogue (Autotask REST: entity pages, Swagger file)."""

from __future__ import annotations

from trueup_simulators.autotask.entities_contracts import PERIOD_TYPES
from trueup_simulators.autotask.fields import Entity, table

# company types: docs/decisions/0040-autotask-simulator-metadata.md
COMPANIES = Entity(
    path="Companies",
    name="Company",
    create=True,
    update=True,
    udf=True,
    fields=table(
        """
id                           long     readonly
additionalAddressInformation,address1,address2 string len=128
alternatePhone1,alternatePhone2 string len=25
apiVendorID                  integer  readonly
assetValue                   decimal
billingAddress1,billingAddress2,billToAdditionalAddressInformation string len=150
billToAddressToUse           integer
billToAttention,billToCity   string   len=50
billToCompanyLocationID,billToCountryID integer
billToState                  string   len=128
billToZipCode                string   len=50
city                         string   len=50
classification               integer
companyCategoryID            integer
companyName                  string   required len=100
companyNumber                string   len=50
companyType                  integer  required \
 pick=1:Customer|2:Lead|3:Prospect|4:Dead|6:Cancelation|7:Vendor|8:Partner
competitorID,countryID       integer
createDate                   datetime readonly
createdByResourceID          integer  readonly
currencyID                   integer
fax                          string   len=25
impersonatorCreatorResourceID integer readonly
invoiceEmailMessageID        integer
invoiceMethod                integer
invoiceNonContractItemsToParentCompany boolean
invoiceTemplateID            integer
isActive                     boolean
isClientPortalActive,isEnabledForComanaged,isTaskFireActive,isTaxExempt boolean
lastActivityDate             datetime readonly
lastTrackedModifiedDateTime  datetime readonly
marketSegmentID              integer
ownerResourceID              integer  required
parentCompanyID              integer  ref=Companies
phone                        string   required len=25
postalCode                   string   len=10
purchaseOrderTemplateID,quoteEmailMessageID,quoteTemplateID integer
sicCode                      string   len=32
state                        string   len=40
stockMarket,stockSymbol      string   len=10
surveyCompanyRating          decimal
taxID                        string   len=50
taxRegionID,territoryID      integer
webAddress                   string   len=255
"""
    ),
)

SERVICES = Entity(
    path="Services",
    name="Service",
    create=True,
    update=True,
    udf=True,
    fields=table(
        f"""
id                       long     readonly
billingCodeID            integer  required ref=BillingCodes
catalogNumberPartNumber  string   len=50
createDate               datetime readonly
creatorResourceID        integer  readonly
description              string   len=2000
externalID,internalID    string   len=50
invoiceDescription       string   len=1000
isActive                 boolean
lastModifiedDate         datetime readonly
manufacturerServiceProvider,manufacturerServiceProviderProductNumber string len=100
markupRate               decimal  readonly
name                     string   required len=150
periodType               integer  required pick={PERIOD_TYPES}
serviceLevelAgreementID  long
sku                      string   len=50
unitCost                 decimal
unitPrice                decimal  required
updateResourceID         integer  readonly
url                      string   len=500
vendorCompanyID          integer  ref=Companies
"""
    ),
)

SERVICE_BUNDLES = Entity(
    path="ServiceBundles",
    name="ServiceBundle",
    create=True,
    update=True,
    delete=True,
    udf=True,
    fields=table(
        f"""
id                       long     readonly
billingCodeID            integer  required ref=BillingCodes
catalogNumberPartNumber  string   len=50
createDate               datetime readonly
creatorResourceID        integer  readonly
description              string   len=2000
externalID,internalID    string   len=50
invoiceDescription       string   len=1000
isActive                 boolean
lastModifiedDate         datetime readonly
manufacturerServiceProvider,manufacturerServiceProviderProductNumber string len=100
name                     string   required len=150
percentageDiscount       decimal
periodType               integer  required pick={PERIOD_TYPES}
serviceLevelAgreementID  long
sku                      string   len=50
unitCost                 decimal  readonly
unitDiscount             decimal
unitPrice                decimal
updateResourceID         integer  readonly
url                      string   len=500
"""
    ),
)

SERVICE_BUNDLE_SERVICES = Entity(
    path="ServiceBundleServices",
    name="ServiceBundleService",
    child_create=True,
    fields=table(
        """
id               long  readonly
serviceBundleID  long  required once ref=ServiceBundles
serviceID        long  required once ref=Services
"""
    ),
)

DEPARTMENTS = Entity(
    path="Departments",
    name="Department",
    create=True,
    update=True,
    fields=table(
        """
id                 long     readonly
description        string   len=1000
name               string   required len=100
number             string   len=50
primaryLocationID  integer  required
"""
    ),
)
