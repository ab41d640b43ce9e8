// The journey with the client of OpenAPI Generator for axios: FILE URL KEY PICTURE.
import { openAsBlob } from 'node:fs';
import { isAxiosError } from 'axios';
import {
  Configuration, ProductsApi, ProductType, ServiceInclude, ServicesApi, ServiceStatus, Status,
  type Problem, type Service, type ServiceConflict,
} from './clientxcms/index.js';

const [url, key, picture] = process.argv.slice(2) as [string, string, string];

async function journey() {
  // excerpt {
  const configuration = new Configuration({ basePath: url, accessToken: key });
  const products = new ProductsApi(configuration);
  const services = new ServicesApi(configuration);

  const { data: active } = await services.servicesIndex({
    filterStatus: [ServiceStatus.Active],
    include: [ServiceInclude.Customer],
  });
  const service = active.data[0]!;

  const draft = {
    name: 'VPS XL',
    description: '8 vCPU, 32 GB',
    status: Status.Active,
    group_id: 2,
    stock: 5,
    type: ProductType.Proxmox,
  };
  const { data: product } = await products.productsCreate({ productCreate: draft });
  const productId = product.id;
  const change = { productId, productUpdate: { stock: 12 } };
  const { data: updated } = await products.productsUpdate(change);
  const image = new File([await openAsBlob(picture)], 'logo.png');
  const { data: pictured } = await products.productsUploadImage({ productId, image });

  const { data: suspended } = await services.servicesSuspend({
    serviceId: String(service.id),
    serviceSuspend: { reason: 'Abuse' },
  });
  const { data: expired } = await services.servicesIndex({ filterStatus: [ServiceStatus.Expired] });
  const serviceId = String(expired.data[0]!.id);
  let conflict: ServiceConflict | undefined;
  await services.servicesSuspend({ serviceId }).catch((error: unknown) => {
    if (!isAxiosError<ServiceConflict>(error)) throw error;
    conflict = error.response?.data;
  });
  let refused: Problem | undefined;
  const wrong = { ...draft, group_id: 999999 };
  await products.productsCreate({ productCreate: wrong }).catch((error: unknown) => {
    if (!isAxiosError<Problem>(error)) throw error;
    refused = error.response?.data;
  });

  const walked: Service[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const { data: found } = await services.servicesIndex({ page, perPage: 50 });
    walked.push(...found.data);
    last = found.meta.last_page;
  }
  // excerpt }
  console.log(JSON.stringify({
    active: active.meta.total,
    customer: service.customer?.email,
    product: productId,
    stock: updated.stock,
    image: pictured.image,
    status: suspended.data.status,
    allowed: conflict?.allowed_transitions,
    wrong: refused?.errors,
    walked: walked.map((each) => each.id),
  }));
}

void journey();
