"""Which addresses are on the public internet.

``ipaddress.is_global`` alone says yes to 64:ff9b::7f00:1 (NAT64 of 127.0.0.1), to 2002:7f00:1:: (6to4 of it) and to
192.0.0.8, on some Python versions; so the ranges of the IANA special-purpose registries are named here once more.
"""

from __future__ import annotations

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
        "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
"""IPv4 and IPv6 special-purpose address registries, multicast, and what was once meant for sites."""

_CARRIERS: Final = (
    (ipaddress.ip_network("::ffff:0:0/96"), 0),
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("64:ff9b:1::/48"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)
"""IPv6 ranges that carry an IPv4 address, and how many bits lie to its right: mapped, translated, NAT64, 6to4."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to somebody on the internet, and to nothing inside this network."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        for network, shift in _CARRIERS:
            if address in network:
                return is_public(ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF))
    return address.is_global and not any(
        address in network for network in _PRIVATE if network.version == address.version
    )
