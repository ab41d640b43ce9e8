"""The journey with the client of openapi-python-client: FILE URL KEY PICTURE."""

import json
import sys
from io import BytesIO
from pathlib import Path

from clientxcms_application_api_client import AuthenticatedClient
from clientxcms_application_api_client.api.products import (
    products_create,
    products_update,
    products_upload_image,
)
from clientxcms_application_api_client.api.services import services_index, services_suspend
from clientxcms_application_api_client.models import (
    Customer,
    ImageForm,
    Problem,
    ProblemErrors,
    Product,
    ProductCreate,
    ProductType,
    ProductUpdate,
    ServiceAction,
    ServiceConflict,
    ServiceInclude,
    ServicePage,
    ServiceStatus,
    ServiceSuspend,
    Status,
)
from clientxcms_application_api_client.types import File

url, key, picture = sys.argv[1:]
# excerpt {
client = AuthenticatedClient(base_url=url, token=key)

active = services_index.sync(
    client=client, filterstatus=[ServiceStatus.ACTIVE], include=[ServiceInclude.CUSTOMER]
)
assert isinstance(active, ServicePage)
service = active.data[0]
assert isinstance(service.customer, Customer)

draft = ProductCreate(
    name="VPS XL",
    description="8 vCPU, 32 GB",
    status=Status.ACTIVE,
    group_id=2,
    stock=5,
    type_=ProductType.PROXMOX,
)
product = products_create.sync(client=client, body=draft)
assert isinstance(product, Product)
updated = products_update.sync(product.id, client=client, body=ProductUpdate(stock=12))
assert isinstance(updated, Product)
image = File(BytesIO(Path(picture).read_bytes()), file_name="logo.png")
pictured = products_upload_image.sync(product.id, client=client, body=ImageForm(image))
assert isinstance(pictured, Product)

reason = ServiceSuspend(reason="Abuse")
suspended = services_suspend.sync(str(service.id), client=client, body=reason)
assert isinstance(suspended, ServiceAction)
expired = services_index.sync(client=client, filterstatus=[ServiceStatus.EXPIRED])
assert isinstance(expired, ServicePage)
conflict = services_suspend.sync(str(expired.data[0].id), client=client, body=ServiceSuspend())
assert isinstance(conflict, ServiceConflict)
draft.group_id = 999999
refused = products_create.sync(client=client, body=draft)
assert isinstance(refused, Problem)
assert isinstance(refused.errors, ProblemErrors)

walked, number, last = [], 0, 1
while number < last:
    number += 1
    page = services_index.sync(client=client, page=number, per_page=50)
    assert isinstance(page, ServicePage)
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
            "allowed": conflict.allowed_transitions,
            "wrong": refused.errors.to_dict(),
            "walked": [each.id for each in walked],
        }
    )
)
