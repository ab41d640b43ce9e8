"""The pages that mailed links lead to: confirm an address, choose a password."""

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, make_response, render_template, request

from app.contract import contract
from app.pipeline.language import language_of, translations
from app.usecases.customers import PAGES, confirm_by_link, reset_password_by_link
from models.engine import unit_of_work
from models.mailed_token import CONFIRM, PASSWORD
from models.sentence import Sentence, say

account = Blueprint("account", __name__, template_folder="templates")


def page(sentence: Sentence, *, form: str | None = None, status: int = 200) -> Response:
    """A page that says something, and may ask for something: a form is `confirm` or `password`."""
    accepted = request.headers.get("Accept-Language", "").encode("latin-1")
    language = language_of({b"accept-language": accepted})
    translate = translations(language)
    response = make_response(
        render_template(
            "account.html", language=language, text=sentence.into(translate), form=form,
            token=request.values.get("token", ""), shortest=password_bounds()[0],
            labels={name: label.into(translate) for name, label in LABELS.items()},
        ),
        status,
    )  # fmt: skip
    # The address holds a secret.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return response


LABELS = {
    "confirm": say("Confirm"),
    "password": say("New password"),
    "save": say("Save the password"),
}
GONE = say("This link does not work any more. Please ask for a new one.")


def password_bounds() -> tuple[int, int]:
    """How long a password may be, as the contract says."""
    schema = contract().document["components"]["schemas"]["Password"]
    return schema["minLength"], schema["maxLength"]


# A link in a mail is opened by scanners, too; only a person presses the button.
@account.get(f"/{PAGES[CONFIRM]}")
def ask_to_confirm() -> Response:
    return page(say("Is this your e-mail address? Then please confirm it."), form="confirm")


@account.post(f"/{PAGES[CONFIRM]}")
def confirm_address() -> Response:
    with unit_of_work(current_app.config["ENGINE"], write=True) as session:
        token = request.form.get("token", "")
        is_confirmed = confirm_by_link(session, token, now=datetime.now(UTC))
    if is_confirmed:
        return page(say("Thank you! Your e-mail address is confirmed."))
    return page(GONE, status=410)


@account.get(f"/{PAGES[PASSWORD]}")
def ask_for_password() -> Response:
    return page(say("Choose a new password for your account."), form="password")


@account.post(f"/{PAGES[PASSWORD]}")
def set_password() -> Response:
    token, password = request.form.get("token", ""), request.form.get("password", "")
    shortest, longest = password_bounds()
    if not shortest <= len(password) <= longest:
        wrong = say("A password has {shortest} to {longest} characters.",
                    shortest=shortest, longest=longest)  # fmt: skip
        return page(wrong, form="password", status=422)
    with unit_of_work(current_app.config["ENGINE"], write=True) as session:
        is_set = reset_password_by_link(session, token, password, now=datetime.now(UTC))
    if is_set:
        return page(say("Your new password is set."))
    return page(GONE, status=410)
