"""The catalogue, customers, services and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MONEY = sa.Numeric(12, 2).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "admins",
        sa.Column("id", ID, nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255)),
        sa.Column("firstname", sa.String(length=255), nullable=False),
        sa.Column("lastname", sa.String(length=255), nullable=False),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_admins"),
        sa.UniqueConstraint("email", name="uq_admins_email"),
    )
    op.create_table(
        "customers",
        sa.Column("id", ID, nullable=False),
        sa.Column("firstname", sa.String(length=50), nullable=False),
        sa.Column("lastname", sa.String(length=50), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("avatar_path", sa.String(length=255)),
        sa.Column("company_name", sa.String(length=255)),
        sa.Column("billing_details", sa.String(length=255)),
        sa.Column("locale", sa.String(length=255), nullable=False),
        sa.Column("phone", sa.String(length=30)),
        sa.Column("address", sa.String(length=250), nullable=False),
        sa.Column("address2", sa.String(length=250)),
        sa.Column("city", sa.String(length=250), nullable=False),
        sa.Column("country", sa.String(length=255), nullable=False),
        sa.Column("region", sa.String(length=250), nullable=False),
        sa.Column("zipcode", sa.String(length=255), nullable=False),
        sa.Column("email_verified_at", sa.DateTime()),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("last_login", sa.DateTime()),
        sa.Column("last_ip", sa.String(length=45)),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("confirmation_token", sa.String(length=255)),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("password", sa.String(length=255)),
        sa.Column("remember_token", sa.String(length=100)),
        sa.Column("totp_secret", sa.String(length=255)),
        sa.Column("security_question_id", sa.BigInteger()),
        sa.Column("security_answer", sa.String(length=255)),
        sa.Column("dark_mode", sa.Boolean(), nullable=False),
        sa.Column("gdpr_compliment", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("email", name="uq_customers_email"),
    )
    op.create_table(
        "groups",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("badge_title", sa.String(length=255)),
        sa.Column("badge_color", sa.String(length=32)),
        sa.Column("badge_icon", sa.String(length=64)),
        sa.Column("image", sa.String(length=255)),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("parent_id", ID),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["parent_id"], ["groups.id"], name="fk_groups_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("slug", name="uq_groups_slug"),
    )
    op.create_index("ix_groups_parent_id", "groups", ["parent_id"], unique=False)
    op.create_table(
        "metadata",
        sa.Column("id", ID, nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("model_type", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_metadata"),
    )
    op.create_index(
        "ix_metadata_model_type_model_id", "metadata", ["model_type", "model_id"], unique=False
    )
    op.create_table(
        "personal_access_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("tokenable_type", sa.String(length=255), nullable=False),
        sa.Column("tokenable_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("abilities", sa.JSON(), nullable=False),
        sa.Column("last_used_at", sa.DateTime()),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("parent_id", ID),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["personal_access_tokens.id"],
            name="fk_personal_access_tokens_parent_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_personal_access_tokens"),
        sa.UniqueConstraint("token", name="uq_personal_access_tokens_token"),
    )
    op.create_index(
        "ix_personal_access_tokens_parent_id", "personal_access_tokens", ["parent_id"], unique=False
    )
    op.create_index(
        "ix_personal_access_tokens_tokenable_type_tokenable_id",
        "personal_access_tokens",
        ["tokenable_type", "tokenable_id"],
        unique=False,
    )
    op.create_table(
        "pricings",
        sa.Column("id", ID, nullable=False),
        sa.Column("related_id", sa.BigInteger(), nullable=False),
        sa.Column("related_type", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("weekly", MONEY),
        sa.Column("setup_weekly", MONEY),
        sa.Column("onetime", MONEY),
        sa.Column("monthly", MONEY),
        sa.Column("quarterly", MONEY),
        sa.Column("semiannually", MONEY),
        sa.Column("annually", MONEY),
        sa.Column("biennially", MONEY),
        sa.Column("triennially", MONEY),
        sa.Column("setup_onetime", MONEY),
        sa.Column("setup_monthly", MONEY),
        sa.Column("setup_quarterly", MONEY),
        sa.Column("setup_semiannually", MONEY),
        sa.Column("setup_annually", MONEY),
        sa.Column("setup_biennially", MONEY),
        sa.Column("setup_triennially", MONEY),
        sa.Column("deleted_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_pricings"),
    )
    op.create_index(
        "ix_pricings_related_type_related_id",
        "pricings",
        ["related_type", "related_id"],
        unique=False,
    )
    op.create_table(
        "products",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("image", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_products_group_id"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
    )
    op.create_index("ix_products_group_id", "products", ["group_id"], unique=False)
    op.create_index("ix_products_status", "products", ["status"], unique=False)
    op.create_index("ix_products_type", "products", ["type"], unique=False)
    op.create_table(
        "product_configs",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name="fk_product_configs_product_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_product_configs"),
        sa.UniqueConstraint("product_id", name="uq_product_configs_product_id"),
    )
    op.create_table(
        "services",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("billing", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("server_id", sa.BigInteger()),
        sa.Column("product_id", ID),
        sa.Column("invoice_id", sa.BigInteger()),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("suspended_at", sa.DateTime()),
        sa.Column("suspend_reason", sa.String(length=255)),
        sa.Column("cancelled_at", sa.DateTime()),
        sa.Column("cancelled_reason", sa.String(length=255)),
        sa.Column("cancellation_reason_id", sa.BigInteger()),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("delivery_errors", sa.Text()),
        sa.Column("delivery_attempts", sa.Integer(), nullable=False),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("max_renewals", sa.Integer()),
        sa.Column("trial_ends_at", sa.DateTime()),
        sa.Column("data", sa.JSON()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_services_customer_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_services_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
        sa.UniqueConstraint("uuid", name="uq_services_uuid"),
    )
    op.create_index("ix_services_customer_id_id", "services", ["customer_id", "id"])
    op.create_index("ix_services_expires_at", "services", ["expires_at"], unique=False)
    op.create_index("ix_services_product_id", "services", ["product_id"], unique=False)
    op.create_index("ix_services_status_id", "services", ["status", "id"])


def downgrade() -> None:
    for table in (
        "services",
        "product_configs",
        "products",
        "pricings",
        "personal_access_tokens",
        "metadata",
        "groups",
        "customers",
        "admins",
    ):
        op.drop_table(table)
