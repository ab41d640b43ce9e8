"""API keys, without anything secret."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Moment


class ApiKeySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    name = fields.String()
    permissions = fields.Raw(attribute="abilities")
    allowed_networks = fields.Raw(allow_none=True)
    rate_limit = fields.Integer(allow_none=True)
    expires_at = Moment(allow_none=True)
    previous_expires_at = Moment(dump_only=True)
    last_used_at = Moment(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
