"""What `egress sensitivity` prints and writes: a table, a sentence and bars for each output.

sensitivity.html   sentences, bars, all indices      sensitivity.png   the bars alone
sensitivity.csv    a row per output and input        sensitivity.json  how it was made
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from egress.assimilate.factors import KINDS, UNLEARNABLE
from egress.assimilate.questions import Question
from egress.assimilate.saltelli import REST, Index
from egress.assimilate.sensitivity import Answer
from egress.replaced import write_file
from egress.report.names import capital
from egress.report.rounding import span

if TYPE_CHECKING:
    import pandas as pd

FILES = ("sensitivity.html", "sensitivity.png", "sensitivity.csv", "sensitivity.json")
ROWS = 6  # inputs shown per output on a screen
SMALL = 0.05  # total index below which an input is not worth a line
NOTABLE = 0.1  # total index from which the halves of an input's range are told
HOW = (
    "Total: share of the spread that stays while only this input is unknown; in brackets the 90 % interval of the "
    "estimate. Alone: share that would go, on average, if only this input were known; it takes many base points. "
    "People are compared by their logarithm. Totals may add up to more than 1 where inputs act together."
)


@dataclass(frozen=True)
class Words:
    """An input in words: what it is, its range with unit (or how many numbers), what it rests on."""

    what: str
    span: str
    source: str
    short: str = ""
    """What it is called in a sentence, where that is shorter."""


@dataclass(frozen=True)
class Shown:
    """What a sensitivity found, with the words for it: of a scenario, or of a Flee folder."""

    title: str
    start: date
    """First day of the period."""
    answers: tuple[Answer, ...]
    words: Callable[[str, Answer], Words]
    """A factor of an answer in the words of the field."""
    asked: Callable[[Question], str]
    """What was asked, in words."""
    known: str
    """What the runs knew, such as `hindsight`."""
    made: str
    """How much was run, such as `648 members, 32 base points`."""
    table: pd.DataFrame
    """A row per output and input."""
    record: Mapping[str, Any]
    """How it was made, for sensitivity.json; has `seed`."""


def spread(found: Shown, answer: Answer) -> str:
    """Return the middle of the members, and between what eight of ten lie."""
    low, middle, high = answer.spread
    if answer.question.unit == "people":
        return span(low, middle, high)
    if answer.question.unit == "share":
        return f"{middle:.3f} ({low:.3f}–{high:.3f})"
    days = [_day(found, value) for value in (low, middle, high)]
    return days[1] if len(set(days)) == 1 else f"{days[1]} ({days[0]} to {days[2]})"


def _day(found: Shown, value: float) -> str:
    day = found.start + timedelta(days=round(value))
    return f"{day.day} {day:%b}"


def _value(found: Shown, answer: Answer, value: float) -> str:
    match answer.question.unit:
        case "day":
            return _day(found, value)
        case "share":
            return f"{value:.3f}"
    return span(value, value, value)


# Sentences


def sentence(found: Shown, answer: Answer) -> str:
    """Return what would change our mind about an output."""
    about = f"{capital(found.asked(answer.question))}: {spread(found, answer)}."
    if not answer.indices:
        return f"{about} It is nearly the same in eight of ten members: nothing to tell apart."
    told = [i for i in answer.indices if i.total_range[0] > 0 and i.total >= SMALL and i.factor != REST]
    learnable = [index for index in told if index.factor not in UNLEARNABLE]
    if not learnable:
        few = "No input that could be learnt stands out from chance; take more base points with --samples."
        return f"{about} {few}{_unlearnable(answer)}{_rest(answer)}"
    first, *others = learnable
    most = max(i.total for i in answer.indices if i.factor not in (*UNLEARNABLE, REST)) == first.total
    lead = "What would change our mind most" if most else "With so few base points, what is sure to change our mind"
    said = f"{about} {lead}: {_named(found, answer, first)}"
    if others:
        said += f"; then {'; '.join(_named(found, answer, index) for index in others[:2])}"
    return f"{said}.{_unlearnable(answer)}{_rest(answer)}"


def _named(found: Shown, answer: Answer, index: Index) -> str:
    words = found.words(index.factor, answer)
    return f"{words.short or words.what} ({share(index)}){_halves(found, answer, index)}"


def _halves(found: Shown, answer: Answer, index: Index) -> str:
    """Return what the output would be were an input in the lower or in the upper half of its range."""
    halves = answer.halves.get(index.factor)
    if halves is None or index.total < NOTABLE or halves[0] != halves[0]:
        return ""
    low, high = (_value(found, answer, value) for value in halves)
    return f", about {low} if it lies in the lower half of its range and {high} if in the upper"


def _unlearnable(answer: Answer) -> str:
    """Return how much nobody can know beforehand, where that is measured and worth a word."""
    parts = [index for index in answer.indices if index.factor in UNLEARNABLE and index.total >= SMALL]
    said = [f"{capital(KINDS[i.factor].what)}: {share(i)}; nobody can know it beforehand." for i in parts]
    return "".join(f" {text}" for text in said)


def _rest(answer: Answer) -> str:
    """Warn where much hangs on inputs that were not measured one by one."""
    rest = next((index for index in answer.indices if index.factor == REST), None)
    if rest is None or rest.total < NOTABLE:
        return ""
    return f" All other inputs together: {share(rest)}; take more of them with --kept."


def share(index: Index) -> str:
    """Return `0.45, 0.30–0.60`: a total index with its interval."""
    return f"{index.total:.2f}, {index.total_range[0]:.2f}–{index.total_range[1]:.2f}"


# What is printed


def summary(found: Shown) -> RenderableType:
    """Return what would change our mind, as something that rich prints: a sentence and a table per output."""
    head = f"{found.title}: what would change our mind ({found.known}; {found.made})"
    parts: list[RenderableType] = [Text(head, style="bold")]
    for answer in found.answers:
        parts += [Text(""), Text(f"• {sentence(found, answer)}")]
        if answer.indices:
            parts.append(_table(found, answer))
    return Group(*parts, Text(""), Text(HOW, style="dim"))


def _table(found: Shown, answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("input", max_width=58)
    for name in ("total", "alone"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("range", no_wrap=True)
    table.add_column("source", max_width=22)
    shown = _shown(answer.indices)
    for index in shown:
        words = found.words(index.factor, answer)
        alone = f"{index.first:.2f} ±{index.first_range[1] - index.first:.2f}".replace("-", "−")
        total = f"{index.total:.2f} ({index.total_range[0]:.2f}–{index.total_range[1]:.2f})"
        table.add_row(words.what, total, alone, words.span, words.source)
    left = len(answer.indices) - len(shown)
    sums = sum(index.total for index in answer.indices)
    table.caption = f"{left} more below {SMALL:g} or in sensitivity.csv; all totals add up to {sums:.2f}"
    table.caption_justify = "left"
    return table


def _shown(indices: Sequence[Index]) -> list[Index]:
    """Return the inputs worth a line, and always what was not measured one by one."""
    top = [index for index in indices if index.total >= SMALL][:ROWS]
    return [index for index in indices if index in top or index.factor == REST]


# What is written


def write(found: Shown, folder: Path) -> None:
    """Write the page, the picture, the table and the record; raises OutputError."""
    from egress.report import charts

    chart = bars(found)
    write_file(folder / "sensitivity.html", page(found))
    write_file(folder / "sensitivity.csv", described_table(found).to_csv(index=False))
    record = {**found.record, "files": list(FILES)}
    write_file(folder / "sensitivity.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    write_file(folder / "sensitivity.png", charts.png(chart))


def described_table(found: Shown) -> pd.DataFrame:
    """Return a row per output and input: the indices, and the input in words with range and source."""
    pairs = [(answer, index) for answer in found.answers for index in answer.indices]
    words = [found.words(index.factor, answer) for answer, index in pairs]
    return found.table.assign(
        what=[w.what for w in words], range=[w.span for w in words], source=[w.source for w in words]
    ).round(4)


def bars(found: Shown, answers: Sequence[Answer] | None = None) -> Any:
    """Return bars of total indices with their intervals, a panel per output; dots are first-order indices."""
    import altair as alt

    chosen = [a for a in (found.answers if answers is None else answers) if a.indices]
    panels = [_panel(found, answer) for answer in chosen]
    if not panels:
        import pandas as pd

        return alt.Chart(pd.DataFrame({"x": []})).mark_bar()
    return alt.concat(*panels, columns=1)


def _panel(found: Shown, answer: Answer) -> Any:
    import altair as alt
    import pandas as pd

    from egress.report.charts import BLUE, INK, ORANGE, WIDE

    rows: list[dict[str, Any]] = [
        {
            "input": _short(found.words(index.factor, answer).what),
            "total": min(max(0.0, index.total), TOP),
            "low": min(index.total_range[0], TOP),
            "high": min(index.total_range[1], TOP),
            "first": min(max(index.first, 0.0), TOP),
        }
        for index in _shown(answer.indices)
    ]
    axis = alt.Axis(labelLimit=430, ticks=False, domain=False)
    y = alt.Y("input:N", sort=[row["input"] for row in rows], title=None, axis=axis)
    scale = alt.Scale(domain=[0, max([1.0, *(row["high"] for row in rows)])])
    base = alt.Chart(pd.DataFrame(rows)).encode(y=y)
    bar = base.mark_bar(color=BLUE, opacity=0.6, aria=False).encode(x=alt.X("total:Q", scale=scale, title=None))
    rule = base.mark_rule(color=INK, aria=False).encode(x="low:Q", x2="high:Q")
    dot = base.mark_point(color=ORANGE, filled=True, size=36, opacity=1, aria=False).encode(x="first:Q")
    heading = capital(found.asked(answer.question))
    return alt.layer(bar, rule, dot).properties(width=WIDE - 480, height=alt.Step(20), title=heading)


TOP = 1.5  # bars and intervals are drawn no farther


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def page(found: Shown) -> str:
    """Return one HTML file that asks nothing of anybody outside: a sentence, bars and a table per output."""
    from egress.report import charts

    parts = []
    for answer in found.answers:
        parts.append(
            f"<h2>{_safe(capital(found.asked(answer.question)))}</h2>\n<p>{_safe(sentence(found, answer))}</p>"
        )
        if answer.indices:
            label = f"Total indices: {found.asked(answer.question)}"
            parts.append(f"<figure>{charts.svg(bars(found, [answer]), label)}</figure>\n{_rows(found, answer)}")
    made = f"{found.made}, seed {found.record['seed']}, {found.known}"
    head = f"{found.title}: what would change our mind"
    legend = "Bar: total index, with its 90 % interval. Dot: the share that goes if only this input is known."
    return PAGE.format(title=_safe(head), made=_safe(made), how=_safe(f"{legend} {HOW}"), body="\n".join(parts))


def _rows(found: Shown, answer: Answer) -> str:
    """Return all inputs of an output as an HTML table."""
    lines = []
    for index in answer.indices:
        words = found.words(index.factor, answer)
        first = f"{index.first:.2f} ({index.first_range[0]:.2f} to {index.first_range[1]:.2f})".replace("-", "−")
        cells = [words.what, share(index).replace(", ", " (") + ")", first, words.span, words.source]
        lines.append("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("input", "total", "alone", "range", "source"))
    return f"<details><summary>All inputs</summary><table><tr>{head}</tr>\n{chr(10).join(lines)}</table></details>"


def _safe(text: str) -> str:
    return html.escape(text)


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · egress</title>
<style>
body {{ margin: 0 auto; max-width: 980px; padding: 24px 32px; color: #1a1a1a; background: #fff;
  font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }}
h1 {{ font-size: 26px; line-height: 1.2; }} h2 {{ font-size: 19px; margin: 40px 0 4px; }}
p {{ max-width: 74ch; }} figure {{ margin: 8px 0; }} svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; font-size: 13px; }} summary {{ font-size: 14px; color: #0072B2; cursor: pointer; }}
th, td {{ text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid #e5e7eb; vertical-align: top; }}
.soft {{ color: #4b5563; font-size: 14px; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="soft">{made}</p>
<p class="soft">{how}</p>
{body}
</body>
</html>
"""
