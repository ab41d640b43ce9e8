// The journey with the client of @hey-api/openapi-ts: FILE URL KEY PICTURE.
import { openAsBlob } from 'node:fs';
import {
  productsCreate, productsUpdate, productsUploadImage, servicesIndex, servicesSuspend,
  type ProductCreate, type Service,
} from './clientxcms/index.js';
import { client } from './clientxcms/client.gen.js';

const [url, key, picture] = process.argv.slice(2) as [string, string, string];

async function journey() {
  // excerpt {
  client.setConfig({ baseUrl: url, auth: key });

  const { data: active } = await servicesIndex({
    query: { 'filter[status]': ['active'], include: ['customer'] },
  });
  const service = active!.data[0]!;

  const draft: ProductCreate = {
    name: 'VPS XL',
    description: '8 vCPU, 32 GB',
    status: 'active',
    group_id: 2,
    stock: 5,
    type: 'proxmox',
  };
  const { data: product } = await productsCreate({ body: draft });
  const path = { product_id: product!.id };
  const { data: updated } = await productsUpdate({ path, body: { stock: 12 } });
  const image = new File([await openAsBlob(picture)], 'logo.png');
  const { data: pictured } = await productsUploadImage({ path, body: { image } });

  const { data: suspended } = await servicesSuspend({
    path: { service_id: String(service.id) },
    body: { reason: 'Abuse' },
  });
  const { data: expired } = await servicesIndex({ query: { 'filter[status]': ['expired'] } });
  const { error: conflict } = await servicesSuspend({
    path: { service_id: String(expired!.data[0]!.id) },
  });
  const { error: refused } = await productsCreate({ body: { ...draft, group_id: 999999 } });

  const walked: Service[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const { data: found } = await servicesIndex({ query: { page, per_page: 50 } });
    walked.push(...found!.data);
    last = found!.meta.last_page;
  }
  // excerpt }
  console.log(JSON.stringify({
    active: active!.meta.total,
    customer: service.customer?.email,
    product: product!.id,
    stock: updated!.stock,
    image: pictured!.image,
    status: suspended!.data.status,
    allowed: conflict && 'allowed_transitions' in conflict && conflict.allowed_transitions,
    wrong: refused && 'errors' in refused && refused.errors,
    walked: walked.map((each) => each.id),
  }));
}

void journey();
