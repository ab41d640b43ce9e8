"""The journey with Python's own: python journey.py BASE_URL KEY IMAGE urllib|http.client."""

import json
import os
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree

base, key, image, library = sys.argv[1:]
JSON = {"Content-Type": "application/json"}


def by_urllib(method, url, headers, body):
    try:
        with urlopen(Request(url, body, headers, method=method)) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def by_http_client(method, url, headers, body):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname, parts.port)
    connection.request(method, parts.path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


send = {"urllib": by_urllib, "http.client": by_http_client}[library]


def form():
    head = '--xyz\r\nContent-Disposition: form-data; name="image"; filename="logo.png"\r\n\r\n'
    return head.encode() + Path(image).read_bytes() + b"\r\n--xyz--\r\n"


def show(step, status, text):
    print(f"{json.dumps(step)}: {json.dumps([status, text])}")


groups = f"{base}/api/application/groups"
authorization = {"Authorization": f"Bearer {key}"}

status, text = send("GET", groups, authorization, None)
show("list", status, str(json.loads(text)["total"]))
group = {"name": "Élite ☃", "slug": f"elite-{os.getpid()}", "description": "x", "status": "active"}
body = json.dumps({**group, "sort_order": 0}).encode()
status, text = send("POST", groups, authorization | JSON, body)
show("create", status, json.loads(text)["name"])
url = f"{groups}/{json.loads(text)['id']}"
multipart = {"Content-Type": "multipart/form-data; boundary=xyz"}
status, text = send("POST", url, authorization | multipart, form())
show("upload", status, json.loads(text)["image"].rpartition(".")[2])
status, text = send("GET", url, authorization | {"Accept": "application/xml"}, None)
show("xml", status, ElementTree.fromstring(text).findtext("name"))
status, text = send("POST", url, authorization | JSON, b" " * 8_000_000)
show("too large", status, json.loads(text)["title"])
status, text = send("POST", url, JSON, b" " * 3_000_000)
show("without key", status, json.loads(text)["title"])
status, _ = send("DELETE", url, authorization, None)
show("delete", status, "")
status, text = send("GET", url, authorization, None)
show("gone", status, json.loads(text)["title"])
