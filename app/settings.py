"""The only reader of the environment."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from socket import inet_aton
from urllib.parse import urlsplit

from click import ClickException

ROOT = Path(__file__).parent.parent
# What addresses of databases begin with. To CLIENTXCMS itself, MariaDB is mysql.
POSTGRESQL = "postgresql://"
DATABASES = ("sqlite:///", POSTGRESQL, "mariadb://", "mysql://")
# What says in an address that a PgBouncer is there.
POOLED = "pooled=1"
# What a bearer token is made of (RFC 6750 section 2.1).
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")
# As browsers write it (RFC 6454 section 6.2): no path, no slash at the end.
ORIGIN = re.compile(r"https?://([a-z0-9._-]{1,253}|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
# Links begin with it: no query, no fragment, no user.
PUBLIC = re.compile(r"https?://[^\s/?#@\\\"'<>]+(/[\w.~!$&()*+,;=:@%-]+)*", re.ASCII)
LIMITS = ("file:///", "redis://", "rediss://")
LOG_LEVELS = ("debug", "info", "warning", "error")
# Names that are at least this similar (difflib's ratio) are taken for misspelt ones. REDIS_PORT and
# PORT, which are at 0.62, or DB_HOST and HOST, at 0.8, mean different things.
SIMILAR = 0.85
# OpenTelemetry reads variables of its own, such as OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.
OTHERS = "OTEL_"


class InvalidSettings(ClickException):
    """The environment cannot be used. Commands end with its message, which names every mistake."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    `rate_limit` is in requests a minute and key, 0 for none; keys may have one of their own.
    `wrong_key_limit` is in wrong keys a minute and address, 0 for none. `max_wait` is how many
    milliseconds a request may wait for its turn before it is refused. `data` is the folder for
    uploaded files; it is created when first needed. `public_url` is the address that links begin
    with; without one it is that of the request. `trusted_proxies` are the addresses and networks of
    which X-Forwarded headers are believed. `mail_url` says how e-mails go out: into a folder
    (`file:///folder`) or by SMTP (`smtp://user:password@host:port`, `smtps://` for TLS at once).
    `log_level` is one of LOG_LEVELS; requests are logged from `info` on.
    `cors_origins` are the sites whose pages may use the API from a browser, `*` for all.
    `request_timeout` is how long a request may take to arrive, in seconds.
    `limits_url` is where processes count requests together: `file:///path` or `redis://...`;
    without one each process counts for itself.
    `otlp_endpoint` is where traces go; OpenTelemetry reads its other variables itself.
    `database_replica_urls` are copies of a PostgreSQL database, to read from. `database_listen_url`
    is where PostgreSQL tells of changed keys, if it cannot where `database_url` says.
    `metrics_token` opens /metrics; without one there is no such page. `metrics_folder` is where the
    processes of a server put their metrics together; it is set by whoever starts several.
    `misspelt` are variables of the environment that are ignored, and the settings that they
    resemble.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = f"sqlite:///{ROOT / 'var' / 'clientxcms.db'}"
    workers: int = 1
    rate_limit: int = 600
    wrong_key_limit: int = 20
    max_wait: int = 2000
    demo_data: bool = True
    data: Path = ROOT / "var" / "storage"
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    mail_url: str = f"file://{ROOT / 'var' / 'mail'}"
    mail_from: str = "CLIENTXCMS <noreply@localhost>"
    log_level: str = "info"
    metrics_token: str = ""
    otlp_endpoint: str = ""
    limits_url: str = ""
    database_replica_urls: tuple[str, ...] = ()
    database_listen_url: str = ""
    request_timeout: int = 30
    cors_origins: tuple[str, ...] = ()
    metrics_folder: Path | None = None
    misspelt: tuple[tuple[str, str], ...] = ()

    @property
    def public_path(self) -> str:
        """The path below which clients see the server, such as `/billing`; mostly empty."""
        return urlsplit(self.public_url).path

    @property
    def authority(self) -> str:
        """Where the server listens: host and port, as they stand in a URL."""
        return _authority(self.host, self.port)

    @property
    def loopback(self) -> str | None:
        """The loopback address if the server listens on all addresses of the machine, or None."""
        for read, address in ((inet_aton, "127.0.0.1"), (str, "::1")):
            with suppress(OSError, ValueError):
                return address if ip_address(read(self.host)).is_unspecified else None
        return None

    @property
    def address(self) -> str:
        """The URL of the server on this machine. No browser opens http://[::]:8000."""
        return f"http://{_authority(self.loopback or self.host, self.port)}"


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def words(text: str) -> tuple[str, ...]:
    """The parts of a list, which may be separated by commas or blanks."""
    return tuple(text.replace(",", " ").split())


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a process. Raises InvalidSettings, naming all that is wrong at once."""
    wrong: list[str] = []
    names: list[str] = []

    def text(name: str, default: str = "") -> str:
        names.append(name)
        return environment.get(name, "").strip() or default

    def number(name: str, default: int, lowest: int, highest: int) -> int:
        written = text(name, str(default))
        if written.isascii() and written.isdigit() and lowest <= int(written) <= highest:
            return int(written)
        wrong.append(f"{name} must be a whole number from {lowest} to {highest}, not {written!r}")
        return default

    default = Settings()
    settings = Settings(
        host=text("HOST", default.host),
        port=number("PORT", default.port, 0, 65535),
        database_url=text("DATABASE_URL", default.database_url),
        workers=number("WORKERS", default.workers, 1, 256),
        rate_limit=number("RATE_LIMIT", default.rate_limit, 0, 1_000_000_000),
        wrong_key_limit=number("WRONG_KEY_LIMIT", default.wrong_key_limit, 0, 1_000_000_000),
        max_wait=number("MAX_WAIT", default.max_wait, 1, 60_000),
        demo_data=bool(number("DEMO_DATA", 1, 0, 1)),
        data=Path(text("DATA_DIR", str(default.data))),
        public_url=text("PUBLIC_URL").rstrip("/"),
        trusted_proxies=words(text("FORWARDED_ALLOW_IPS")) or default.trusted_proxies,
        mail_url=text("MAIL_URL", default.mail_url),
        mail_from=text("MAIL_FROM", default.mail_from),
        log_level=text("LOG_LEVEL", default.log_level).lower(),
        metrics_token=text("METRICS_TOKEN"),
        cors_origins=words(text("CORS_ORIGINS")),
        request_timeout=number("REQUEST_TIMEOUT", default.request_timeout, 1, 3600),
        database_replica_urls=words(text("DATABASE_REPLICA_URLS")),
        database_listen_url=text("DATABASE_LISTEN_URL"),
        limits_url=text("LIMITS_URL"),
        otlp_endpoint=text("OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    if not all(each == "*" or ORIGIN.fullmatch(each) for each in settings.cors_origins):
        wrong.append("CORS_ORIGINS must be origins such as https://panel.example, or *")
    if settings.limits_url and not settings.limits_url.startswith(LIMITS):
        wrong.append("LIMITS_URL must start with file:///, redis:// or rediss://")
    if settings.metrics_token and not TOKEN.fullmatch(settings.metrics_token):
        wrong.append("METRICS_TOKEN must be 16 to 256 letters, digits and ._~+/=-")
    if settings.log_level not in LOG_LEVELS:
        wrong.append(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}")
    if not settings.database_url.startswith(DATABASES):
        wrong.append("DATABASE_URL must start with sqlite:///, postgresql:// or mariadb://")
    wrong.extend(_wrong_beside_postgresql(settings))
    if settings.public_url and not PUBLIC.fullmatch(settings.public_url):
        wrong.append(
            "PUBLIC_URL must be an address such as https://panel.example or "
            "https://example.org/billing"
        )
    if not settings.mail_url.startswith(("file:///", "smtp://", "smtps://")):
        wrong.append("MAIL_URL must start with file:///, smtp:// or smtps://")
    if wrong:
        raise InvalidSettings("; ".join(wrong) + ".")
    return replace(settings, misspelt=tuple(_misspelt(environment, names)))


def _misspelt(environment: Iterable[str], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find variables that nothing reads and settings that they resemble, as RATELIMIT."""
    settings = {_plain(name): name for name in names}
    for name in environment:
        if name not in settings.values() and not name.startswith(OTHERS):
            swapped = [each for each in settings if sorted(each) == sorted(_plain(name))]
            for each in swapped or get_close_matches(_plain(name), settings, 1, SIMILAR):
                yield name, settings[each]


def _plain(name: str) -> str:
    """Return what is left of a name without its case, its separators and our own prefix."""
    return re.sub("[^A-Z]|^CLIENTXCMS", "", name.upper())


def _wrong_beside_postgresql(settings: Settings) -> Iterator[str]:
    """What cannot be in the addresses that only PostgreSQL has."""
    for name, addresses in (
        ("DATABASE_REPLICA_URLS", settings.database_replica_urls),
        ("DATABASE_LISTEN_URL", settings.database_listen_url and [settings.database_listen_url]),
    ):
        if addresses and not settings.database_url.startswith(POSTGRESQL):
            yield f"{name} is for PostgreSQL alone, and DATABASE_URL names another database"
        elif not all(each.startswith(POSTGRESQL) for each in addresses):
            yield f"{name} must start with {POSTGRESQL}"
        elif any(POOLED in each for each in addresses):
            yield f"{name} must lead to PostgreSQL itself, not to a PgBouncer"
