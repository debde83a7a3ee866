"""Small lines drawn on the server: one series of a case, or a client's answers.

A series has its last ten sessions. No script, no axis. The words beside a sparkline say the same, so the picture is
hidden from screen readers.
"""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ratings.psychometrics.usual import TrendWord

LOWEST_SHOWN, HIGHEST_SHOWN = 20, 100  # POMP; lower values lie on the floor
INSET = 5
OWN_SIZE = (320, 90)
SIZES = {"table": (112, 32), "entry": (144, 44), "row": (80, 24)}


def sparkline(spark, word, size="table"):
    """An SVG of the last sessions before the usual range, marked on the last rated dot."""
    width, height = SIZES[size]
    step = (width - 2 * INSET) / max(len(spark.values) - 1, 1)
    dots = [
        None if value is None else (round(INSET + position * step, 1), _y(value, height))
        for position, value in enumerate(spark.values)
    ]
    rated = [dot for dot in dots if dot]
    mark = word if word in (TrendWord.BELOW, TrendWord.ABOVE, TrendWord.USUAL) else None
    mark = TrendWord.BELOW if word == TrendWord.LOWER else mark
    band = _band(spark.band, width, height) if spark.band else ""
    lines = "".join(f'<polyline class="s-line" points="{line}"/>' for line in _lines(dots))
    last = '<use href="#m-{}" x="{}" y="{}"/>'.format(mark, *rated[-1]) if mark and rated else ""
    # Put together without escaping, as it has numbers and a word of ours alone: a list has 150 of them.
    return mark_safe(
        f'<svg class="spark" width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f"{band}{lines}{last}</svg>"
    )


def own_line(values: Sequence[float | None]) -> SafeString:
    """An SVG of a client's own answers of one kind, oldest first.

    A dot each, from "Not at all" to "Completely", and no mark that judges them. A table beside it says the same in
    words.
    """
    width, height = OWN_SIZE
    step = (width - 2 * INSET) / max(len(values) - 1, 1)
    dots = [
        None if value is None else (round(INSET + n * step, 1), round(height - INSET - value / 100 * (height - 10), 1))
        for n, value in enumerate(values)
    ]
    return format_html(
        '<svg class="own" viewBox="0 0 {} {}" aria-hidden="true">{}{}{}</svg>',
        width,
        height,
        format_html_join(
            "", '<path class="s-grid" d="M0 {}h{}"/>', ((y, width) for y in (INSET, height / 2, height - INSET))
        ),
        format_html_join("", '<polyline class="s-line" points="{}"/>', ((line,) for line in _lines(dots))),
        format_html_join("", '<circle class="s-client" cx="{}" cy="{}" r="3"/>', (dot for dot in dots if dot)),
    )


def _y(value, height):
    shown = LOWEST_SHOWN if value < LOWEST_SHOWN else HIGHEST_SHOWN if value > HIGHEST_SHOWN else value
    share = (shown - LOWEST_SHOWN) / (HIGHEST_SHOWN - LOWEST_SHOWN)
    return round(height - INSET - share * (height - 2 * INSET), 1)


def _band(band, width, height):
    top, bottom = _y(band[1], height), _y(band[0], height)
    return f'<rect class="s-band" y="{top}" width="{width}" height="{round(max(bottom - top, 1), 1)}"/>'


def _lines(dots):
    """Runs of neighbouring dots; a session without a rating leaves a gap."""
    run = []
    for dot in [*dots, None]:
        if dot:
            run.append(f"{dot[0]},{dot[1]}")
        elif run:
            yield " ".join(run)
            run = []
