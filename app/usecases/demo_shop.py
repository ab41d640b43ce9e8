"""What the demo shop consists of: its shelves, offers, customers and their words."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from models.pricing import PERIODS

Row = dict[str, Any]

# The keys of other programs of the shop.
KEYS: tuple[Row, ...] = (
    {"name": "Accounting", "abilities": ["customers:index", "services:index", "pricings:index"],
     "expires_at": datetime(2099, 12, 31, tzinfo=UTC), "allowed_networks": ["192.0.2.0/24"]},
    {"name": "Website", "abilities": ["products:index", "groups:index", "pricings:index"],
     "rate_limit": 1200},
    {"name": "Monitoring", "abilities": ["health", "statitics"], "rate_limit": 60,
     "allowed_networks": ["198.51.100.7/32", "2001:db8::/32"]},
)  # fmt: skip


class Shelf(NamedTuple):
    slug: str
    name: str
    description: str
    parent: str | None = None
    columns: Row = {}  # noqa: RUF012  (read only)


class Offer(NamedTuple):
    """`price` is in EUR for the first of `periods`; longer periods are cheaper by the month."""

    shelf: str
    name: str
    description: str
    type: str
    price: str
    periods: tuple[str, ...]
    setup: str | None = None
    config: Row | None = None
    columns: Row = {}  # noqa: RUF012  (read only)


class Place(NamedTuple):
    """`phone` takes a number of two digits. The ranges are those kept free for fiction."""

    country: str
    city: str
    region: str
    zipcode: str
    street: str
    phone: str | None


class People(NamedTuple):
    firstnames: tuple[str, ...]
    lastnames: tuple[str, ...]


SHELVES = (
    Shelf("web-hosting", "Web hosting", "Websites and shops on fast shared servers.", None,
          {"pinned": True}),
    Shelf("vps", "VPS", "Virtual servers", None,
          {"pinned": True, "badge_title": "Most popular", "badge_color": "#2563eb",
           "badge_icon": "bi-star"}),
    Shelf("dedicated", "Dedicated servers", "Whole machines in Paris and Frankfurt."),
    Shelf("game-servers", "Game servers", "Low latency, DDoS protection included.", None,
          {"badge_title": "New", "badge_color": "#16a34a", "badge_icon": "bi-joystick"}),
    Shelf("domains", "Domains", "Register or transfer a domain name."),
    Shelf("assistance", "Assistance", "Our technicians work for you."),
    Shelf("retired", "Retired offers", "Offers that are no longer sold.", None,
          {"status": "hidden"}),
    Shelf("wordpress", "WordPress hosting", "WordPress, kept up to date for you.", "web-hosting"),
    Shelf("reseller", "Reseller hosting", "Host your own customers.", "web-hosting"),
    Shelf("vps-windows", "Windows VPS", "Virtual servers with Windows Server.", "vps"),
    Shelf("minecraft", "Minecraft", "Java and Bedrock, with mods.", "game-servers"),
    Shelf("rust", "Rust", "Wipes on schedule, Oxide ready.", "game-servers"),
    Shelf("ark", "ARK", "Clusters of maps in one click.", "game-servers"),
)  # fmt: skip

USUAL = ("monthly", "quarterly", "annually")
LONG = ("monthly", "quarterly", "semiannually", "annually", "biennially")
GAMES = ("monthly", "weekly", "quarterly")
YEARS = ("annually", "biennially", "triennially")
ONCE = ("onetime",)


def _machine(cores: int, memory: int, disk: int) -> Row:
    return {"cores": cores, "memory": memory, "disk": disk, "template": "debian-12"}


def _game(memory: int, egg: int) -> Row:
    return {"memory": memory, "disk": 10 * memory, "cpu": 200, "egg_id": egg, "backups": 2}


OFFERS = (
    Offer("web-hosting", "Web Free", "1 site, 500 MB, with our banner", "plesk", "0",
          ("monthly",), None, {"plan": "free"}, {"stock": 50}),
    Offer("web-hosting", "Web Start", "1 site, 10 GB", "plesk", "2.99", LONG, None,
          {"plan": "start", "dedicated_ip": False}),
    Offer("vps", "VPS S", "2 vCPU, 4 GB", "proxmox", "4.99", USUAL, "2", _machine(2, 4096, 40)),
    Offer("vps", "VPS M", "4 vCPU, 8 GB", "proxmox", "9.99", USUAL, "2", _machine(4, 8192, 80),
          {"pinned": True}),
    Offer("vps", "VPS L", "8 vCPU, 16 GB", "proxmox", "18.99", LONG, None,
          _machine(8, 16384, 160)),
    Offer("vps", "VPS XL", "12 vCPU, 32 GB", "virtualizorcloud", "34.9", LONG, None, None,
          {"stock": 6}),
    Offer("web-hosting", "Web Pro", "10 sites, 50 GB", "plesk", "5.99", LONG, None,
          {"plan": "pro", "dedicated_ip": False}, {"pinned": True}),
    Offer("web-hosting", "Web Business", "Unlimited sites, 150 GB, own address", "plesk", "11.99",
          LONG, None, {"plan": "business", "dedicated_ip": True}),
    Offer("wordpress", "WordPress Solo", "1 site, daily backups", "plesk", "4.49", LONG),
    Offer("wordpress", "WordPress Studio", "5 sites, staging", "plesk", "12.9", LONG),
    Offer("reseller", "Reseller 20", "20 accounts, 100 GB", "plesk", "19.9", USUAL),
    Offer("vps-windows", "VPS Windows M", "4 vCPU, 8 GB, Windows Server", "proxmox", "21.99",
          USUAL, "10", {**_machine(4, 8192, 120), "template": "windows-2022"}),
    Offer("dedicated", "Dedicated Ryzen 5", "6 cores, 64 GB, 2 x 512 GB NVMe", "none", "59.9",
          USUAL, "29", None, {"stock": 3}),
    Offer("dedicated", "Dedicated EPYC", "24 cores, 256 GB, 4 x 1.92 TB NVMe", "none", "189",
          USUAL, "99", None, {"stock": 0}),
    Offer("minecraft", "Minecraft 4 GB", "About 10 players", "pterodactyl", "5.5", GAMES, None,
          _game(4096, 3), {"pinned": True}),
    Offer("minecraft", "Minecraft 8 GB", "About 30 players, modpacks", "pterodactyl", "9.9", GAMES,
          None, _game(8192, 3)),
    Offer("rust", "Rust 50", "50 slots", "pterodactyl", "16.9", GAMES, None, _game(12288, 14)),
    Offer("ark", "ARK 40", "40 slots, 2 maps", "wisp", "19.9", GAMES, None, None, {"stock": 12}),
    Offer("domains", ".fr", "France; for residents of the EU", "domain", "7.99", YEARS),
    Offer("domains", ".com", "The classic", "domain", "11.49", YEARS, None, None,
          {"pinned": True}),
    Offer("domains", ".eu", "For residents of the EU", "domain", "8.49", YEARS),
    Offer("assistance", "Site migration", "We move your site to us", "none", "49", ONCE),
    Offer("assistance", "Managed server", "Updates and monitoring", "none", "39", USUAL, None,
          None, {"status": "unreferenced"}),
    Offer("retired", "VPS SSD 1", "1 vCPU, 1 GB (2021)", "proxmox", "2.5", USUAL, None, None,
          {"status": "hidden", "stock": 0}),
    Offer("retired", "Web Classic", "5 GB, PHP 7.4", "plesk", "1.99", USUAL, None, None,
          {"status": "hidden", "stock": 0}),
)  # fmt: skip

# How much of the price of so many single periods a longer one costs.
DISCOUNTS = {
    "quarterly": Decimal("0.95"),
    "semiannually": Decimal("0.92"),
    "annually": Decimal("0.83"),
    "biennially": Decimal("0.79"),
    "triennially": Decimal("0.95"),
    "weekly": Decimal("1.2"),
}

DOLLARS = Decimal("1.1")

PLACES = (
    Place("FR", "Lille", "Nord", "59000", "{} rue Nationale", "06 39 98 10 {:02}"),
    Place("FR", "Paris", "Île-de-France", "75011", "{} rue de la Roquette", "01 99 00 20 {:02}"),
    Place("FR", "Lyon", "Rhône", "69003", "{} cours Lafayette", "06 39 98 30 {:02}"),
    Place("FR", "Marseille", "Bouches-du-Rhône", "13006", "{} rue Paradis", "04 65 71 40 {:02}"),
    Place("FR", "Nantes", "Loire-Atlantique", "44000", "{} quai de la Fosse", None),
    Place("FR", "Strasbourg", "Bas-Rhin", "67000", "{} rue des Juifs", "03 53 01 50 {:02}"),
    Place("BE", "Liège", "Liège", "4000", "Rue Féronstrée {}", "+32 470 12 60 {:02}"),
    Place("BE", "Bruxelles", "Bruxelles-Capitale", "1000", "Rue Haute {}", None),
    Place("CH", "Lausanne", "Vaud", "1003", "Rue de Bourg {}", "+41 79 555 70 {:02}"),
    Place("LU", "Luxembourg", "Luxembourg", "2449", "{} boulevard Royal", None),
    Place("CA", "Montréal", "Québec", "H2Y 1C6", "{} rue Saint-Paul O", "+1 514 555 01{:02}"),
    Place("DE", "Berlin", "Berlin", "10115", "Invalidenstraße {}", "+49 30 231254{:02}"),
    Place("DE", "Köln", "Nordrhein-Westfalen", "50667", "Hohe Straße {}", "+49 221 47143{:02}"),
    Place("AT", "Wien", "Wien", "1070", "Neubaugasse {}", None),
    Place("CH", "Zürich", "Zürich", "8001", "Niederdorfstrasse {}", "+41 79 555 80 {:02}"),
    Place("GB", "Leeds", "West Yorkshire", "LS1 6DT", "{} Albion Street", "+44 113 496 01{:02}"),
    Place("GB", "Bristol", "Bristol", "BS1 4DJ", "{} Baldwin Street", "+44 117 496 01{:02}"),
    Place("IE", "Dublin", "Leinster", "D02 X285", "{} Dame Street", None),
    Place("US", "Portland", "Oregon", "97205", "{} SW Alder St", "+1 503 555 01{:02}"),
    Place("US", "Boston", "Massachusetts", "02116", "{} Boylston St", "+1 617 555 01{:02}"),
    Place("ES", "Valencia", "Comunitat Valenciana", "46002", "Calle de la Paz {}", None),
    Place("IT", "Torino", "Piemonte", "10123", "Via Po {}", None),
    Place("NL", "Utrecht", "Utrecht", "3511 LN", "Oudegracht {}", None),
    Place("PT", "Porto", "Porto", "4050-253", "Rua das Flores {}", None),
)

FRENCH = People(
    ("Ada", "Camille", "Élodie", "Hugo", "Inès", "Jules", "Léa", "Louis", "Manon", "Mehdi",
     "Noémie", "Théo", "Yasmine", "Zoé"),
    ("Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Garnier", "Benali", "Roux", "Chevalier",
     "François", "Mercier", "Lambert", "Renard"),
)  # fmt: skip
GERMAN = People(
    ("Anna", "Jonas", "Jürgen", "Katrin", "Lena", "Lukas", "Sabine", "Tobias"),
    ("Müller", "Schmidt", "Weber", "Becker", "Hofmann", "Krüger", "Vogel"),
)
ENGLISH = People(
    ("Alice", "Daniel", "Emma", "Grace", "Harry", "Niamh", "Oliver", "Ruth"),
    ("Baker", "Clarke", "Evans", "Hughes", "Murphy", "Taylor", "Walker"),
)
SOUTHERN = People(
    ("Beatriz", "Giulia", "João", "Marco", "Pilar", "Sanne"),
    ("Costa", "de Vries", "Ferrari", "García", "Ricci", "Silva"),
)
# By country; the others are SOUTHERN.
PEOPLE = {
    **dict.fromkeys(("FR", "BE", "LU", "CA"), FRENCH),
    **dict.fromkeys(("DE", "AT", "CH"), GERMAN),
    **dict.fromkeys(("GB", "IE", "US"), ENGLISH),
}

COMPANIES = ("Studio", "Atelier", "Media", "Digital", "Consulting", "Games")
UNPAID = "Unpaid renewal"
ABUSE = ("Outgoing spam", "Port scans reported", "Too much processor time used")
LEAVING = ("Too expensive", "Project ended", "Moving to a larger server", "No longer needed")
DELIVERY_ERRORS = ("The node has no free address.", "The panel did not answer within 30 seconds.")


def stamps(created: datetime, updated: datetime | None = None) -> Row:
    return {"created_at": created, "updated_at": updated or created}


def groups(opening: datetime) -> list[Row]:
    ids = {shelf.slug: number for number, shelf in enumerate(SHELVES, 1)}
    return [
        {
            "id": number,
            "slug": shelf.slug,
            "name": shelf.name,
            "description": shelf.description,
            "parent_id": ids[shelf.parent] if shelf.parent else None,
            "sort_order": number,
            **shelf.columns,
            **stamps(opening),
        }
        for number, shelf in enumerate(SHELVES, 1)
    ]


def products(groups: Iterable[Row], opening: datetime) -> list[Row]:
    ids = {group["slug"]: group["id"] for group in groups}
    return [
        {
            "id": number,
            "group_id": ids[offer.shelf],
            "name": offer.name,
            "description": offer.description,
            "type": offer.type,
            "stock": -1,
            "sort_order": number,
            **offer.columns,
            **stamps(opening + timedelta(hours=number)),
        }
        for number, offer in enumerate(OFFERS, 1)
    ]


def pricings() -> list[Row]:
    return [
        {
            "related_type": "product",
            "related_id": number,
            "currency": currency,
            **_amounts(offer, rate),
        }
        for number, offer in enumerate(OFFERS, 1)
        for currency, rate in (("EUR", Decimal(1)), ("USD", DOLLARS))
    ]


def _amounts(offer: Offer, rate: Decimal) -> Row:
    """The columns of a price row that an offer fills."""
    first = offer.periods[0]
    price = Decimal(offer.price) * rate
    amounts = {first: _cents(price)}
    for period in offer.periods[1:]:
        length = Decimal("0.25") if period == "weekly" else Decimal(PERIODS[period])
        amounts[period] = _cents(price * length / Decimal(PERIODS[first]) * DISCOUNTS[period])
    if offer.setup:
        amounts[f"setup_{first}"] = _cents(Decimal(offer.setup) * rate)
    return amounts


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def configs(opening: datetime) -> list[Row]:
    return [
        {"product_id": number, "data": offer.config, **stamps(opening)}
        for number, offer in enumerate(OFFERS, 1)
        if offer.config is not None
    ]
