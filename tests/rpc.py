"""Calls by XML-RPC, as bytes over HTTP."""

import xmlrpc.client

from tests.http import request


def post(server, content, key=None, **headers):
    """The HTTP answer to a body, whatever it is."""
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return request("POST", f"{server.url}/api/xmlrpc", content=content, headers=headers)


def value(answer):
    """The value of an answer; a fault as its code and its lines."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    try:
        return xmlrpc.client.loads(answer.content)[0][0]
    except xmlrpc.client.Fault as fault:
        return fault.faultCode, fault.faultString.split("\n")


def ask(server, key, method, *arguments, **headers):
    body = xmlrpc.client.dumps(arguments, method, allow_none=True)
    return value(post(server, body.encode(), key, **headers))
