// The journey with openapi-fetch and the types of openapi-typescript: FILE URL KEY PICTURE.
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { components, paths } from './clientxcms.js';

type Service = components['schemas']['Service'];
const [url, key, picture] = process.argv.slice(2) as [string, string, string];

async function journey() {
  // excerpt {
  const client = createClient<paths>({
    baseUrl: url,
    headers: { Authorization: `Bearer ${key}` },
    querySerializer: { array: { style: 'form', explode: false } },
  });

  const { data: active } = await client.GET('/application/services', {
    params: { query: { 'filter[status]': ['active'], include: ['customer'] } },
  });
  const service = active!.data[0]!;

  const draft = {
    name: 'VPS XL',
    description: '8 vCPU, 32 GB',
    status: 'active',
    group_id: 2,
    stock: 5,
    type: 'proxmox',
  } as const;
  const { data: product } = await client.POST('/application/products', { body: draft });
  const params = { path: { product_id: product!.id } };
  const { data: updated } = await client.PATCH('/application/products/{product_id}', {
    params,
    body: { stock: 12 },
  });
  const { data: pictured } = await client.POST('/application/products/{product_id}/image', {
    params,
    body: { image: picture },
    bodySerializer({ image }) {
      const form = new FormData();
      form.append('image', new Blob([readFileSync(image)]), 'logo.png');
      return form;
    },
  });

  const suspend = '/application/services/{service_id}/suspend';
  const { data: suspended } = await client.POST(suspend, {
    params: { path: { service_id: String(service.id) } },
    body: { reason: 'Abuse' },
  });
  const { data: expired } = await client.GET('/application/services', {
    params: { query: { 'filter[status]': ['expired'] } },
  });
  const { error: conflict } = await client.POST(suspend, {
    params: { path: { service_id: String(expired!.data[0]!.id) } },
  });
  const { error: refused } = await client.POST('/application/products', {
    body: { ...draft, group_id: 999999 },
  });

  const walked: Service[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const query = { page, per_page: 50 };
    const { data: found } = await client.GET('/application/services', { params: { query } });
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
    wrong: refused!.errors,
    walked: walked.map((each) => each.id),
  }));
}

void journey();
