"""A contract with mistakes is refused with one message that names each of them and its place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.contract import PATH, ContractError, load_contract

pytestmark = [pytest.mark.own, pytest.mark.once]
SOURCE = PATH.read_text(encoding="utf-8")
HEALTH = "/paths/~1application~1health/get"

# What is written instead of what, and the mistake: its place and what is said about it.
MISTAKES = {
    "a reference that leads nowhere": (
        "      responses:\n        '200': {$ref: '#/components/responses/Health'}",
        "      responses:\n        '200': {$ref: '#/components/responses/Helth'}",
        f"{HEALTH}/responses/200/$ref: `#/components/responses/Helth` leads nowhere"),
    "a reference to another file": (
        "schemas/HealthStatus'}", "schemas/HealthStatus.yaml'}",
        "/components/schemas/Health/properties/status/$ref: "
        "`#/components/schemas/HealthStatus.yaml` leads nowhere"),
    "an operation without a name": (
        "      operationId: health.show\n      summary", "      summary",
        f"{HEALTH}: `operationId` is missing"),
    "an operation without responses": (
        "      responses:\n        '200': {$ref: '#/components/responses/Health'}",
        "      x-responses:\n        '200': {$ref: '#/components/responses/Health'}",
        f"{HEALTH}: `responses` is missing"),
    "an operation that never succeeds": (
        "'200': {$ref: '#/components/responses/Health'}",
        "'418': {$ref: '#/components/responses/Health'}",
        f"{HEALTH}/responses: no status is a success"),
    "a status without quotation marks": (
        "'200': {$ref: '#/components/responses/Health'}",
        "200: {$ref: '#/components/responses/Health'}",
        f"{HEALTH}/responses/200: is no status in quotation marks"),
    "an operation without security": (
        "      security: [{bearer: ['health']}]\n", "",
        f"{HEALTH}: `security` is missing; `[]` is for operations that need no key"),
    "a permission that is not listed": (
        "security: [{bearer: ['health']}]", "security: [{bearer: ['hearth']}]",
        f"{HEALTH}/security/0: the scheme `bearer` lists no permission `hearth`"),
    "another scheme": (
        "security: [{bearer: ['health']}]", "security: [{basic: []}]",
        f"{HEALTH}/security/0: names another scheme than `bearer`"),
    "two operations with one name": (
        "operationId: health.show\n      summary", "operationId: license.show\n      summary",
        "is the operationId of"),
    "a method that is none": (
        "  /application/health:\n    get:", "  /application/health:\n    gett:",
        "/paths/~1application~1health/gett: is none of the methods get, put, post, delete, patch"),
    "an operation that is begun": (
        "  /application/health:\n", "  /application/pulse:\n    get:\n  /application/health:\n",
        "/paths/~1application~1pulse/get: the operation is empty"),
    "a path that is begun": (
        "  /application/health:\n", "  /application/pulse:\n  /application/health:\n",
        "/paths/~1application~1pulse: has no operation"),
    "a parameter that is begun": (
        "  /application/health:\n    get:",
        "  /application/health:\n    parameters: [{name: pulse, in: query}]\n    get:",
        "The operation health.show cannot be read: KeyError('schema')."),
    "an include that needs an unknown permission": (
        "        customer: ['customers:index', 'customers:show']",
        "        customer: ['customers:see']",
        "/components/schemas/ServiceInclude/x-permissions: "
        "the scheme `bearer` lists no permission `customers:see`"),
    "an include without its permissions": (
        "        customer: ['customers:index', 'customers:show']\n", "",
        "/components/schemas/ServiceInclude/x-permissions: names no permissions for `customer`"),
    "no paths": ("\npaths:\n", "\nx-paths:\n", "/: `paths` is missing"),
}  # fmt: skip


def broken(name):
    """The contract with a mistake, and what is said about it."""
    before, after, said = MISTAKES[name]
    assert SOURCE.count(before) == 1, before
    return SOURCE.replace(before, after), said


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(name, tmp_path):
    path = tmp_path / "openapi" / "openapi.yaml"
    path.parent.mkdir()
    text, said = broken(name)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as error:
        load_contract(path)
    assert said in str(error.value)
    if "cannot be read" not in said:
        assert str(error.value).startswith("openapi/openapi.yaml has a mistake:\n  line ")


def test_a_mistake_is_named_with_its_line(tmp_path):
    path = tmp_path / "openapi" / "openapi.yaml"
    path.parent.mkdir()
    text, _ = broken("a reference that leads nowhere")
    path.write_text(text, encoding="utf-8")
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "Helth" in line)
    with pytest.raises(ContractError, match=f"line {number}, "):
        load_contract(path)


def test_all_mistakes_are_named_at_once(tmp_path):
    path = tmp_path / "openapi" / "openapi.yaml"
    path.parent.mkdir()
    path.write_text(SOURCE.replace("schemas/Id'", "schemas/Ids'").replace("'403':", "'43':"))
    with pytest.raises(ContractError) as error:
        load_contract(path)
    count = SOURCE.count("'403':")
    assert f"has {count} mistakes:" in str(error.value)
    assert len(str(error.value).splitlines()) == count + 1


def test_a_text_that_is_not_yaml_is_named_with_its_line(tmp_path):
    path = tmp_path / "openapi" / "openapi.yaml"
    path.parent.mkdir()
    path.write_text(SOURCE.replace("\npaths:\n", "\npaths: ]\n"))
    with pytest.raises(ContractError, match=r"(?s)is not YAML: .*line \d+"):
        load_contract(path)


# ── Whoever reads the contract says so, and nothing else ──────────────────────

COMMANDS = {
    "tests of behaviour": ("pytest", "-q", "tests/test_status.py"),
    "tests of the contract": ("pytest", "-q", "-n", "2", "spec_tests"),
    "the server": ("flask", "--app", "app", "clientxcms:serve"),
    "a command": (
        "flask",
        "--app",
        "app",
        "clientxcms:create-api-key",
        "x",
        "ada@example.org",
        "--permissions",
        "health",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """This project with a mistake in its contract."""
    folder = tmp_path_factory.mktemp("broken")
    text, _ = broken("a reference that leads nowhere")
    for path in PATH.parent.parent.iterdir():
        if path.name == "app":
            # Flask looks for the folder that the application is really in.
            shutil.copytree(path, folder / path.name)
        elif path.name != "openapi":
            (folder / path.name).symlink_to(path)
    (folder / "openapi").mkdir()
    (folder / "openapi" / "openapi.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_mistake_ends_a_program_with_its_message(project, command):
    where = {"DATA_DIR": str(project / "data"), "PYTHONPATH": str(project), "PORT": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env={**os.environ, **where},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    told = ran.stdout + ran.stderr
    assert ran.returncode == 1, told
    assert MISTAKES["a reference that leads nowhere"][2] in told
    assert len(told.splitlines()) <= 3, told
    assert not Path(project, "data").exists()
