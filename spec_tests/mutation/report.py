"""How many mutants were noticed, and which were not, with the reasons that we know."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

SURVIVORS = Path(__file__).with_name("survivors.yaml")


@dataclass(frozen=True)
class Verdict:
    """`killer` is the first test that failed, None if all passed. `breaks_release` says whether
    the comparison with the released contract fails too; it has to be announced then."""

    id: str
    operator: str
    killer: str | None
    breaks_release: bool
    seconds: float

    @property
    def is_killed(self) -> bool:
        return self.killer is not None or self.breaks_release


def known_reasons() -> dict[str, str]:
    """Why we let mutants live: patterns of ids, and the reasons."""
    listed = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or []
    return {pattern: each["reason"] for each in listed for pattern in each["mutants"]}


def reason_for(name: str, reasons: dict[str, str]) -> str | None:
    return next((why for pattern, why in reasons.items() if fnmatchcase(name, pattern)), None)


@dataclass(frozen=True)
class Report:
    """`lowest` is the score below which a run fails."""

    verdicts: list[Verdict]
    reasons: dict[str, str]
    lowest: float

    @property
    def survivors(self) -> list[Verdict]:
        return [each for each in self.verdicts if not each.is_killed]

    @property
    def unexplained(self) -> list[str]:
        return [each.id for each in self.survivors if not reason_for(each.id, self.reasons)]

    @property
    def score(self) -> float:
        return share(len(self.verdicts) - len(self.survivors), len(self.verdicts))

    @property
    def is_good(self) -> bool:
        return not self.unexplained and self.score >= self.lowest

    def text(self) -> str:
        totals, killed, by_tests = Counter[str](), Counter[str](), Counter[str]()
        for each in self.verdicts:
            totals[each.operator] += 1
            killed[each.operator] += each.is_killed
            by_tests[each.operator] += each.killer is not None
        lines = [f"{'change':<18}{'mutants':>8}{'killed':>8}{'':>8}  noticed by a test"]
        for name in (*totals, "all"):
            total = totals[name] or totals.total()
            counts = [(c[name] if name != "all" else c.total()) for c in (killed, by_tests)]
            shown = (f"{count:>8}{share(count, total):>8.1%}" for count in counts)
            lines.append(f"{name:<18}{total:>8}{''.join(shown)}")
        for each in self.survivors:
            reason = reason_for(each.id, self.reasons) or "NOT EXPLAINED"
            lines.append(f"survived: {each.id}\n    {reason}")
        seconds = sum(each.seconds for each in self.verdicts)
        lines.append(f"{len(self.verdicts)} mutants in {seconds:.0f} s.")
        return "\n".join(lines)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def write_down(path: Path, verdict: Verdict) -> None:
    """Add a verdict to a file, so that a run can be stopped and gone on with."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(verdict)) + "\n")


def written_down(path: Path) -> Iterable[Verdict]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Verdict(**json.loads(line))
