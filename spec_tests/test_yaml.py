"""The contract means the same to every reader of YAML, of version 1.1 or 1.2."""

import json
import subprocess
from pathlib import Path

import pytest

from app.contract import PATH, contract

pytestmark = [pytest.mark.own, pytest.mark.once]
SCRIPT = Path(__file__).parent / "node" / "read-yaml.mjs"


def read(path):
    """What js-yaml and yaml make of a file."""
    ran = subprocess.run(["node", SCRIPT, path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_all_readers_of_yaml_read_the_same_contract():
    assert read(PATH) == [contract().document] * 2


@pytest.mark.parametrize(("before", "after"), [
    ("phone: '0199001234'", "phone: 0199001234"),
    ("maximum: 9007199254740991", "maximum: 9007199254740993"),
])  # fmt: skip
def test_a_value_that_readers_take_for_two_things_is_seen(tmp_path, before, after):
    path = tmp_path / "openapi.yaml"
    path.write_text(PATH.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert contract().document not in read(path)


def test_a_bracket_below_its_key_is_seen(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text(PATH.read_text(encoding="utf-8").replace("\n        ]\n", "\n      ]\n"))
    ran = subprocess.run(["node", SCRIPT, path], capture_output=True, text=True, check=False)
    assert "YAMLException" in ran.stderr
