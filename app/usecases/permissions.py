"""Permission strings: the published vocabulary, and the older ones that mean the same."""

from collections.abc import Iterable

EVERYTHING = "*"

# Keys made by earlier generations of the panel carry other names for the same permissions.
VERBS = {"store": "create"}
RESOURCES = {"pricing": "pricings"}
NAMES = {"statistics": "statitics", "hearth": "health", "services:terminate": "services:expire"}


def canonical(permission: str) -> str:
    """A permission in the published vocabulary. Unknown ones come back as they are."""
    if permission in NAMES:
        return NAMES[permission]
    resource, colon, verb = permission.partition(":")
    return f"{RESOURCES.get(resource, resource)}{colon}{VERBS.get(verb, verb)}"


def published(permissions: Iterable[str]) -> list[str]:
    """Permissions in the published vocabulary, each once."""
    return list(dict.fromkeys(map(canonical, permissions)))


def covers(held: Iterable[str], wanted: str) -> bool:
    """Whether a key that holds these permissions may do what `wanted` stands for."""
    known = {canonical(permission) for permission in held}
    return EVERYTHING in known or canonical(wanted) in known
