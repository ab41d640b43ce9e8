"""The page of a benchmark: one file, with plots drawn as SVG."""

import math
import statistics
from collections.abc import Iterable
from html import escape
from string import Template

from benchmarks import contenders, work
from benchmarks.results import OURS, Group, Report

# In the units of an SVG.
WIDTH, ROW, LABEL, VALUE = 430, 26, 84, 122
BAR = WIDTH - LABEL - VALUE

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>How fast it is</title>
<style>
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2130; --soft: #667085; --line: #e2e6ee;
  --ours: #3563e9; --other: #a9b4c8; --bound: #d9dfea; --run: #1b2130;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11141b; --card: #1a1f29; --text: #e8ebf2; --soft: #98a2b6; --line: #2a3140;
    --ours: #6d93ff; --other: #56617a; --bound: #343c4e; --run: #e8ebf2;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 3rem 1.5rem; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 2.2rem; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 0.5rem; }
h2 { font-size: 1.3rem; letter-spacing: -0.01em; margin: 3.5rem 0 1rem; }
h3 { font-size: 0.95rem; margin: 0 0 0.6rem; }
p { max-width: 46rem; } .soft, dl, footer { color: var(--soft); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1rem 1.1rem; }
.big { font-size: 2rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.1; }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
svg text { fill: var(--text); dominant-baseline: central; } svg .soft { fill: var(--soft); }
.ours { fill: var(--ours); font-weight: 650; } text.ours { fill: var(--ours) !important; }
.other { fill: var(--other); } .bound { fill: var(--bound); }
.run { stroke: var(--run); stroke-width: 1.5; opacity: 0.45; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.2rem; font-size: 0.9rem; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, monospace; }
</style>
<h1>How fast it is</h1>
<p class="soft">Requests a second, the more the better: bars are medians, small strokes the single
runs. Behind each bar of others: how many times as fast this server is. The pale bars are no
competitors but bounds: the same queries without any framework, through SQLAlchemy Core
(<i>limit</i>) and through the database driver alone (<i>driver</i>), without a check.</p>
$groups
<h2>How it was measured</h2>
<dl>$facts</dl>
<h2>Who took part</h2>
<dl>$contenders</dl>
</html>
""")


def page(report: Report) -> str:
    taking_part = {name for group in report.groups for name in group.contenders}
    titles = [(name, each.title) for name, each in contenders.BY_NAME.items()
              if name in taking_part]  # fmt: skip
    return PAGE.substitute(
        groups="".join(_group(group) for group in report.groups),
        facts=_facts(report.facts.items()),
        contenders=_facts(titles),
    )


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)


def _group(group: Group) -> str:
    plots = "".join(
        f'<div class="card"><h3>{escape(work.BY_NAME[kind].title)}</h3>{_plot(group, kind)}</div>'
        for kind in group.kinds
    )
    title = escape(group.title)
    return f'<h2>{title}</h2><div class="cards">{_summary(group)}{plots}</div>'


def _summary(group: Group) -> str:
    """The mean over all kinds of work, beside each contender."""
    lines = []
    for name in group.contenders:
        found = [group.times(kind, name) for kind in group.kinds]
        times = [each for each in found if each is not None and math.isfinite(each)]
        if name != OURS and times:
            mean = statistics.geometric_mean(times)
            lines.append(
                f'<div><span class="big">{mean:.1f}</span> times as fast as {escape(name)}</div>'
                if mean >= 1
                else f'<div><span class="big">{mean:.0%}</span> of the rate of {escape(name)}</div>'
            )
    if not lines:
        return ""
    return f'<div class="card"><h3>All kinds of work (geometric mean)</h3>{"".join(lines)}</div>'


def _plot(group: Group, kind: str) -> str:
    names = [name for name in group.contenders if (kind, name) in group.runs]
    highest = max(1.0, *(run.rate for name in names for run in group.runs[kind, name]))
    rows = "".join(
        _row(group, kind, name, place * ROW, BAR / highest) for place, name in enumerate(names)
    )
    label = escape(f"{work.BY_NAME[kind].title}: requests a second")
    size = f"0 0 {WIDTH} {ROW * len(names)}"
    return f'<svg viewBox="{size}" role="img" aria-label="{label}">{rows}</svg>'


def _row(group: Group, kind: str, name: str, top: float, scale: float) -> str:
    runs = group.runs[kind, name]
    rate, times = group.rate(kind, name), group.times(kind, name)
    assert rate is not None
    look = "ours" if name == OURS else "bound" if contenders.BY_NAME[name].is_bound else "other"
    middle = top + ROW / 2
    behind = (
        "" if times is None or name == OURS else f'<tspan class="soft"> {times:.2f}&times;</tspan>'
    )
    latency = statistics.median(run.p99 for run in runs)
    strokes = "".join(
        f'<line class="run" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 7}" y2="{top + ROW - 7}"/>'
        for x in (LABEL + run.rate * scale for run in runs)
    )
    return (
        f"<g><title>{escape(name)}: {rate:,.0f} requests a second, 99 % within {latency:.1f} ms,"
        f" {group.microseconds(kind, name):,.0f} microseconds of processor time each"
        f'</title><text x="0" y="{middle}" class="{look if look == "ours" else ""}">'
        f'{escape(name)}</text><rect class="{look}" x="{LABEL}" y="{top + 4}" rx="3"'
        f' width="{max(1.0, rate * scale):.1f}" height="{ROW - 8}"/>{strokes}'
        f'<text x="{LABEL + max(run.rate for run in runs) * scale + 8:.1f}" y="{middle}">'
        f"{rate:,.0f}{behind}</text></g>"
    )
