"""Invoices, options of services, logs of actions, and what is mailed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MONEY = sa.Numeric(12, 2).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "action_logs",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", sa.BigInteger()),
        sa.Column("staff_id", sa.BigInteger()),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255)),
        sa.Column("model_id", sa.String(length=255)),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_action_logs"),
    )
    op.create_index("ix_action_logs_customer_id", "action_logs", ["customer_id"])
    op.create_index("ix_action_logs_model_model_id", "action_logs", ["model", "model_id"])

    op.create_table(
        "email_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("recipient_id", sa.BigInteger()),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_email_messages"),
    )
    op.create_index("ix_email_messages_recipient_id", "email_messages", ["recipient_id"])
    op.create_index("ix_email_messages_sent_at_due_at", "email_messages", ["sent_at", "due_at"])

    op.create_table(
        "invoices",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("customer_id", ID),
        sa.Column("billing_address", sa.JSON(), nullable=False),
        sa.Column("due_date", sa.DateTime(), nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("subtotal", MONEY, nullable=False),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("setupfees", MONEY, nullable=False),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("fees", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("paymethod", sa.String(length=255), nullable=False),
        sa.Column("payment_method_id", sa.String(length=255)),
        sa.Column("paid_at", sa.DateTime()),
        sa.Column("external_id", sa.String(length=255)),
        sa.Column("notes", sa.String(length=1000), nullable=False),
        sa.Column("invoice_number", sa.String(length=255)),
        sa.Column("pdf_sha256", sa.String(length=64)),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_invoices_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("external_id", name="uq_invoices_external_id"),
        sa.UniqueConstraint("invoice_number", name="uq_invoices_invoice_number"),
        sa.UniqueConstraint("uuid", name="uq_invoices_uuid"),
    )
    op.create_index("ix_invoices_customer_id", "invoices", ["customer_id"])
    op.create_index("ix_invoices_status", "invoices", ["status"])

    op.create_table(
        "mailed_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name="fk_mailed_tokens_customer_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mailed_tokens"),
        sa.UniqueConstraint("token", name="uq_mailed_tokens_token"),
    )
    op.create_index("ix_mailed_tokens_customer_id", "mailed_tokens", ["customer_id"])

    op.create_table(
        "config_options_services",
        sa.Column("id", ID, nullable=False),
        sa.Column("config_option_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=255)),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_config_options_services_service_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_config_options_services"),
    )
    op.create_index(
        "ix_config_options_services_service_id", "config_options_services", ["service_id"]
    )

    op.create_index("ix_customers_created_at_id", "customers", ["created_at", "id"])
    op.create_index("ix_customers_firstname_id", "customers", ["firstname", "id"])
    op.create_index("ix_customers_lastname_id", "customers", ["lastname", "id"])
    op.create_index("ix_customers_updated_at_id", "customers", ["updated_at", "id"])
    op.create_index("uq_customers_phone", "customers", ["phone"], unique=True)

    op.create_index("ix_services_created_at_id", "services", ["created_at", "id"])
    op.create_index("ix_services_invoice_id", "services", ["invoice_id"])
    op.create_index("ix_services_updated_at_id", "services", ["updated_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_services_updated_at_id", "services")
    op.drop_index("ix_services_invoice_id", "services")
    op.drop_index("ix_services_created_at_id", "services")

    op.drop_index("uq_customers_phone", "customers")
    op.drop_index("ix_customers_updated_at_id", "customers")
    op.drop_index("ix_customers_lastname_id", "customers")
    op.drop_index("ix_customers_firstname_id", "customers")
    op.drop_index("ix_customers_created_at_id", "customers")
    op.drop_table("config_options_services")
    op.drop_table("mailed_tokens")
    op.drop_table("invoices")
    op.drop_table("email_messages")
    op.drop_table("action_logs")
