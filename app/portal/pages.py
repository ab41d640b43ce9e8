"""What Flask serves: the documentation, the contract itself, uploaded images."""

import re
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import yaml
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from swagger_ui_bundle import swagger_ui_path
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response as AnyResponse

from app.contract import contract
from app.pipeline.browsers import PAGE_POLICY, security_headers
from app.pipeline.call import site
from app.pipeline.language import language_headers, language_of
from app.pipeline.media import JSON, XML, answer_schema, chosen, problem_schema
from app.pipeline.problems import KINDS, Problem, written
from app.portal.samples import with_samples
from app.settings import Settings
from models.sentence import Sentence, say

portal = Blueprint("portal", __name__, template_folder="templates")

# A drawing may hold scripts; opened on its own, it is a page of this host. This disarms it.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# Swagger UI writes styles and draws pictures itself. Scripts are its own and the one with the
# nonce; requests go to this server alone.
DOCUMENTATION_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# RFC 9110 section 14.1.1. Numbers of more digits are beyond every file.
ONE_RANGE = re.compile(
    r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18}))", re.I | re.A
)
# The forms of a view of the contract.
VIEW_AS_JSON, VIEW_AS_YAML = "json", "yaml"
# Stands for the base URL of the API in the views that are stored, and occurs nowhere else.
PLACEHOLDER = "https://base-url.invalid/api"
# URLs that JSON and YAML write as they are, without quotation marks or escapes.
PLAIN_URL = re.compile(r"https?://[A-Za-z0-9\[\].:_~%/-]*[A-Za-z0-9/]")
FROM_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "payload-too-large"}


@portal.get("/")
@portal.get("/api")
def home() -> AnyResponse:
    return redirect(url_for("portal.documentation"))


@portal.get("/api/documentation")
def documentation() -> Response:
    """Swagger UI on the view of the contract where a key can be pasted."""
    nonce, title = token_urlsafe(16), contract().document["info"]["title"]
    response = make_response(render_template("documentation.html", title=title, nonce=nonce))
    response.headers["Content-Security-Policy"] = DOCUMENTATION_POLICY.format(nonce=nonce)
    response.headers["Cache-Control"] = "no-store"
    return response


@portal.get("/api/documentation/<path:name>")
def swagger_ui(name: str) -> Response:
    return _file(swagger_ui_path, name, max_age=86400)


@portal.get("/api/openapi.json")
@portal.get("/docs/api-docs.json")
def openapi_json() -> Response:
    return Response(_view(VIEW_AS_JSON), content_type=JSON)


@portal.get("/api/openapi.yaml")
def openapi_yaml() -> Response:
    if {"auth", "media", "examples"} & request.args.keys():
        text = _view(VIEW_AS_YAML)
    else:
        text = contract().text(_server())
    return Response(text, content_type="application/yaml; charset=utf-8")


@portal.get("/api/schema.xsd")
def answer_xsd() -> Response:
    return Response(answer_schema(), content_type=XML)


@portal.get("/api/problem.xsd")
def problem_xsd() -> Response:
    return Response(problem_schema(), content_type=XML)


@portal.get("/api/problems/<kind>")
def problem(kind: str) -> str:
    """What a problem type means: the page that its `type` leads to."""
    if kind not in KINDS:
        abort(404)
    return render_template("problem.html", kind=kind, **KINDS[kind]._asdict())


@portal.get("/storage/<path:name>")
def image(name: str) -> Response:
    folder: Path = current_app.config["STORAGE"]
    if name.rpartition("/")[2].startswith("."):
        abort(404)
    response = _file(folder, name)
    response.headers["Content-Security-Policy"] = IMAGE_POLICY
    return response


def _file(folder: Path | str, name: str, max_age: int | None = None) -> Response:
    """Send a file, or one range of it.

    Werkzeug answers 416 to several ranges, and to what is no range of bytes. A server may ignore
    the first, and has to ignore the second (RFC 9110 section 14.2): both get the whole file.
    """
    one = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    is_range = one and not (one["last"] and int(one["first"]) > int(one["last"]))
    if request.method != "GET" or not is_range:
        request.environ.pop("HTTP_RANGE", None)
    try:
        return send_from_directory(folder, name, max_age=max_age)
    except RequestedRangeNotSatisfiable as error:
        if one and one["suffix"] and int(one["suffix"]) > (error.length or 0):
            # More than the whole file is the whole file, which Werkzeug does not know.
            del request.environ["HTTP_RANGE"]
            return send_from_directory(folder, name, max_age=max_age)
        raise


@portal.after_app_request
def secure(response: Response) -> Response:
    """Add what browsers have to know; what a page says itself stays."""
    for name, value in security_headers(request.scheme):
        response.headers.setdefault(name.decode(), value.decode())
    name, value = PAGE_POLICY
    response.headers.setdefault(name.decode(), value.decode())
    return response


@portal.app_errorhandler(HTTPException)
def http_problem(error: HTTPException) -> Response:
    """Flask's own errors in the form of all others."""
    status = error.code or 500
    kind = FROM_STATUS.get(status, "malformed-request" if status < 500 else "internal-error")
    accepted = request.headers.get("Accept-Language", "").encode("latin-1")
    language = language_of({b"accept-language": accepted})
    problem = Problem(kind, _detail(status), status=status)
    accepted = request.headers.get("Accept", "").encode("latin-1")
    media_type, body = written(
        problem, request.path, language, request.script_root, chosen([(b"accept", accepted)]),
        is_operation=False,
    )  # fmt: skip
    response = Response(body, status, content_type=media_type)
    for header, text in language_headers(language):
        response.headers[header.decode()] = text.decode()
    for name, value in error.get_headers():
        if name.lower() in ("allow", "content-range"):
            response.headers[name] = value
    return response


def _detail(status: int) -> Sentence:
    if status == 404:
        return say("There is nothing at {path}.", path=request.path)
    if status == 405:
        return say("{method} is not possible at {path}.", method=request.method, path=request.path)
    return say("The request cannot be answered.")


def _view(form: str) -> str:
    """Return the view of the contract that the request asks for, in JSON or YAML."""
    has_bearer = request.args.get("auth") == "bearer"
    is_json_only = request.args.get("media") == "json"
    has_samples = request.args.get("examples") == "xml"
    base_url = _server()
    if not PLAIN_URL.fullmatch(base_url):
        return _made_view(form, base_url, has_bearer, is_json_only, has_samples)
    # The cache does not grow with the Host headers of requests.
    made = _stored_view(form, PLACEHOLDER, has_bearer, is_json_only, has_samples)
    return made.replace(PLACEHOLDER, base_url)


def _made_view(
    form: str, base_url: str, has_bearer: bool, is_json_only: bool, has_samples: bool
) -> str:
    document = contract().served(base_url, bearer=has_bearer, json_only=is_json_only)
    if has_samples:
        document = with_samples(document)
    if form == VIEW_AS_JSON:
        return current_app.json.dumps(document) + "\n"
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True)
    return text


# To make one takes 0.1 s, and there are no more: three choices of two, in two forms.
_stored_view = lru_cache(maxsize=16)(_made_view)


def _server() -> str:
    """Return the base URL of the API, as clients see it."""
    settings: Settings = current_app.config["SETTINGS"]
    return site(request.environ["asgi.scope"], settings) + contract().base_path
