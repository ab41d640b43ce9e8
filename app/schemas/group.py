"""Product groups: a tree whose nodes hold products."""

from marshmallow import EXCLUDE, Schema, fields

from app.schemas.compiler import Moment
from app.schemas.metadata import MetadataSchema
from app.schemas.product import ProductSchema


class GroupSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(dump_only=True)
    name = fields.String()
    slug = fields.String()
    status = fields.String()
    description = fields.String()
    badge_title = fields.String(allow_none=True)
    badge_color = fields.String(allow_none=True)
    badge_icon = fields.String(allow_none=True)
    image = fields.String(dump_only=True)
    pinned = fields.Boolean(allow_none=True)
    sort_order = fields.Integer()
    parent_id = fields.Integer(allow_none=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    deleted_at = Moment(dump_only=True)
    start_price = fields.Dict(dump_only=True, metadata={"computed": True})
    route = fields.String(dump_only=True, metadata={"computed": True})
    groups = fields.List(fields.Nested("GroupSchema"), dump_only=True)
    products = fields.List(fields.Nested(ProductSchema), dump_only=True)
    metadata = fields.List(fields.Nested(MetadataSchema), dump_only=True)
