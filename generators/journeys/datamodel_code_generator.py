"""The journey with the models of datamodel-code-generator and httpx: FILE URL KEY PICTURE."""

import json
import sys
from pathlib import Path

import httpx
from clientxcms import (
    Problem,
    Product,
    ProductCreate,
    ProductType,
    ProductUpdate,
    ServiceAction,
    ServiceConflict,
    ServicePage,
    ServiceSuspend,
    Status,
)

url, key, picture = sys.argv[1:]
# excerpt {
client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

query = {"filter[status]": "active", "include": "customer"}
answer = client.get("/application/services", params=query)
active = ServicePage.model_validate_json(answer.content)
service = active.data[0]
assert service.customer is not None

draft = ProductCreate(
    name="VPS XL",
    description="8 vCPU, 32 GB",
    status=Status.active,
    group_id=2,
    stock=5,
    type=ProductType.proxmox,
)
body = draft.model_dump(mode="json", exclude_unset=True)
answer = client.post("/application/products", json=body)
product = Product.model_validate_json(answer.content)
change = ProductUpdate(stock=12).model_dump(mode="json", exclude_unset=True)
answer = client.patch(f"/application/products/{product.id}", json=change)
updated = Product.model_validate_json(answer.content)
files = {"image": ("logo.png", Path(picture).read_bytes())}
answer = client.post(f"/application/products/{product.id}/image", files=files)
pictured = Product.model_validate_json(answer.content)

reason = ServiceSuspend(reason="Abuse").model_dump(mode="json", exclude_unset=True)
answer = client.post(f"/application/services/{service.id}/suspend", json=reason)
suspended = ServiceAction.model_validate_json(answer.content)
answer = client.get("/application/services", params={"filter[status]": "expired"})
expired = ServicePage.model_validate_json(answer.content).data[0]
answer = client.post(f"/application/services/{expired.id}/suspend")
conflict = ServiceConflict.model_validate_json(answer.content)
answer = client.post("/application/products", json={**body, "group_id": 999999})
refused = Problem.model_validate_json(answer.content)
assert refused.errors is not None

walked, number, last = [], 0, 1
while number < last:
    number += 1
    answer = client.get("/application/services", params={"page": number, "per_page": 50})
    page = ServicePage.model_validate_json(answer.content)
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
            "allowed": [each.root for each in conflict.allowed_transitions],
            "wrong": {
                name: [each.root for each in texts] for name, texts in refused.errors.items()
            },
            "walked": [each.id for each in walked],
        }
    )
)
