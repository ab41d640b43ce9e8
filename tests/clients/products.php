<?php
// The published example for PHP: php products.php BASE_URL KEY [PARAMETERS_AS_JSON]

require '/usr/share/php/GuzzleHttp/autoload.php';

use GuzzleHttp\Client;
use GuzzleHttp\Exception\ClientException;

[, $base, $key] = $argv;
$parameters = json_decode($argv[3] ?? '{}', true);

$client = new Client();
try {
    $response = $client->request('GET', "$base/api/application/products", [
        'headers' => [
            'Authorization' => "Bearer $key",
            'Accept' => 'application/json',
        ],
        'query' => $parameters,
    ]);
} catch (ClientException $error) {
    $problem = json_decode($error->getResponse()->getBody()->getContents());
    fwrite(STDERR, get_class($error) . ": $problem->message\n");
    exit(1);
}
$products = json_decode($response->getBody()->getContents());
echo json_encode($products), "\n";
