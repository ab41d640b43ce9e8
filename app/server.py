"""The server: Connexion's middleware stack around Flask, wired from top to bottom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.resolver import RelativeResolver
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.middleware.gzip import GZipMiddleware

from app.cli.protocol import Protocol
from app.contract import contract
from app.monitoring.logs import Lines, log_to_standard_error
from app.monitoring.metrics import Meters, sampling
from app.monitoring.traces import tracing
from app.pipeline.call import Parts, pipeline
from app.pipeline.compression import compression
from app.pipeline.execution import execution
from app.pipeline.keys import Keys
from app.pipeline.negotiation import negotiation
from app.pipeline.observation import Observation
from app.pipeline.origins import other_origins
from app.pipeline.overload import Overload
from app.pipeline.probes import Probes
from app.pipeline.problems import Problems
from app.pipeline.proxies import Proxies
from app.pipeline.ratelimit import rate_limit
from app.pipeline.request import request_check
from app.pipeline.routing import Routing
from app.pipeline.security import authentication, authorization, include_authorization
from app.pipeline.shared_windows import file_of, open_windows
from app.portal.account import account
from app.portal.pages import portal
from app.portal.threads import in_threads
from app.settings import Settings, read_settings
from app.xmlrpc.bridge import Bridge, key_check
from app.xmlrpc.gateway import rpc
from models.database import Database, open_database
from models.engine import make_engine
from models.migrate import refusal
from models.positions import Positions
from models.replicas import Replicas, watching


def create_pages(settings: Settings, engine: Engine) -> Flask:
    """Flask: portal pages and XML-RPC, all that is served and not in the contract.

    Pages work on the database of `engine`.
    """
    app = Flask("app", static_folder=None)
    app.config["ENGINE"] = engine
    app.config["SETTINGS"] = settings
    app.config["STORAGE"] = Path(settings.data).absolute()
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for blueprint in (portal, account, rpc):
        app.register_blueprint(blueprint)
    return app


def create_process(settings: Settings | None = None) -> ConnexionMiddleware:
    """What each process of `clientxcms:serve` runs: the server, and its log."""
    settings = settings or read_settings()
    lines = log_to_standard_error(settings.log_level)
    Protocol.patience, Protocol.prefix = settings.request_timeout, settings.public_path
    Protocol.lines = lines
    return create_server(settings, lines)


def refuse_unmigrated(engine: Engine) -> None:
    """End the process if the database has other tables than this version.

    One that cannot be reached now may come back, and requests say so meanwhile.
    """
    with suppress(DBAPIError, OSError):
        if reason := refusal(engine):
            raise SystemExit(f"Error: {reason}")


def _replicas(settings: Settings, database: Database) -> Replicas | None:
    """The replicas of the settings; servers that count together know of each other's changes."""
    if not settings.database_replica_urls:
        return None
    limits = file_of(settings.limits_url)
    positions = Positions(limits and limits.with_name(f"{limits.name}-changes"))
    return Replicas(settings.database_replica_urls, database, positions)


def create_server(
    settings: Settings | None = None, lines: Lines | None = None
) -> ConnexionMiddleware:
    """The whole server, an ASGI application. The steps are in the order of a request.

    Requests are logged to `lines`.
    """
    settings = settings or read_settings()
    longest = settings.max_wait / 1000
    database = open_database(
        settings.database_url, longest=longest, listen_url=settings.database_listen_url
    )
    replicas = _replicas(settings, database)
    # Pages run in threads, and the engine of the pipeline belongs to the event loop.
    pages = make_engine(settings.database_url)
    flask = create_pages(settings, pages)
    meters = Meters(contract().operations, database.connections, settings.metrics_folder)
    windows = open_windows(settings.limits_url)
    traces = tracing(settings.otlp_endpoint)
    wrong_keys = open_windows(settings.limits_url, "address")
    parts = Parts(
        contract(), settings, database, Keys(database), meters, lines, replicas, windows, wrong_keys
    )

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        refuse_unmigrated(pages)
        loop = asyncio.get_running_loop()
        flask.config["BRIDGE"] = Bridge(loop, application, key_check(parts))
        async with sampling(meters), watching(replicas):
            yield
        await database.close()
        pages.dispose()
        await asyncio.to_thread(traces.flush)
        if lines:
            lines.flush()

    threads = in_threads(flask, parts.contract.body_limit, settings.request_timeout)
    application = ConnexionMiddleware(
        Probes(GZipMiddleware(threads)),
        import_name=__name__,
        lifespan=lifespan,
        resolver=RelativeResolver("app.handlers"),
        middlewares=[
            LifespanMiddleware,
            partial(Proxies, settings=settings),
            *traces.steps,
            Observation,
            *other_origins(settings.cors_origins),
            Problems,
            partial(Overload, longest=longest),
            Routing,
            pipeline(
                compression,
                authentication,
                rate_limit,
                authorization,
                negotiation,
                request_check,
                include_authorization,
                innermost=execution,
            ),
        ],
    )
    application.add_api(parts.contract.routes(), parts=parts)
    return application
