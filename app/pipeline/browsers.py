"""What browsers have to know about every answer (core contract 1.2)."""

Headers = tuple[tuple[bytes, bytes], ...]

ALWAYS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(self)"),
    (b"x-permitted-cross-domain-policies", b"none"),
)
# What our own pages need: no script, and nothing of another host.
PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'",
)
OVER_TLS: Headers = (
    *ALWAYS,
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)


def security_headers(scheme: str) -> Headers:
    """The headers for an answer to a request that came by `http` or `https`."""
    return OVER_TLS if scheme == "https" else ALWAYS
