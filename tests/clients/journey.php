<?php
// The journey with what PHP users hold: php journey.php BASE_URL KEY IMAGE guzzle|streams|curl

require '/usr/share/php/GuzzleHttp/autoload.php';

[, $base, $key, $image, $library] = $argv;

// Each sends a request; the body is null, text, an array of fields for the default form of the
// library, or a path after an @ for a file part.
function guzzle(string $method, string $url, array $headers, string|array|null $body): array
{
    $options = ['http_errors' => false, 'headers' => $headers];
    if (is_array($body)) {
        $options['json'] = $body;
    } elseif (str_starts_with($body ?? '', '@')) {
        $options['multipart'] = [['name' => 'image', 'contents' => fopen(substr($body, 1), 'r')]];
    } elseif ($body !== null) {
        $options['body'] = $body;
    }
    $answer = (new GuzzleHttp\Client())->request($method, $url, $options);
    return [$answer->getStatusCode(), (string) $answer->getBody()];
}

function streams(string $method, string $url, array $headers, string|array|null $body): array
{
    if (is_array($body)) {
        $headers['Content-Type'] = 'application/x-www-form-urlencoded';
        $body = http_build_query($body);
    } elseif (str_starts_with($body ?? '', '@')) {
        $file = substr($body, 1);
        $headers['Content-Type'] = 'multipart/form-data; boundary=xyz';
        $body = "--xyz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"" . basename($file)
            . "\"\r\nContent-Type: image/png\r\n\r\n" . file_get_contents($file) . "\r\n--xyz--\r\n";
    }
    $lines = array_map(fn ($name, $value) => "$name: $value", array_keys($headers), $headers);
    $options = ['method' => $method, 'header' => $lines, 'ignore_errors' => true];
    if ($body !== null) {
        $options['content'] = $body;
    }
    $text = file_get_contents($url, false, stream_context_create(['http' => $options]));
    return [(int) explode(' ', $http_response_header[0])[1], $text];
}

function curl(string $method, string $url, array $headers, string|array|null $body): array
{
    $request = curl_init($url);
    if (is_array($body)) {
        $body = http_build_query($body);
    } elseif (str_starts_with($body ?? '', '@')) {
        $body = ['image' => new CURLFile(substr($body, 1))];
    }
    curl_setopt_array($request, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_RETURNTRANSFER => true]);
    if ($body !== null) {
        curl_setopt($request, CURLOPT_POSTFIELDS, $body);
    }
    curl_setopt($request, CURLOPT_HTTPHEADER, array_map(fn ($n, $v) => "$n: $v", array_keys($headers), $headers));
    $text = curl_exec($request);
    return [curl_getinfo($request, CURLINFO_RESPONSE_CODE), $text === false ? curl_error($request) : $text];
}

function show(string $step, int $status, string $text): void
{
    echo json_encode($step), ': ', json_encode([$status, $text]), "\n";
}

$groups = "$base/api/application/groups";
$authorization = ['Authorization' => "Bearer $key"];

[$status, $text] = $library('GET', $groups, $authorization, null);
show('list', $status, json_decode($text)->total);
$group = ['name' => 'Élite ☃', 'slug' => 'elite-' . getmypid(), 'description' => 'x', 'status' => 'active', 'sort_order' => 0];
[$status, $text] = $library('POST', $groups, $authorization, $group);
show('create', $status, json_decode($text)->name);
$url = "$groups/" . json_decode($text)->id;
[$status, $text] = $library('POST', $url, $authorization, "@$image");
show('upload', $status, preg_replace('/.*\./', '', json_decode($text)->image));
[$status, $text] = $library('GET', $url, $authorization + ['Accept' => 'application/xml'], null);
preg_match('#<name>(.*?)</name>#', $text, $found);
show('xml', $status, $found[1]);
$typed = ['Content-Type' => 'application/json'];
[$status, $text] = $library('POST', $url, $authorization + $typed, str_repeat(' ', 8_000_000));
show('too large', $status, json_decode($text)->title);
[$status, $text] = $library('POST', $url, $typed, str_repeat(' ', 3_000_000));
show('without key', $status, json_decode($text)->title);
[$status] = $library('DELETE', $url, $authorization, null);
show('delete', $status, '');
[$status, $text] = $library('GET', $url, $authorization, null);
show('gone', $status, json_decode($text)->title);
