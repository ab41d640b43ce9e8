"""Answers are checked against the contract before anything is kept."""

import pytest
from sqlalchemy.orm import Session

import app.handlers.groups
from app.handlers.groups import update
from models import Group
from models.engine import write_options
from tests.conftest import run
from tests.factories import a_group, a_key
from tests.http import request
from tests.settings import unhurried


def a_wrong_type(session, group_id, body, storage, site):
    return {**update(session, group_id, body, storage, site), "sort_order": "first"}


def a_missing_field(session, group_id, body, storage, site):
    answer = update(session, group_id, body, storage, site)
    del answer["sort_order"]
    return answer


def a_crash(session, group_id, body, storage, site):
    update(session, group_id, body, storage, site)
    raise RuntimeError("sort_order: secret detail")


@pytest.mark.parametrize("handler", [a_wrong_type, a_missing_field, a_crash])
def test_a_handler_that_breaks_the_contract_changes_nothing(tmp_path, monkeypatch, caplog, handler):
    monkeypatch.setattr(app.handlers.groups, "update", handler)
    for running in run(unhurried(tmp_path)):
        with Session(running.engine) as session:
            key, group = a_key(session), a_group(session, name="Before")
            answer = request(
                "POST",
                f"{running.url}/api/application/groups/{group.id}",
                json={"name": "After"},
                headers={"Authorization": f"Bearer {key}"},
            )
            assert answer.status_code == 500
            assert answer.headers["content-type"] == "application/problem+json"
            assert "secret" not in answer.text
            session.expire_all()
            assert session.get(Group, group.id).name == "Before"
    assert "sort_order" in caplog.text


def test_a_database_that_stays_locked_is_said_to_be_busy(client, server, session):
    group = a_group(session, name="Before")
    options = write_options(server.engine)
    with server.engine.connect().execution_options(**options) as locked, locked.begin():
        match server.engine.dialect.name:
            case "postgresql":
                locked.exec_driver_sql("LOCK TABLE groups IN SHARE ROW EXCLUSIVE MODE")
            case "mariadb":
                locked.exec_driver_sql("SELECT * FROM groups FOR UPDATE")
        answer = client.post(f"/groups/{group.id}", json={"name": "After"}, timeout=30)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"] == "/api/problems/unavailable"
        # Who only reads need not wait.
        assert client.get(f"/groups/{group.id}").json()["name"] == "Before"
    assert client.post(f"/groups/{group.id}", json={"name": "After"}).json()["name"] == "After"
