<?php
// A call with PHP's XML-RPC extension: php xmlrpc.php BASE_URL KEY METHOD ARGUMENTS_AS_JSON

[, $base, $key, $method, $arguments] = $argv;

$answer = file_get_contents("$base/api/xmlrpc", false, stream_context_create(['http' => [
    'method' => 'POST',
    'header' => ['Content-Type: text/xml', "Authorization: Bearer $key"],
    'content' => xmlrpc_encode_request($method, json_decode($arguments, true), [
        'encoding' => 'UTF-8',
        'escaping' => 'markup',
    ]),
]]));
echo json_encode(xmlrpc_decode($answer, 'UTF-8'), JSON_PRESERVE_ZERO_FRACTION), "\n";
