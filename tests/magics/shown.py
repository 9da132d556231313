"""How a value shows in a notebook, and the cells of the table that it shows as."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Cells(HTMLParser):
    """The heads and the cells of a table in HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert tag in {"div", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "span"}
        if tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag):
        self.open = self.open and tag not in {"th", "td"}

    def handle_data(self, data):
        if self.open:
            self.rows[-1][-1] += data


def shown(notebook, cell):
    """Return the HTML and the text that a cell's value is shown with."""
    value = notebook.value(cell)
    data, _ = notebook.shell.display_formatter.format(value)
    return data["text/html"], data["text/plain"]


def as_rows(text):
    """Return the lines of a table in text, without its foot, each split into its cells."""
    return [re.split(r" {2,}", line) for line in text.split("\n\n")[0].splitlines()]
