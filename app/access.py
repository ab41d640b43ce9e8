"""The collection of those who may come in: API keys."""

from sqlalchemy import and_, bindparam

from app.listing import Collection
from app.schemas.api_key import ApiKeySchema
from app.schemas.compiler import Item
from app.usecases.permissions import published
from models import Admin, PersonalAccessToken
from models.reads import Reader

_key = PersonalAccessToken.__table__


def _in_published_names(reader: Reader, items: list[Item], site: str) -> list[Item]:
    """Keys whose permissions have the names that bodies take."""
    for item in items:
        item["permissions"] = published(item["permissions"])
    return items


# The keys of one admin; the tokens that they are traded for are none.
API_KEYS = Collection(
    PersonalAccessToken,
    ApiKeySchema(),
    living=and_(
        _key.c.tokenable_type == Admin.CLASS_NAME,
        _key.c.tokenable_id == bindparam("owner_id"),
        _key.c.parent_id.is_(None),
    ),
    computed=_in_published_names,
)
