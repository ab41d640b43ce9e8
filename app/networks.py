"""Networks as they are written in requests."""

from ipaddress import ip_network


def is_network(text: str) -> bool:
    """Whether a text names a network of IPv4 or IPv6 (CIDR notation), or one address.

    Bits behind the prefix are refused: whoever writes 192.0.2.1/24 may mean one address or all.
    """
    try:
        network = ip_network(text)
    except ValueError:
        return False
    # A zone means something on one machine only.
    return not (network.version == 6 and network.network_address.scope_id)
