"""Free notes that any resource may carry."""

from marshmallow import Schema, fields

from app.schemas.compiler import Moment


class MetadataSchema(Schema):
    id = fields.Integer(dump_only=True)
    model_id = fields.Integer(dump_only=True)
    model_type = fields.String(dump_only=True)
    key = fields.String(dump_only=True)
    value = fields.String(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
