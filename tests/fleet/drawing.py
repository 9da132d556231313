"""What a chart shows once Vega has drawn it: its marks, with their places and texts."""

from __future__ import annotations

from itertools import chain

import vl_convert


def drawn_marks(picture):
    """Return (role or name, item) for every item that a chart draws."""
    graph = vl_convert.vegalite_to_scenegraph(picture.chart.to_dict())
    return list(_items(graph.get("scenegraph", graph)))


def _items(node):
    items = node.get("items", [])
    key = node.get("name") if node.get("role") == "mark" else node.get("role")
    own = [(key, item) for item in items] if node.get("marktype") != "group" else []
    return chain(own, *(_items(item) for item in items))


def texts(picture, role):
    """Return the texts of one role, such as axis-label, as (text, x) in the order of drawing."""
    return [(item["text"], item["x"]) for name, item in drawn_marks(picture) if name == role]


def bars(picture, name="marks"):
    """Return the rectangles of the layer `name`."""
    return [item for found, item in drawn_marks(picture) if found == name]
