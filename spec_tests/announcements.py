"""Breaking changes have to be announced in CHANGELOG.md, and need a new major version."""

import re
from fnmatch import fnmatchcase

from spec_tests.changes import Json, breaking_changes


def announced(changelog: str) -> list[str]:
    """The operationIds, or patterns of them, under `### Breaking` of what is not released."""
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## ")[0]
    section = unreleased.partition("### Breaking\n")[2].partition("\n### ")[0]
    bullets = re.findall(r"^- (`[^:]+`):", section, re.MULTILINE)
    return [name for bullet in bullets for name in re.findall(r"`([^`]+)`", bullet)]


def complaints(old: Json, new: Json, changelog: str) -> list[str]:
    """What has to be written before the new document may replace the released one."""
    changes, names = breaking_changes(old, new), announced(changelog)
    found = [
        f"- `{change.operation}`: {change.what}"
        for change in changes
        if not any(fnmatchcase(change.operation, name) for name in names)
    ]
    if found:
        found.insert(0, "Announce in CHANGELOG.md, under `## [Unreleased]` and `### Breaking`:")
    for name in names:
        if not any(fnmatchcase(change.operation, name) for change in changes):
            found.append(f"Take `{name}` out of `### Breaking` in CHANGELOG.md: nothing breaks it.")
    if changes and major(new) <= major(old):
        found.append(f"Set `info.version` to {major(old) + 1}.0.0: older programs will break.")
    return found


def major(document: Json) -> int:
    return int(document["info"]["version"].partition(".")[0])
