"""The key that asks."""

from app.access import API_KEYS
from app.moments import write_moment
from app.schemas.compiler import Item
from app.usecases.rights import Principal
from models.reads import Reader


def show(reader: Reader, site: str, principal: Principal) -> Item:
    """A short-lived token may do less than its key, and ends before it."""
    key = API_KEYS.item(reader, principal.key_id, site, owner_id=principal.admin_id)
    rights = principal.rights
    end = rights.expires_at and write_moment(rights.expires_at)
    return {**key, "permissions": sorted(rights.permissions), "expires_at": end}
