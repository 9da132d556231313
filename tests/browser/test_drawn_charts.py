"""Charts in a real Chromium, drawn on a canvas by Vega-Embed as JupyterLab does it."""

from __future__ import annotations

import pandas as pd
import pytest
import vl_convert
from lab import ARTIFACTS
from support import cluster_row

from heco_jupyter.api.lists.frames import to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.fleet import plot_usage, timeline, usage

HOUR = 3_600_000
START = int(pd.Timestamp("2026-09-28").timestamp() * 1000)

# Whether a column of pixels, 20 from the right of the last bar, has stripes: how often dark and light take turns.
_TURNS = """canvas => {
    const [width, height] = [canvas.width, canvas.height];
    const column = x => canvas.getContext("2d").getImageData(x, 0, 1, height).data;
    const turns = x => {
        const pixels = column(x), dark = [];
        for (let i = 0; i < pixels.length; i += 4) dark.push(pixels[i] + pixels[i + 1] + pixels[i + 2] < 400);
        return dark.filter((value, i) => i && value != dark[i - 1]).length;
    };
    return [turns(Math.round(width / 4)), turns(Math.round(width * 0.75))];
}"""


def show(browser, picture, path, width=1000):
    """Open what a cell shows in a page of that width, and return the page and what it complained of."""
    bundle = picture._repr_mimebundle_()["application/vnd.vegalite.v5+json"]
    path.write_text(vl_convert.vegalite_to_html(bundle, vl_version="5.20", bundle=True, renderer="canvas"), "utf-8")
    page, complaints = browser.new_page(viewport={"width": width, "height": 800}), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri())
    page.locator("canvas").wait_for(timeout=60_000)
    page.wait_for_timeout(300)
    return page, complaints


@pytest.mark.slow
def test_5000_names_are_drawn_as_wide_as_the_page(browser, tmp_path):
    rows = [cluster_row(n, name=f"c{n}", runningAt=START + n * HOUR, elapsedTime=90 * HOUR) for n in range(5_000)]
    clusters = to_frame(rows, CLUSTER_COLUMNS, "UTC")
    page, complaints = show(browser, timeline(clusters), tmp_path / "timeline.html")
    assert complaints == []
    box = page.locator("canvas").bounding_box()
    assert 900 < box["width"] <= 1000
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "timeline.png")


@pytest.mark.slow
def test_an_unfinished_week_is_striped_and_a_bar_tells_what_it_is(browser, tmp_path):
    row = cluster_row(1, owner="kim", runningAt=START, elapsedTime=10 * 24 * HOUR)
    clusters = to_frame([row], CLUSTER_COLUMNS, "UTC")
    page, complaints = show(browser, plot_usage(usage(clusters, freq="W")), tmp_path / "usage.html")
    assert complaints == []
    whole, unfinished = page.locator("canvas").evaluate(_TURNS)
    assert whole < 10 < unfinished
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 200)
    told = page.locator("#vg-tooltip-element").inner_text()
    for words in ("owner", "kim", "28 Sep-4 Oct 2026", "2026-09-28 00:00", "672", "7 d", "measured", "0%"):
        assert words in told
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "usage.png")
