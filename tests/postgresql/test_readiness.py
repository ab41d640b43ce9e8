"""What a server says of itself while PostgreSQL does not let it in."""

import psycopg
from sqlalchemy import make_url

from tests.http import request
from tests.test_operations import waited_for


def allow_connections(url, allowed):
    """Let nobody, or everybody, connect to a database; those who are connected have to leave."""
    address = make_url(url)
    elsewhere = address.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {address.database} ALLOW_CONNECTIONS {allowed}")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (address.database,),
        )


def test_a_server_without_its_database_lives_and_is_not_ready_until_it_is_back(server):
    waited_for(f"{server.url}/readyz", 200)
    allow_connections(server.settings.database_url, False)
    try:
        answer = waited_for(f"{server.url}/readyz", 503)
        assert answer.json()["checks"]["database"] == "unavailable"
        assert "postgres" not in answer.text
        assert request("GET", f"{server.url}/livez").status_code == 200
    finally:
        allow_connections(server.settings.database_url, True)
    waited_for(f"{server.url}/readyz", 200)
