"""Plotly as it is vendored, under the policy of every page. How a page of ours uses it is tested with that page."""

import pytest
from django.conf import settings

VENDOR = settings.BASE_DIR / "static" / "vendor"
STYLE_SHEET = '<link rel="stylesheet" id="plotly.js-style-global" class="no-inline-styles" href="plotly.css">'
PAGE = """<!doctype html><html lang="en"><title>A chart</title>{style_sheet}
<div id="chart"></div><script src="plotly-basic.min.js"></script></html>"""
TRACES = [
    {"x": ["2026-01-05", "2026-01-12", "2026-01-19"], "y": [80, 78, 35], "mode": "lines+markers", "name": "Client"},
    {"x": ["2026-01-05", "2026-01-12", "2026-01-19"], "y": [70, None, 72], "mode": "markers", "name": "You"},
]
LAYOUT = {"shapes": [{"type": "rect", "x0": "2026-01-05", "x1": "2026-01-19", "y0": 70, "y1": 85}], "hovermode": "x"}
CONFIG = {"displayModeBar": False, "showSendToCloud": False, "plotlyServerURL": "", "displaylogo": False}


@pytest.fixture
def draw(page, complaints):
    """`draw(config, style_sheet)` opens a page with one chart and gives the complaints about it."""
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives().items())

    def serve(route):
        name = route.request.url.rsplit("/", 1)[1]
        if name in ("plotly-basic.min.js", "plotly.css"):
            route.fulfill(path=VENDOR / name)
        else:
            body = PAGE.format(style_sheet=draw.style_sheet)
            route.fulfill(content_type="text/html", headers={"Content-Security-Policy": policy}, body=body)

    def draw(config=CONFIG, style_sheet=STYLE_SHEET):
        draw.style_sheet = style_sheet
        found = complaints(page)
        page.goto("http://localhost/chart")
        page.evaluate("args => Plotly.newPlot('chart', ...args)", [TRACES, LAYOUT, config])
        page.locator("#chart .main-svg").first.hover(position={"x": 200, "y": 200})
        page.wait_for_timeout(300)
        return found

    page.route("http://localhost/**", serve)
    return draw


def directives():
    return settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]


def test_chart_draws_under_the_strict_policy_without_a_word(draw, page):
    assert "'unsafe-inline'" not in str(directives())
    assert draw() == []
    assert page.locator("#chart .scatterlayer .trace").count() == 2
    assert page.locator("#chart .shapelayer path").count() == 1
    assert "Content Security Policy" in " ".join(draw(style_sheet="")), "the policy was not in force"


def test_chart_offers_no_upload(draw, page):
    def buttons():
        return page.locator("#chart .modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")

    draw(config={"displaylogo": False})  # the logo is markup made of a text, which no page lets it make
    assert any("Share" in title for title in buttons()), "plotly's default changed: look again what it offers"
    draw()
    assert buttons() == []
    draw(config=CONFIG | {"displayModeBar": True})
    assert buttons()
    assert not [title for title in buttons() if "Share" in title or "Cloud" in title or "plotly" in title.lower()]


def test_plotly_css_is_the_sheet_of_the_bundle(page):
    """On failure the right sheet lies in var/plotly.css: this is how static/vendor/plotly.css is renewed."""
    rules = "sheet => [...sheet.sheet.cssRules].map(rule => rule.cssText)"
    page.set_content('<div id="chart"></div>')
    page.add_script_tag(path=VENDOR / "plotly-basic.min.js")
    page.evaluate("Plotly.newPlot('chart', [], {}, {})")
    injected = page.locator("#plotly\\.js-style-global").evaluate(rules)
    page.set_content("<title>Ours</title>")
    ours = page.add_style_tag(content=(VENDOR / "plotly.css").read_text()).evaluate(rules)
    if ours != injected:
        (settings.BASE_DIR / "var" / "plotly.css").write_text("\n".join(injected) + "\n")
    assert ours == injected
