// Where a view of the widget is: in its cell, or beside the notebook. The cell then only says so.

const TAB = ".jupyterlab-sidecar"; // what the package sidecar opens, in JupyterLab alone
const OPENING = 3000; // ms until a tab that does not open is no longer waited for

/** Tells one view of the widget whether it is the one to use. */
export class Side {
  /** @param {import("./types").Model} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.began = Date.now();
    this.wasInTab = false;
    this.wasAway = false;
  }

  /** Return whether this view is to be used, or the one in the tab; or that nobody knows yet. @returns {"here" | "away" | "unknown"} */
  place() {
    const tab = this.model.get("_tab");
    this.root.dataset.tab = tab;
    if (!tab) return "here";
    if (this.root.closest(TAB)) {
      if (!this.wasInTab) this.closeDead();
      this.wasInTab = true;
      return "here";
    }
    if (document.querySelector(`${TAB} [data-tab="${tab}"]`)) {
      this.wasAway = true;
      return "away";
    }
    return this.wasAway || Date.now() - this.began > OPENING ? "here" : "unknown";
  }

  /** Return the tab that a person has closed, if this view was in it. */
  closed() {
    const tab = this.model.get("_tab");
    return this.wasInTab && tab === this.root.dataset.tab ? tab : "";
  }

  /** Close the tabs whose kernel is gone, and so cannot close them. */
  closeDead() {
    const manager = this.model.widget_manager;
    for (const panel of document.querySelectorAll(`${TAB} [data-tab]:has([data-part="connection"][data-state="gone"])`)) {
      const tab = /** @type {HTMLElement} */ (panel).dataset.tab ?? "";
      if (manager?.has_model?.(tab)) manager.get_model?.(tab).then((model) => model.close(true));
    }
  }
}
