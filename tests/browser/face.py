"""The panel as a person meets it: by roles and names; and what a browser can tell of it: axe, focus, layout shifts."""

from __future__ import annotations

import json
from pathlib import Path

import axe_playwright_python
from lab import ARTIFACTS

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
# JupyterLab's body is 0 px tall, so axe would take all text as clipped, and check no contrast.
_RUN_AXE = """async () => {
    const height = document.body.style.height;
    document.body.style.height = "100vh";
    const found = await axe.run(".heco-panel");
    document.body.style.height = height;
    return {
        violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 160))]),
        contrasts: found.passes.filter(each => each.id === "color-contrast").flatMap(each => each.nodes).length,
    };
}"""
_WATCH_SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) for (const source of entry.sources) {
            const node = source.node instanceof Element ? source.node : source.node?.parentElement;
            if (!node?.closest(".heco-panel") || node.closest(".heco-rows")) continue;
            const [a, b] = [source.previousRect, source.currentRect];
            const moved = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y));
            if (moved > 1 && a.width && b.width) window.shifts.push([node.outerHTML.slice(0, 100), moved]);
        }
    }).observe({type: "layout-shift", buffered: false});
}"""
_FOCUS = """() => {
    const node = document.activeElement;
    const role = node.getAttribute("role") ?? node.type ?? node.tagName;
    return [role, node.getAttribute("aria-label") ?? node.textContent];
}"""


class Face:
    """One panel in a page."""

    def __init__(self, page, number=0):
        self.page = page
        self.root = page.get_by_role("region", name="Hadoop Eco").nth(number)

    def by(self, role, name):
        return self.root.get_by_role(role, name=name, exact=True)

    def button(self, name):
        return self.by("button", name)

    def part(self, name):
        return self.root.locator(f"[data-part={name}]")

    @property
    def number(self):
        return self.by("spinbutton", "Workers")

    @property
    def slider(self):
        return self.by("slider", "Workers")

    @property
    def grid(self):
        return self.by("grid", "Clusters")

    def row(self, name):
        cell = self.page.locator("[role=gridcell]:first-child", has_text=name)
        return self.root.locator(".heco-rows [role=row]", has=cell)

    def names(self):
        return self.root.locator(".heco-rows [role=row] [role=gridcell]:first-child").all_inner_texts()

    def pick(self, name):
        """Pick a cluster, which may not be in the page until the list is filtered: only visible rows are."""
        search = self.by("searchbox", "Filter clusters")
        search.fill(name)
        self.row(name).first.click()
        self.root.get_by_role("heading", name=name, exact=True).wait_for()
        search.fill("")

    def wait(self, words, part=None):
        """Wait until a part, or anything, says some words."""
        (self.part(part) if part else self.root).get_by_text(words).first.wait_for(timeout=30_000)

    def says(self, part, words):
        self.part(part).filter(has_text=words).wait_for(timeout=30_000)

    def is_state(self, state, seconds=30):
        self.root.locator(f"[data-part=connection][data-state={state}]").wait_for(timeout=1000 * seconds)

    def outcome(self, words):
        self.by("status", "Outcome").filter(has_text=words).wait_for(timeout=30_000)

    def is_armed(self):
        return self.button("Apply").is_enabled() or self.part("target").inner_text() != ""

    def focus(self):
        return tuple(self.page.evaluate(_FOCUS))

    def is_focus_inside(self):
        return self.root.evaluate("root => root.contains(document.activeElement)")

    def check(self, name):
        """Take a picture, and let axe look for what some people cannot use."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"panel-{name}.png")
        self.page.evaluate(_AXE)
        found = self.page.evaluate(_RUN_AXE)
        assert not found["violations"], f"{name}: {json.dumps(found['violations'], indent=1)}"
        assert found["contrasts"] > 10, name

    def watch_shifts(self):
        self.page.evaluate(_WATCH_SHIFTS)

    def shifts(self):
        """Return what has moved, once each, and how far."""
        return {node[:80]: round(moved) for node, moved in self.page.evaluate("() => window.shifts")}


def use_theme(page, name):
    """Choose JupyterLab's theme; a reload shows it."""
    code = """async raw => {
        const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? "";
        const url = "/lab/api/settings/@jupyterlab/apputils-extension:themes";
        return (await fetch(url, {method: "PUT", headers: {"X-XSRFToken": token}, body: JSON.stringify({raw})})).ok;
    }"""
    assert page.evaluate(code, json.dumps({"theme": name}))


def kernel(page, method, action=""):
    """Ask the server something about the kernel, as another tab would; return whether there was one."""
    code = """async ([method, action]) => {
        const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? "";
        const [session] = await (await fetch("/api/sessions")).json();
        if (!session) return false;
        const url = `/api/kernels/${session.kernel.id}${action}`;
        return (await fetch(url, {method, headers: {"X-XSRFToken": token}})).ok;
    }"""
    return page.evaluate(code, [method, action])
