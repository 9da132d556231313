"""Charts as a notebook shows them: Vega-Lite for JupyterLab, and a PNG for where a saved notebook is only read.

Nothing here changes Altair's settings, not even for a moment, since other threads share them: the rows are part of each
chart from the start, so the data transformer and the row limit that the user has enabled do not apply. The user's theme
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 640
"""Pixels that a chart is wide where nothing tells how wide its cell is."""

# Vega-Embed shrinks a chart that follows its container to nothing, since its box is as wide as what is in it. An unseen
# input that would be very wide, and may be as narrow as its box, makes the box as wide as the cell.
_AS_WIDE_AS_THE_CELL = {
    "name": "cell",
    "value": "",
    "bind": {"input": "text", "name": " ", "size": "2000", "style": "width: 100%; height: 0; visibility: hidden"},
}


class Picture:
    """A chart that a notebook shows as Vega-Lite, as wide as its cell, and as a PNG.

    Parameters
    ----------
    chart
        The Altair chart, which may be changed and shown like any other.
    language
        Of its words: `en` or `ko`.
    """

    def __init__(self, chart: Any, language: str = "en") -> None:
        self.chart = chart
        self._language = language

    def __repr__(self) -> str:
        title = self.chart.title
        return Said("chart", {"title": getattr(title, "text", title)}).in_language(self._language)

    def png(self) -> bytes:
        """Return the chart as a PNG, at two pixels per pixel of the chart."""
        return self._render(self._spec())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        spec = self._spec()
        # JupyterLab draws Vega-Lite 5; these charts mean the same in the later versions that Altair may write.
        shown = spec | {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
        if spec.get("width") == WIDTH:  # not the user's own
            shown |= {"width": "container", "params": [*spec.get("params", ()), _AS_WIDE_AS_THE_CELL]}
        return {"application/vnd.vegalite.v5+json": shown, "image/png": self._render(spec), "text/plain": repr(self)}

    def _spec(self) -> dict[str, Any]:
        """Return the chart as Vega-Lite, also where VegaFusion would have Altair write Vega."""
        spec: dict[str, Any] = self.chart.to_dict(context={"pre_transform": False})
        return spec

    @staticmethod
    def _render(spec: dict[str, Any]) -> bytes:
        # chart.save would switch the data transformer for all threads while it runs.
        import vl_convert  # noqa: PLC0415 (an extra)

        locales = import_altair().renderers.options.get("embed_options") or {}
        png: bytes = vl_convert.vegalite_to_png(
            spec,
            scale=2,
            format_locale=locales.get("formatLocale"),
            time_format_locale=locales.get("timeFormatLocale"),
        )
        return png


def picture(chart: Any, rows: pd.DataFrame, language: str, **properties: Any) -> Picture:
    """Return a chart with its rows.

    Parameters
    ----------
    chart
        The Altair chart, without data.
    rows
        Its data. Times become what clocks in their zone show, written as UTC: a browser knows only its own zone, whose
        clock changes would move them. Scales of time must be of the type utc.
    language
        Of its words.
    **properties
        Other properties of the chart.
    """
    times = rows.select_dtypes(["datetime", "datetimetz"])
    shown = rows.assign(**{str(name): times[name].map(as_drawn) for name in times})
    return Picture(chart.properties(data=import_altair().to_values(shown), width=WIDTH, **properties), language)


def as_drawn(time: pd.Timestamp) -> str:
    """Return a time as a chart has it: what a clock in its zone shows, as if that were UTC."""
    return f"{time.tz_localize(None).isoformat(timespec='milliseconds')}Z"


def to_the_minute(time: pd.Timestamp) -> str:
    """Return a time as a tooltip shows it."""
    return f"{time:%Y-%m-%d %H:%M}"


def time_axis(alt: Any, language: str) -> Any:
    """Return an axis of time: at each mark what begins there, a year, a month, a day and so on."""
    units = ("year", "month", "week", "day", "hours", "minutes", "seconds")
    forms = {unit: Said(f"axis_{unit}").in_language(language) for unit in units}
    return alt.Axis(format={**forms, "quarter": forms["month"], "date": forms["day"]})


def import_altair() -> Any:
    """Return the package altair.

    Raises
    ------
    CommandError
        When it is not installed, or what makes PNGs of its charts is not.
    """
    try:
        import altair as alt  # noqa: PLC0415 (an extra)
        import vl_convert  # noqa: F401, PLC0415 (makes the PNG)
    except ImportError:
        raise CommandError(
            "charts need altair and vl-convert-python, which are not installed",
            hint="pip install 'heco-jupyter[fleet]'",
        ) from None
    return alt
