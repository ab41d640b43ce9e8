// The journey with the Java client of OpenAPI Generator: Journey URL KEY PICTURE.

import clientxcms.ApiClient;
import clientxcms.ApiException;
import clientxcms.api.ProductsApi;
import clientxcms.api.ServicesApi;
import clientxcms.api.ServicesApi.APIServicesIndexRequest;
import clientxcms.model.Problem;
import clientxcms.model.Product;
import clientxcms.model.ProductCreate;
import clientxcms.model.ProductType;
import clientxcms.model.ProductUpdate;
import clientxcms.model.Service;
import clientxcms.model.ServiceConflict;
import clientxcms.model.ServiceInclude;
import clientxcms.model.ServicePage;
import clientxcms.model.ServiceStatus;
import clientxcms.model.ServiceSuspend;
import clientxcms.model.Status;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

class Journey {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[0], key = arguments[1], picture = arguments[2];
        // excerpt {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
        ProductsApi products = new ProductsApi(client);
        ServicesApi services = new ServicesApi(client);

        ServicePage active = services.servicesIndex(APIServicesIndexRequest.newBuilder()
            .filterStatus(List.of(ServiceStatus.ACTIVE))
            .include(List.of(ServiceInclude.CUSTOMER))
            .build());
        Service service = active.getData().get(0);

        ProductCreate draft = new ProductCreate()
            .name("VPS XL")
            .description("8 vCPU, 32 GB")
            .status(Status.ACTIVE)
            .groupId(2L)
            .stock(5)
            .type(ProductType.PROXMOX);
        Product product = products.productsCreate(draft, null);
        Product updated = products.productsUpdate(product.getId(), new ProductUpdate().stock(12));
        Product pictured = products.productsUploadImage(product.getId(), new File(picture));

        Service suspended = services
            .servicesSuspend(service.getId().toString(), new ServiceSuspend().reason("Abuse"))
            .getData();
        Service expired = services.servicesIndex(APIServicesIndexRequest.newBuilder()
            .filterStatus(List.of(ServiceStatus.EXPIRED))
            .build()).getData().get(0);
        ServiceConflict conflict = null;
        try {
            services.servicesSuspend(expired.getId().toString(), new ServiceSuspend());
        } catch (ApiException exception) {
            conflict = client.getObjectMapper().readValue(exception.getResponseBody(), ServiceConflict.class);
        }
        Problem refused = null;
        try {
            products.productsCreate(draft.groupId(999999L), null);
        } catch (ApiException exception) {
            refused = client.getObjectMapper().readValue(exception.getResponseBody(), Problem.class);
        }

        List<Long> walked = new ArrayList<>();
        for (long page = 1, last = 1; page <= last; page++) {
            ServicePage found = services.servicesIndex(
                APIServicesIndexRequest.newBuilder().page(page).perPage(50).build());
            found.getData().forEach(each -> walked.add(each.getId()));
            last = found.getMeta().getLastPage();
        }
        // excerpt }
        System.out.println(client.getObjectMapper().writeValueAsString(Map.of(
            "active", active.getMeta().getTotal(),
            "customer", service.getCustomer().getEmail(),
            "product", product.getId(),
            "stock", updated.getStock(),
            "image", pictured.getImage(),
            "status", suspended.getStatus(),
            "allowed", conflict.getAllowedTransitions(),
            "wrong", refused.getErrors(),
            "walked", walked)));
    }
}
