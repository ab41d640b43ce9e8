"""Call every operation once with the Python client of OpenAPI Generator: FILE URL KEY PICTURE."""

import sys
from pathlib import Path

from clientxcms import (
    ApiClient,
    ApiKeyCreate,
    ApiKeyRotate,
    APIKeysApi,
    ApiKeyUpdate,
    AuthenticationApi,
    Block,
    Configuration,
    Country,
    Currency,
    CustomerCreate,
    CustomersApi,
    CustomerUpdate,
    GroupCreate,
    GroupsApi,
    GroupUpdate,
    NotifyOptions,
    Permission,
    PricingCreate,
    PricingsApi,
    PricingUpdate,
    ProductCreate,
    ProductsApi,
    ProductType,
    ProductUpdate,
    RelatedType,
    ServiceExpire,
    ServicesApi,
    ServiceStatus,
    ServiceSuspend,
    ServiceUpdate,
    Status,
    StatusApi,
)

url, key, picture = sys.argv[1:]
image = ("logo.png", Path(picture).read_bytes())
client = ApiClient(Configuration(host=url, access_token=key))

customers = CustomersApi(client)
customer = customers.customers_create(
    CustomerCreate(
        email="grace@example.org",
        firstname="Grace",
        lastname="Murray",
        address="1 rue Haute",
        city="Lille",
        region="Nord",
        zipcode="59000",
        country=Country.FR,
    )
)
assert customers.customers_index(filter_email=["grace@"]).data[0].id == customer.id
assert customers.customers_show(customer.id).firstname == "Grace"
assert customers.customers_update(customer.id, CustomerUpdate(firstname="Gracie")).id
assert customers.customers_patch(customer.id, CustomerUpdate(city="Roubaix")).firstname == "Gracie"
assert customers.customers_resend_confirmation(customer.id).message
assert customers.customers_confirm(customer.id).is_confirmed
assert customers.customers_send_password(customer.id).message
assert customers.customers_suspend(customer.id, Block(reason="Payment fraud")).id
assert customers.customers_reactivate(customer.id, NotifyOptions(notify=False)).id
assert customers.customers_ban(customer.id, Block(reason="Payment fraud")).id
assert customers.customers_delete(customer.id).message
assert customers.customers_disable2_fa(24).id == 24

groups = GroupsApi(client)
group = groups.groups_create(
    GroupCreate(
        name="Cloud", slug="cloud", description="Servers", status=Status.ACTIVE, sort_order=9
    )
)
assert groups.groups_index(filter_slug=["cloud"]).data[0].id == group.id
assert groups.groups_show(group.id).name == "Cloud"
assert groups.groups_update(group.id, GroupUpdate(sort_order=8)).sort_order == 8
assert groups.groups_patch(group.id, GroupUpdate(sort_order=7)).sort_order == 7
assert groups.groups_upload_image(group.id, image).image

products = ProductsApi(client)
product = products.products_create(
    ProductCreate(
        name="VPS XL",
        description="8 vCPU, 32 GB",
        status=Status.ACTIVE,
        group_id=group.id,
        stock=5,
        type=ProductType.PROXMOX,
    )
)
assert products.products_index(filter_group_id=[group.id]).data[0].id == product.id
assert products.products_show(product.id).stock == 5
assert products.products_update(product.id, ProductUpdate(stock=12)).stock == 12
assert products.products_patch(product.id, ProductUpdate(stock=13)).stock == 13
assert products.products_upload_image(product.id, image).image
assert products.products_update_config(product.id, {"cores": 8}).config == {"cores": 8}
assert products.products_show_config(product.id) == {"cores": 8}

pricings = PricingsApi(client)
pricing = pricings.pricings_create(
    PricingCreate(
        related_type=RelatedType.PRODUCT,
        related_id=product.id,
        currency=Currency.EUR,
        monthly=4.99,
    )
)
assert pricings.pricings_index(filter_related_id=[product.id]).data[0].id == pricing.id
assert pricings.pricings_show(pricing.id).monthly == 4.99
assert pricings.pricings_update(pricing.id, PricingUpdate(monthly=5.99)).monthly == 5.99
assert pricings.pricings_patch(pricing.id, PricingUpdate(monthly=19.99)).monthly == 19.99
assert pricings.pricings_delete(pricing.id).id == pricing.id
assert products.products_delete(product.id).id == product.id
assert groups.groups_delete(group.id).id == group.id

services = ServicesApi(client)
found = services.services_index(filter_status=[ServiceStatus.ACTIVE]).data
one, other = str(found[-1].id), str(found[-2].id)
assert services.services_show(one).status == ServiceStatus.ACTIVE
assert services.services_update(one, ServiceUpdate(notes="A good one")).notes == "A good one"
assert services.services_patch(one, ServiceUpdate(notes=None, name="Shop")).name == "Shop"
assert services.services_suspend(one, ServiceSuspend(reason="Abuse")).result.success
assert services.services_unsuspend(one).result.success
assert services.services_suspend_by_put(one, ServiceSuspend(notify=False)).result.success
assert services.services_unsuspend_by_put(one).result.success
assert services.services_expire(one, ServiceExpire()).data.status == ServiceStatus.EXPIRED
assert services.services_expire_by_delete(other).data.status == ServiceStatus.EXPIRED
assert services.services_delete(other).id == int(other)

status = StatusApi(client)
assert status.health_show().status
assert status.license_show().status
assert status.statistics_show()

keys = APIKeysApi(client)
issued = keys.api_keys_create(ApiKeyCreate(name="Till", permissions=[Permission.PRODUCTS_INDEX]))
assert issued.id in [each.id for each in keys.api_keys_index(per_page=1000).data]
assert keys.api_keys_show(issued.id).name == "Till"
assert keys.api_keys_update(issued.id, ApiKeyUpdate(rate_limit=60)).rate_limit == 60
assert keys.api_keys_patch(issued.id, ApiKeyUpdate(name="Till 2")).rate_limit == 60
assert keys.api_keys_rotate(issued.id, ApiKeyRotate(overlap=0)).token != issued.token
keys.api_keys_delete(issued.id)
assert keys.me_show().id == int(key.partition("|")[0])

number, _, secret = key.partition("|")
token = AuthenticationApi(client).oauth_token(
    grant_type="client_credentials", client_id=number, client_secret=secret, scope="health"
)
assert token.access_token
