"""Texts for people are in the language that is accepted; what programs read never changes."""

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.factories import a_product

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
KEYWORDS = {"say": None, "_malformed": None}


def templates():
    """Every template that the code says something with."""
    for folder in ("app", "models"):
        found = extract_from_dir(ROOT / folder, [("**.py", "python")], keywords=KEYWORDS)
        for _, _, message, _, _ in found:
            yield message


def french():
    with (ROOT / "app" / "translations" / "fr.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def names(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_everything_that_is_said_has_a_translation_and_nothing_else_has():
    assert set(templates()) == set(french())


@pytest.mark.parametrize(("english", "translated"), french().items())
def test_a_translation_names_what_the_original_names(english, translated):
    assert translated
    assert names(translated) == names(english)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("fr", "fr"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("fr-CA", "fr"),
        ("en;q=0.5, fr", "fr"),
        ("en-GB, fr;q=0.9", "en"),
        ("de", "en"),
        ("de, fr;q=0.1", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=.9, en;q=.8", "fr"),
        ("en;q=.8, fr;q=1.", "fr"),
        ("fr;q=.0", "en"),
        ("*", "en"),
        ("", "en"),
        ("nonsense;;;q=x,,", "en"),
        ("fr" * 5000, "en"),
    ],
)
def test_the_language_that_is_accepted_most_is_spoken(client, accepted, language):
    headers = {"Accept-Language": accepted} if accepted is not None else {}
    answer = client.get("/products/999", headers=headers)
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    said = {"en": "There is no product 999.", "fr": "Il n'y a pas de produit 999."}
    assert answer.json()["detail"] == answer.json()["message"] == said[language]


FRENCH = {"Accept-Language": "fr"}


def test_types_titles_and_codes_are_the_same_in_every_language(client):
    for path, body in (("/products", {}), ("/pricings", {"currency": "X"})):
        english = client.post(path, json=body).json()
        french = client.post(path, json=body, headers=FRENCH).json()
        for member in ("type", "title", "status", "instance"):
            assert english[member] == french[member]
        assert english["errors"].keys() == french["errors"].keys()


def test_every_field_is_explained_in_french(client):
    problem = client.post("/products", json={"name": 5, "stock": -5}, headers=FRENCH).json()
    assert problem["errors"]["name"] == ["Le champ name doit être un texte."]
    assert problem["errors"]["stock"] == ["Le champ stock doit être au moins -1."]
    assert problem["errors"]["type"] == ["Le champ type est obligatoire."]
    assert problem["detail"].endswith("(et 5 autres erreurs)")


def test_parameters_are_explained_in_french(client):
    problem = client.get("/products?per_page=0", headers=FRENCH).json()
    assert problem["errors"]["per_page"] == ["Le paramètre per_page doit être au moins 1."]


def test_what_a_success_says_is_french_too(client, session):
    product = a_product(session, type="proxmox")
    answer = client.put(f"/products/{product.id}/config", json={"cores": 2}, headers=FRENCH)
    assert answer.json()["message"] == "La configuration a été enregistrée."
    assert answer.headers["content-language"] == "fr"


def test_pages_outside_the_contract_speak_it_too(client, server):
    answer = client.get(f"{server.url}/nothing", headers=FRENCH)
    assert answer.json()["detail"] == "Il n'y a rien à l'adresse /nothing."
    assert answer.headers["content-language"] == "fr"


def test_braces_in_what_was_sent_are_only_text(client):
    answer = client.post("/products?{name}={0}", json={}, headers={"Content-Type": "{text}"})
    assert answer.status_code == 415
    answer = client.get("/pro{name}ducts", headers=FRENCH)
    assert answer.json()["detail"].endswith("/api/application/pro{name}ducts.")
