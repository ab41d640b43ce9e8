"""FastAPI with SQLAlchemy and Pydantic, as the tutorials of both show it.

Why it is fair: plain `def` operations with a session from a dependency, a dependency for the
key, `response_model` for the answer, eager loading of relations; uvicorn with uvloop and
httptools, Pydantic's own encoder. FastAPI runs `def` operations in threads.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from benchmarks.peers.shape import flat, nested
from benchmarks.peers.tables import Customer, Key, Product, Service, hash_password, open_engine
from models.engine import write_options

engine = open_engine()
bearer = HTTPBearer(auto_error=False)
Item = TypeVar("Item")


def get_session() -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


SessionOf = Annotated[Session, Depends(get_session)]


def authenticate(
    session: SessionOf, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Key:
    number, _, secret = (sent.credentials if sent else "").partition("|")
    key = session.get(Key, int(number)) if number.isdigit() else None
    hashed = sha256(secret.encode()).hexdigest()
    if key is None or not hmac.compare_digest(key.token, hashed) or "*" not in key.abilities:
        raise HTTPException(401, "Unauthenticated", {"WWW-Authenticate": "Bearer"})
    return key


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CustomerOut(Row):
    id: int
    firstname: str
    lastname: str
    email: str
    avatar_path: str | None
    company_name: str | None
    billing_details: str | None
    locale: str
    phone: str | None
    address: str
    address2: str | None
    city: str
    country: str
    region: str
    zipcode: str
    email_verified_at: datetime | None
    balance: Decimal
    last_login: datetime | None
    is_confirmed: bool
    is_deleted: bool
    deleted_at: datetime | None
    dark_mode: bool
    notes: str | None
    created_at: datetime | None
    gdpr_compliment: bool
    security_question_id: int | None


PersonName = Annotated[str, Field(min_length=1, max_length=50, pattern="^[^<>]+$")]
AddressLine = Annotated[str, Field(min_length=1, max_length=250, pattern="^[^<>]+$")]
PlainText = Annotated[str, Field(max_length=255, pattern="^[^<>]*$")]
Country = Literal[
    "FR", "BE", "CH", "LU", "CA", "US", "GB", "DE", "ES", "IT",
    "PT", "NL", "IE", "AT", "MA", "DZ", "TN", "SN", "CI", "CM",
]  # fmt: skip


class CustomerIn(BaseModel):
    email: Annotated[str, Field(max_length=255, pattern=r"^[^A-Z\s@]+@[^A-Z\s@]+$")]
    password: Annotated[str, Field(min_length=8, max_length=255)]
    firstname: PersonName
    lastname: PersonName
    address: AddressLine
    address2: PlainText | None = None
    city: AddressLine
    region: AddressLine
    zipcode: Annotated[str, Field(min_length=1, max_length=255)]
    country: Country
    phone: Annotated[str, Field(max_length=30, pattern="^0[1-7][0-9]{8}$")] | None = None
    company_name: PlainText | None = None
    billing_details: PlainText | None = None
    locale: Literal["fr_FR", "en_GB"] = "fr_FR"


class ServiceOut(Row):
    id: int
    customer_id: int
    uuid: str
    name: str
    type: str
    billing: str
    currency: str
    server_id: int | None
    product_id: int | None
    invoice_id: int | None
    status: str
    expires_at: datetime | None
    suspended_at: datetime | None
    suspend_reason: str | None
    cancelled_at: datetime | None
    cancelled_reason: str | None
    cancellation_reason_id: int | None
    is_cancelled: bool
    notes: str | None
    description: str | None
    delivery_errors: str | None
    delivery_attempts: int
    renewals: int
    max_renewals: int | None
    trial_ends_at: datetime | None
    data: dict[str, Any] | None
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None


class NoteOut(Row):
    id: int
    model_id: int
    model_type: str
    key: str
    value: str | None
    created_at: datetime | None
    updated_at: datetime | None


class PricingOut(Row):
    id: int
    related_id: int
    related_type: str
    currency: str
    weekly: float | None
    setup_weekly: float | None
    onetime: float | None
    monthly: float | None
    quarterly: float | None
    semiannually: float | None
    annually: float | None
    biennially: float | None
    triennially: float | None
    setup_onetime: float | None
    setup_monthly: float | None
    setup_quarterly: float | None
    setup_semiannually: float | None
    setup_annually: float | None
    setup_biennially: float | None
    setup_triennially: float | None
    deleted_at: datetime | None


class ProductOut(Row):
    id: int
    name: str
    group_id: int
    status: str
    description: str
    pinned: bool
    stock: int
    type: str
    sort_order: int
    image: str | None
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None
    metadata: list[NoteOut] = Field(validation_alias="notes")
    pricing: list[PricingOut]


class Gap(BaseModel):
    url: str | None
    label: str
    active: bool


class Link(Gap):
    page: int | None


class Links(BaseModel):
    first: str
    last: str
    prev: str | None
    next: str | None


class Meta(BaseModel):
    current_page: int
    first: int | None = Field(alias="from")
    last_page: int
    links: list[Link | Gap]
    path: str
    per_page: int
    to: int | None
    total: int


class Page(BaseModel, Generic[Item]):
    data: list[Item]
    links: Links
    meta: Meta


class FlatPage(Meta, Generic[Item]):
    data: list[Item]
    first_page_url: str
    last_page_url: str
    next_page_url: str | None
    prev_page_url: str | None


app = FastAPI(dependencies=[Depends(authenticate)])
PageNumber = Annotated[int, Query(ge=1)]
PageSize = Annotated[int, Query(ge=1, le=1000)]


def page_of(
    session: Session, request: Request, model: Any, rows: Any, total: Any, page: int, size: int
) -> tuple[Any, ...]:
    """The arguments of an envelope."""
    living = model.deleted_at.is_(None)
    count = session.scalar(total.where(living))
    found = session.scalars(rows.where(living).limit(size).offset((page - 1) * size)).all()
    path = str(request.url.replace(query=""))
    return found, count, page, size, path, request.query_params.multi_items()


def counted(model: Any) -> Any:
    return select(func.count()).select_from(model)


@app.get("/api/application/customers", response_model=Page[CustomerOut])
def customers(
    session: SessionOf, request: Request, page: PageNumber = 1, per_page: PageSize = 25
) -> Any:
    rows = select(Customer).order_by(Customer.id)
    return nested(*page_of(session, request, Customer, rows, counted(Customer), page, per_page))


@app.get("/api/application/customers/{customer_id}", response_model=CustomerOut)
def customer(session: SessionOf, customer_id: int) -> Any:
    found = session.get(Customer, customer_id)
    if found is None or found.deleted_at is not None:
        raise HTTPException(404, "Not found")
    return found


@app.post("/api/application/customers", response_model=CustomerOut, status_code=201)
def create(session: SessionOf, body: CustomerIn) -> Any:
    password = hash_password(body.password)
    # The key was read with this session; a writer of SQLite has to begin as one.
    session.rollback()
    session.connection(execution_options=write_options(engine))
    found = Customer(**body.model_dump(exclude={"password"}), password=password)
    session.add(found)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(422, "Taken") from None
    session.refresh(found)
    return found


@app.get("/api/application/services", response_model=Page[ServiceOut])
def services(
    session: SessionOf,
    request: Request,
    status: Annotated[str | None, Query(alias="filter[status]")] = None,
    sort: Annotated[Literal["id", "created_at", "-created_at"], Query()] = "id",
    page: PageNumber = 1,
    per_page: PageSize = 25,
) -> Any:
    rows, total = select(Service), counted(Service)
    if status is not None:
        rows, total = rows.where(Service.status == status), total.where(Service.status == status)
    column = getattr(Service, sort.lstrip("-"))
    order = (
        [column.desc(), Service.id.desc()] if sort.startswith("-") else [column.asc(), Service.id]
    )
    return nested(*page_of(session, request, Service, rows.order_by(*order), total, page, per_page))


@app.get("/api/application/products", response_model=FlatPage[ProductOut])
def products(
    session: SessionOf, request: Request, page: PageNumber = 1, per_page: PageSize = 25
) -> Any:
    relations = selectinload(Product.pricing), selectinload(Product.notes)
    rows = select(Product).options(*relations).order_by(Product.id)
    return flat(*page_of(session, request, Product, rows, counted(Product), page, per_page))


def create_app() -> FastAPI:
    return app
