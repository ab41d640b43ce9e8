"""The licence of this installation."""

from datetime import datetime, timedelta
from typing import Any


def show(site: str, now: datetime) -> dict[str, Any]:
    """This server is free software: its licence has no end, and is looked at right now."""
    return {
        "status": "ok",
        "license": {
            "expire": None,
            "domain": site.partition("://")[2],
            "lastchecked": int(now.timestamp()),
            "nextCheck": int((now + timedelta(days=1)).timestamp()),
            "domains": [],
            "data": {},
            "server": None,
            "extensions": {},
            "type": "community",
            "support_expiration": None,
            "version_type": "self_hosted",
        },
    }
