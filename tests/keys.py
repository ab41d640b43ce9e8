"""Keys as tests see them: their numbers, the tokens they are traded for, how they are refused."""

import re

# What a key looks like, and two addresses to use it from.
TOKEN = re.compile(r"\d+\|CLIENTXCMS[A-Za-z0-9]{40}[0-9a-f]{8}")
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.9"


def number(token):
    return int(token.partition("|")[0])


def trade(http, key, scope=None, **headers):
    """What a key is answered that asks for a short-lived token."""
    client_id, _, secret = key.partition("|")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    url = http.base_url.copy_with(path="/api/oauth/token")
    return http.post(url, data=form | ({"scope": scope} if scope else {}), headers=headers).json()


def refused(answer, kind, status=403):
    """What a problem of a kind says."""
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/problems/{kind}")
    return answer.json()["detail"]
