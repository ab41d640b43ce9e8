"""The collection of those who may come in: API keys."""

from sqlalchemy import and_, bindparam

from app.listing import Collection
from app.schemas.api_key import ApiKeySchema
from models import Admin, PersonalAccessToken

_key = PersonalAccessToken.__table__

# The keys of one admin; the tokens that they are traded for are none.
API_KEYS = Collection(
    PersonalAccessToken,
    ApiKeySchema(),
    living=and_(
        _key.c.tokenable_type == Admin.CLASS_NAME,
        _key.c.tokenable_id == bindparam("owner_id"),
        _key.c.parent_id.is_(None),
    ),
)
