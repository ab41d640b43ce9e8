"""The server serves the contract that it is tested by."""

import copy

import pytest
import yaml

from app.contract import contract
from spec_tests.conftest import open_api
from tests.http import request


@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_the_server_serves_this_contract(target, name):
    answer = request("GET", f"{target.url}/api/{name}")
    assert answer.status_code == 200
    served = yaml.safe_load(answer.text) if name.endswith("yaml") else answer.json()
    expected = copy.deepcopy(contract().document)
    url = served["servers"][0]["url"]
    assert url.endswith("/api")
    expected["servers"] = [{"url": url}]
    flow = expected["components"]["securitySchemes"]["bearer"]["flows"]["clientCredentials"]
    flow["tokenUrl"] = f"{url}/oauth/token"
    assert served == expected


def test_a_head_has_the_headers_of_the_answer_and_no_body(target, api):
    for operation in contract().operations.values():
        if operation.method == "get" and not operation.path_parameters:
            read, head = (api.request(method, operation.path) for method in ("GET", "HEAD"))
            assert head.status_code == read.status_code == 200
            assert head.content == b""
            assert head.headers["content-type"] == read.headers["content-type"]


def test_options_and_other_methods_name_the_methods_of_a_path(target):
    with open_api(target) as api:
        for path, written in contract().document["paths"].items():
            expected = {method.upper() for method in written if method != "parameters"}
            answer = api.request("TRACE", path.replace("{", "").replace("}", ""))
            allowed = {each.strip() for each in answer.headers["allow"].split(",")}
            assert answer.status_code == 405
            assert expected <= allowed
            assert allowed - expected <= {"HEAD", "OPTIONS"}
