// The journey with the client of OpenAPI Generator for fetch: FILE URL KEY PICTURE.
import { openAsBlob } from 'node:fs';
import {
  Configuration, ProductsApi, ProductType, ResponseError, ServiceConflictFromJSON, ServiceInclude,
  ServicesApi, ServiceStatus, Status, ProblemFromJSON, type Problem, type Service,
  type ServiceConflict,
} from './clientxcms/index.js';

const [url, key, picture] = process.argv.slice(2) as [string, string, string];

async function journey() {
  // excerpt {
  const configuration = new Configuration({ basePath: url, accessToken: key });
  const products = new ProductsApi(configuration);
  const services = new ServicesApi(configuration);

  const active = await services.servicesIndex({
    filterStatus: [ServiceStatus.Active],
    include: [ServiceInclude.Customer],
  });
  const service = active.data[0]!;

  const draft = {
    name: 'VPS XL',
    description: '8 vCPU, 32 GB',
    status: Status.Active,
    groupId: 2,
    stock: 5,
    type: ProductType.Proxmox,
  };
  const product = await products.productsCreate({ productCreate: draft });
  const productId = product.id;
  const updated = await products.productsUpdate({ productId, productUpdate: { stock: 12 } });
  const image = new File([await openAsBlob(picture)], 'logo.png');
  const pictured = await products.productsUploadImage({ productId, image });

  const suspended = await services.servicesSuspend({
    serviceId: String(service.id),
    serviceSuspend: { reason: 'Abuse' },
  });
  const expired = await services.servicesIndex({ filterStatus: [ServiceStatus.Expired] });
  const serviceId = String(expired.data[0]!.id);
  let conflict: ServiceConflict | undefined;
  await services.servicesSuspend({ serviceId }).catch(async (error: unknown) => {
    if (!(error instanceof ResponseError)) throw error;
    conflict = ServiceConflictFromJSON(await error.response.json());
  });
  let refused: Problem | undefined;
  const wrong = { ...draft, groupId: 999999 };
  await products.productsCreate({ productCreate: wrong }).catch(async (error: unknown) => {
    if (!(error instanceof ResponseError)) throw error;
    refused = ProblemFromJSON(await error.response.json());
  });

  const walked: Service[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const { data, meta } = await services.servicesIndex({ page, perPage: 50 });
    walked.push(...data);
    last = meta.lastPage;
  }
  // excerpt }
  console.log(JSON.stringify({
    active: active.meta.total,
    customer: service.customer?.email,
    product: productId,
    stock: updated.stock,
    image: pictured.image,
    status: suspended.data.status,
    allowed: conflict?.allowedTransitions,
    wrong: refused?.errors,
    walked: walked.map((each) => each.id),
  }));
}

void journey();
