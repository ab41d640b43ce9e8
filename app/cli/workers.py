"""Several processes at one address: copies of one that is ready, replaced as soon as they die.

gunicorn watches over them; each serves as uvicorn does when it is alone.
"""

import os
from functools import partial
from signal import (
    SIG_BLOCK,
    SIG_DFL,
    SIG_UNBLOCK,
    SIGQUIT,
    SIGTERM,
    pthread_sigmask,
    raise_signal,
    signal,
)
from typing import Any

from connexion.middleware import ConnexionMiddleware
from gunicorn.app.base import BaseApplication
from uvicorn_worker import UvicornWorker

from app.server import create_process
from app.settings import Settings

# How long a process may take to end the requests that it has begun, in seconds.
GRACE = 10
# How the watcher tells them to stop: when it is told so by SIGTERM, and by Ctrl-C.
STOP = (SIGTERM, SIGQUIT)


def serve_with_workers(settings: Settings, options: dict[str, Any]) -> None:
    """Serve until stopped. `options` are what uvicorn is told about each connection."""

    class Worker(UvicornWorker):
        CONFIG_KWARGS = options

        def handle_exit(self, *signal: object) -> None:
            """By Ctrl-C as by any signal, uvicorn ends what was begun and refuses the rest."""
            raise_signal(SIGTERM)

        async def callback_notify(self) -> None:
            """Tell the watcher, every few seconds, of being alive; without one, stop."""
            if os.getppid() != self.ppid:
                raise_signal(SIGTERM)
            await super().callback_notify()

    class Workers(BaseApplication):
        def load_config(self) -> None:
            for name, value in {
                "bind": settings.authority,
                "workers": settings.workers,
                "worker_class": Worker,
                "preload_app": True,
                # Ctrl-C is meant for all, but is for the watcher to hand on.
                "post_fork": lambda watcher, worker: os.setpgrp(),
                "graceful_timeout": GRACE,
                "loglevel": "warning",
                "control_socket_disable": True,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> ConnexionMiddleware:
            return ready_to_serve(settings)

    _stop_new_processes_too()
    Workers().run()


def _stop_new_processes_too() -> None:
    """Let a process be told to stop from its first moment on.

    Until it serves, it would have the handler of the watcher, which ends nothing.
    """
    unblock = partial(pthread_sigmask, SIG_UNBLOCK, STOP)

    def begin() -> None:
        for each in STOP:
            signal(each, SIG_DFL)
        unblock()

    os.register_at_fork(
        before=partial(pthread_sigmask, SIG_BLOCK, STOP),
        after_in_parent=unblock,
        after_in_child=begin,
    )


def ready_to_serve(settings: Settings) -> ConnexionMiddleware:
    """A server with all its operations compiled, which others wait for until the first request.

    It has opened nothing that two processes must not share.
    """
    server = create_process(settings)
    server.app, server.middleware_stack = server._build_middleware_stack()
    return server
