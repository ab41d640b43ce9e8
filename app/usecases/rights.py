"""How far an API key goes: what it may do, from where, how often and until when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.usecases.permissions import covers
from models import PersonalAccessToken
from models.errors import BeyondKey
from models.sentence import Sentence, say

Network = IPv4Network | IPv6Network
NOT_FROM_HERE = say("This key may not be used from this address.")


@dataclass(frozen=True, slots=True)
class Rights:
    """No `networks` are everywhere, no `rate_limit` is that of the server, no end is never."""

    permissions: frozenset[str]
    networks: tuple[Network, ...] = ()
    rate_limit: int | None = None
    expires_at: datetime | None = None

    def open_to(self, address: str | None) -> bool:
        """Whether requests may come from an address; None and what is none are nowhere."""
        if not self.networks:
            return True
        try:
            found = ip_address(address or "")
        except ValueError:
            return False
        if isinstance(found, IPv6Address):
            # How a socket for both versions writes an address of IPv4 (RFC 4291 2.5.5.2).
            found = found.ipv4_mapped or found
        return any(found in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: a living API key whose owner is a living admin.

    For a short-lived token, the key is the one that it was granted for, and the rights are its own.
    """

    key_id: int
    admin_id: int
    rights: Rights


def parsed(networks: Iterable[str] | None) -> tuple[Network, ...]:
    """Networks in CIDR notation. Raises ValueError for any other text."""
    return tuple(map(ip_network, networks or ()))


def rights_of(key: PersonalAccessToken) -> Rights:
    """What a key may do by itself."""
    return Rights(
        frozenset(key.abilities), parsed(key.allowed_networks), key.rate_limit, key.expires_at
    )


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of several ends, of which None is never."""
    return min((moment for moment in moments if moment is not None), default=None)


def check_within(wanted: Rights, held: Rights) -> None:
    """Raise BeyondKey if rights go beyond those that somebody holds."""
    if reason := next(_beyond(wanted, held), None):
        raise BeyondKey(reason)


def is_within(wanted: Rights, held: Rights) -> bool:
    """Whether rights go nowhere beyond those that somebody holds."""
    return next(_beyond(wanted, held), None) is None


def _beyond(wanted: Rights, held: Rights) -> Iterator[Sentence]:
    lacking = sorted(each for each in wanted.permissions if not covers(held.permissions, each))
    if lacking:
        yield say("This key does not have the permission {scope}.", scope=lacking[0])
    if held.expires_at and (wanted.expires_at is None or wanted.expires_at > held.expires_at):
        yield say("This key ends before that.")
    if held.networks and not (
        wanted.networks and all(_is_inside(each, held.networks) for each in wanted.networks)
    ):
        yield say("This key is for other networks only.")
    if held.rate_limit and (wanted.rate_limit is None or wanted.rate_limit > held.rate_limit):
        yield say("This key may make {limit} requests a minute only.", limit=held.rate_limit)


def _is_inside(network: Network, others: Iterable[Network]) -> bool:
    return any(
        network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
        for other in others
    )
