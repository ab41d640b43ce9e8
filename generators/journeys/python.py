"""The journey with the Python client of OpenAPI Generator: FILE URL KEY PICTURE."""

import json
import sys
from pathlib import Path

from clientxcms import (
    ApiClient,
    Configuration,
    Problem,
    ProductCreate,
    ProductsApi,
    ProductType,
    ProductUpdate,
    ServiceConflict,
    ServiceInclude,
    ServicesApi,
    ServiceStatus,
    ServiceSuspend,
    Status,
)
from clientxcms.exceptions import ConflictException, UnprocessableEntityException

url, key, picture = sys.argv[1:]
# excerpt {
client = ApiClient(Configuration(host=url, access_token=key))
products, services = ProductsApi(client), ServicesApi(client)

active = services.services_index(
    filter_status=[ServiceStatus.ACTIVE], include=[ServiceInclude.CUSTOMER]
)
service = active.data[0]
assert service.customer is not None

draft = ProductCreate(
    name="VPS XL",
    description="8 vCPU, 32 GB",
    status=Status.ACTIVE,
    group_id=2,
    stock=5,
    type=ProductType.PROXMOX,
)
product = products.products_create(draft)
updated = products.products_update(product.id, ProductUpdate(stock=12))
pictured = products.products_upload_image(product.id, ("logo.png", Path(picture).read_bytes()))

suspended = services.services_suspend(str(service.id), ServiceSuspend(reason="Abuse"))
expired = services.services_index(filter_status=[ServiceStatus.EXPIRED]).data[0]
try:
    services.services_suspend(str(expired.id))
except ConflictException as conflict:
    assert isinstance(conflict.data, ServiceConflict)
    allowed = conflict.data.allowed_transitions
try:
    products.products_create(draft.model_copy(update={"group_id": 999999}))
except UnprocessableEntityException as refused:
    assert isinstance(refused.data, Problem)
    wrong = refused.data.errors

walked, number, last = [], 0, 1
while number < last:
    number += 1
    page = services.services_index(page=number, per_page=50)
    walked += page.data
    last = page.meta.last_page
# excerpt }
print(
    json.dumps(
        {
            "active": active.meta.total,
            "customer": service.customer.email,
            "product": product.id,
            "stock": updated.stock,
            "image": pictured.image,
            "status": suspended.data.status,
            "allowed": allowed,
            "wrong": wrong,
            "walked": [each.id for each in walked],
        }
    )
)
