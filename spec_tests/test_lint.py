"""The document passes the linters that others check OpenAPI with, and our rules in their form."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

import pytest
import vacuum
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from app.contract import PATH, contract
from app.jsonschema import used_schemas

pytestmark = [pytest.mark.own, pytest.mark.once]
ROOT = PATH.parent.parent
NODE = Path(__file__).parent / "node" / "node_modules" / ".bin"
SPECTRAL = NODE / "spectral"


def lint(text):
    """What Spectral says about a text as if it stood in the file of the contract: one line each."""
    command = [SPECTRAL, "lint", "--ruleset", ".spectral.yaml", "--format", "json", "--quiet",
               "--stdin-filepath", "openapi/openapi.yaml"]  # fmt: skip
    # Spectral does not wait for what comes through a pipe.
    with TemporaryFile("w+", encoding="utf-8") as file:
        file.write(text)
        file.seek(0)
        ran = subprocess.run(
            command, cwd=ROOT, stdin=file, capture_output=True, text=True, check=False
        )
    assert ran.returncode in (0, 1), ran.stderr
    return [
        f"{found['code']} at {'/'.join(map(str, found['path']))}: {found['message']}"
        for found in json.loads(ran.stdout)
    ]


@pytest.fixture
def small():
    """The contract with one path: quick to check, and as clean as the whole."""
    whole = json.loads(json.dumps(contract().document))
    path = {"/application/health": whole["paths"]["/application/health"]}
    document = {**whole, "paths": path, "components": {**whole["components"]}}
    components = document["components"]
    answers = {answer["$ref"].rpartition("/")[2] for answer in path["/application/health"]["get"]
               ["responses"].values()}  # fmt: skip
    components["responses"] = {name: components["responses"][name] for name in answers}
    components["schemas"] = used_schemas(whole, components["responses"])
    components["examples"] = {"health.show": components["examples"]["health.show"]}
    used = json.dumps(components["responses"])
    components["headers"] = {
        name: header for name, header in components["headers"].items()
        if f'"#/components/headers/{name}"' in used
    }  # fmt: skip
    del components["parameters"], components["requestBodies"], components["links"]
    return document


@pytest.mark.needs("npm")
def test_spectral_finds_nothing():
    assert lint(PATH.read_text(encoding="utf-8")) == []


# ── Redocly and vacuum ────────────────────────────────────────────────────────

VACUUM = Path(vacuum.__file__).parent / "lib" / "vacuum"
# Each reads its exceptions from a file of the project.
LINTERS = {
    "redocly": [NODE / "redocly", "lint", "--config", "redocly.yaml", "--max-problems", "1000"],
    "vacuum": [VACUUM, "lint", "--ruleset", ".vacuum.yaml", "--ignore-array-circle-ref",
               "--fail-severity", "info", "--no-style", "--details"],
}  # fmt: skip


def run(command, path):
    """What a linter says about a file, and whether it is content."""
    ran = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("command", LINTERS.values(), ids=LINTERS)
def test_linter_finds_nothing(command):
    is_content, said = run(command, PATH)
    assert is_content, said


@pytest.mark.parametrize(("name", "rule"), [
    ("redocly", "operation-summary"), ("vacuum", "operation-operationId"),
])  # fmt: skip
def test_linter_sees_a_mistake(small, tmp_path, name, rule):
    get = small["paths"]["/application/health"]["get"]
    del get["summary"], get["operationId"]
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(small))
    is_content, said = run(LINTERS[name], path)
    assert not is_content
    assert rule in said


def test_openapi_spec_validator_finds_nothing():
    assert list(OpenAPIV30SpecValidator(contract().document).iter_errors()) == []


def test_openapi_spec_validator_sees_a_mistake(small):
    del small["paths"]["/application/health"]["get"]["responses"]
    assert len(list(OpenAPIV30SpecValidator(small).iter_errors())) == 1


@pytest.mark.needs("npm")
def test_a_part_of_the_contract_is_as_clean_as_the_whole(small):
    assert lint(yaml.safe_dump(small)) == []


@pytest.mark.needs("npm")
def test_spectral_sees_a_mistake_against_each_kind_of_rule(small):
    get = small["paths"]["/application/health"]["get"]
    schemas = small["components"]["schemas"]
    get["summary"] = "health of the server."
    get["description"] = "No full stop"
    get["tags"] = ["Unknown"]
    get["security"] = []
    del get["responses"]["429"]
    del schemas["Problem"]["properties"]["title"]["maxLength"]
    schemas["Problem"]["properties"]["status"]["exclusiveMaximum"] = True
    schemas["Unused"] = {"type": "number", "minimum": 1}
    schemas["Health"]["additionalProperties"] = True
    small["components"]["examples"]["health.show"]["value"] = {"status": "ill"}
    found = lint(yaml.safe_dump(small))
    assert {each.partition(" ")[0] for each in found} == {
        "description-is-a-sentence",
        "no-exclusive-limit",
        "number-limit",
        "oas3-unused-component",
        "oas3-valid-media-example",
        "operation-tag-defined",
        "owasp:api2:2023-read-restricted",
        "owasp:api3:2023-no-additionalProperties",
        "owasp:api4:2023-rate-limit-responses-429",
        "owasp:api4:2023-string-limit",
        "summary-is-a-title",
    }
