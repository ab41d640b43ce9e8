"""E-mail addresses in ASCII, those whose domain has other letters as well (RFC 5890)."""

import idna


def in_ascii(email: str) -> str:
    """An e-mail address with its domain in ASCII: `ada@xn--exmple-cua.org` for `ada@exämple.org`.

    A text without an @ is taken for a domain. What is no domain comes back as it is, to be refused
    by the format `email`. So does a name before the @ that is not in ASCII: mail to it needs
    servers of RFC 6531 all the way.
    """
    name, at, domain = email.rpartition("@")
    return f"{name}{at}{_encoded(domain)}"


def _encoded(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain).decode()
    except idna.IDNAError:
        return domain
