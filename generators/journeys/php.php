<?php
// The journey with the PHP client of OpenAPI Generator: FILE URL KEY PICTURE.
declare(strict_types=1);

use Clientxcms\Api\ProductsApi;
use Clientxcms\Api\ServicesApi;
use Clientxcms\ApiException;
use Clientxcms\Configuration;
use Clientxcms\Model\ProductCreate;
use Clientxcms\Model\ProductType;
use Clientxcms\Model\ProductUpdate;
use Clientxcms\Model\ServiceInclude;
use Clientxcms\Model\ServiceStatus;
use Clientxcms\Model\ServiceSuspend;
use Clientxcms\Model\Status;

// Debian's Guzzle, and the client as Composer would load it.
require '/usr/share/php/GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    require __DIR__ . '/clientxcms/lib/' . strtr(substr($class, strlen('Clientxcms\\')), '\\', '/') . '.php';
});
[, $url, $key, $picture] = $argv;

// excerpt {
$configuration = (new Configuration())->setHost($url)->setAccessToken($key);
$products = new ProductsApi(config: $configuration);
$services = new ServicesApi(config: $configuration);

$active = $services->servicesIndex(
    filter_status: [ServiceStatus::ACTIVE],
    include: [ServiceInclude::CUSTOMER],
);
$service = $active->getData()[0];

$draft = (new ProductCreate())
    ->setName('VPS XL')
    ->setDescription('8 vCPU, 32 GB')
    ->setStatus(Status::ACTIVE)
    ->setGroupId(2)
    ->setStock(5)
    ->setType(ProductType::PROXMOX);
$product = $products->productsCreate($draft);
$updated = $products->productsUpdate($product->getId(), (new ProductUpdate())->setStock(12));
$pictured = $products->productsUploadImage($product->getId(), new SplFileObject($picture));

$reason = (new ServiceSuspend())->setReason('Abuse');
$suspended = $services->servicesSuspend((string) $service->getId(), $reason);
$expired = $services->servicesIndex(filter_status: [ServiceStatus::EXPIRED])->getData()[0];
try {
    $services->servicesSuspend((string) $expired->getId());
} catch (ApiException $exception) {
    $conflict = $exception->getResponseObject(); // a Clientxcms\Model\ServiceConflict
}
try {
    $products->productsCreate($draft->setGroupId(999999));
} catch (ApiException $exception) {
    $refused = $exception->getResponseObject(); // a Clientxcms\Model\Problem
}

$walked = [];
for ($page = 1, $last = 1; $page <= $last; $page++) {
    $found = $services->servicesIndex(page: $page, per_page: 50);
    $walked = [...$walked, ...$found->getData()];
    $last = $found->getMeta()->getLastPage();
}
// excerpt }
echo json_encode([
    'active' => $active->getMeta()->getTotal(),
    'customer' => $service->getCustomer()->getEmail(),
    'product' => $product->getId(),
    'stock' => $updated->getStock(),
    'image' => $pictured->getImage(),
    'status' => $suspended->getData()->getStatus(),
    'allowed' => $conflict->getAllowedTransitions(),
    'wrong' => $refused->getErrors(),
    'walked' => array_map(fn ($each) => $each->getId(), $walked),
]);
