"""Products and what an answer may hold beside them."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Moment
from app.schemas.metadata import MetadataSchema
from app.schemas.pricing import PricingSchema


class ProductSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    name = fields.String()
    group_id = fields.Integer()
    status = fields.String()
    description = fields.String()
    pinned = fields.Boolean(allow_none=True)
    stock = fields.Integer()
    type = fields.String()
    sort_order = fields.Integer(dump_only=True)
    image = fields.String(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    deleted_at = Moment(dump_only=True)
    metadata = fields.List(fields.Nested(MetadataSchema), dump_only=True)
    pricing = fields.List(fields.Nested(PricingSchema), dump_only=True)
    group = fields.Nested("GroupSchema", dump_only=True)
