"""The format `safe-html`: simple markup that cannot run anything."""

import re

# The tags, openers and schemes of core contract 8.4.
_ACTIVE = re.compile(
    r"""
      <\s*(?:/\s*)?(?:script|iframe|frame|frameset|object|embed|applet|svg|math|form|input|button
                 |meta|link|style|base|template|noscript)\b
    | <\?(?:php|=|\s) | <% | %> | \{\{ | \{% | \{!!
    | (?:javascript|vbscript)\s*:
    | data\s*:\s*(?:text/html|image/svg|application/xhtml)
    | <[^<>]*[\s/"']on[a-z]+\s*=
    """,
    re.IGNORECASE | re.VERBOSE,
)


def has_active_content(text: str) -> bool:
    """Whether `text` holds scripts, embedded documents, event handlers or template openers."""
    # Browsers drop control characters inside a scheme: java&#9;script: still runs.
    plain = re.sub(
        r"&#x?0*(?:9|10|13|a|d);?|&(?:tab|newline);|[\x01-\x08\x0b-\x1f]",
        "",
        text,
        flags=re.IGNORECASE,
    )
    return _ACTIVE.search(plain) is not None
