// The nodes of the cluster, and what was done from here.

import { make, newId, setAttribute, setText, showKeyed } from "./dom.js";
import { duration } from "./times.js";

/** @typedef {import("./types").View} View */
/** @typedef {"nodes" | "activity"} Name */

const VM_COLUMNS = /** @type {["role" | "name" | "status" | "flavor" | "ip", string][]} */ ([
  ["role", "role"], ["name", "name"], ["status", "status"], ["flavor", "flavorName"], ["ip", "ip, floatingIp"],
]);

/** The tabs, of which one is open. */
export class Tabs {
  /** @param {import("./store.js").Store} store @param {Name[]} names */
  constructor(store, names) {
    this.store = store;
    this.names = names;
    this.open = names[0];
    /** @type {View["nodes"] | null} */
    this.shown = null;
    const panel = newId();
    this.badge = make("span", { class: "heco-badge", "aria-hidden": "true" });
    this.tabs = names.map((name) => make("button",
      { type: "button", role: "tab", id: newId(), "aria-controls": panel, "aria-label": store.say(name),
        onclick: () => this.turn(name) }, store.say(name), ...(name === "activity" ? [this.badge] : [])));
    const heads = VM_COLUMNS.map(([, label]) => make("th", { scope: "col" }, label));
    this.vms = make("tbody");
    this.table = make("table", { "aria-label": store.say("nodes") }, make("thead", {}, make("tr", {}, ...heads)), this.vms);
    this.note = make("div", { class: "heco-note" });
    this.entries = make("ol", { class: "heco-entries" });
    this.panel = make("div", { role: "tabpanel", tabindex: 0, id: panel, class: "heco-tabpanel" });
    this.node = make("div", {},
      make("div", { role: "tablist", class: "heco-tabs", onkeydown: (e) => this.onKey(e) }, ...this.tabs), this.panel);
  }

  /** @param {View} view */
  show(view) {
    this.view = view;
    this.open = this.names.includes(view.tab) ? view.tab : this.names[0];
    this.tabs.forEach((tab, at) => {
      const isOpen = this.names[at] === this.open;
      setAttribute(tab, "aria-selected", isOpen);
      tab.tabIndex = isOpen ? 0 : -1;
      if (isOpen) setAttribute(this.panel, "aria-labelledby", tab.id);
    });
    const unread = view.unread && this.open !== "activity" ? view.unread : 0;
    setText(this.badge, unread ? String(unread) : "");
    const tab = this.tabs[this.names.indexOf("activity")];
    if (tab) setAttribute(tab, "aria-description", unread ? this.store.say("unread", { count: unread }) : null);
    if (this.open === "nodes") this.showNodes(view);
    else this.showActivity(view);
  }

  /** @param {View} view */
  showNodes(view) {
    if (view.nodes === this.shown && this.note.textContent === view.nodes_note && this.note.isConnected) return;
    this.shown = view.nodes;
    const vms = Object.entries(view.nodes);
    setText(this.note, view.nodes_note);
    this.fill(this.note, ...(vms.length ? [this.table] : []));
    showKeyed(this.vms, vms, () => make("tr", {}, ...VM_COLUMNS.map(() => make("td"))), (node, vm) =>
      VM_COLUMNS.forEach(([key], at) => {
        setText(node.children[at], vm[key]);
        setAttribute(node.children[at], "title", vm[key] || null);
      }));
  }

  /** @param {View} view */
  showActivity(view) {
    setText(this.note, view.activity.length ? "" : view.activity_note);
    this.fill(this.note, this.entries);
    /** @type {[string, import("./types").Entry][]} */
    const entries = view.activity.map((entry) => [String(entry.number), entry]);
    const begin = () => make("li", {}, make("time"), make("span", { class: "heco-mark", "aria-hidden": "true" }),
      make("span", { class: "heco-words" }), make("span", { class: "heco-took" }));
    showKeyed(this.entries, entries, begin, (node, entry) => {
      setText(node.children[0], entry.time ?? "");
      setText(node.children[1], entry.mark);
      setAttribute(node.children[1], "data-tone", entry.tone);
      setText(node.children[2], entry.text);
    });
    this.tick();
  }

  /** @param {...HTMLElement} nodes */
  fill(...nodes) {
    if (nodes.some((node, at) => this.panel.children[at] !== node) || this.panel.children.length !== nodes.length) {
      this.panel.replaceChildren(...nodes);
    }
  }

  tick() {
    if (this.open !== "activity") return;
    const { say } = this.store;
    this.view?.activity.forEach((entry, at) => {
      const ago = duration(say, (entry.ended ?? this.store.now()) - (entry.began ?? 0));
      setText(this.entries.children[at].children[3], say(entry.ended ? "took" : "going", { ago }));
    });
  }

  /** @param {Name} tab */
  turn(tab) {
    this.store.ask("tab", { tab });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const at = this.names.indexOf(this.open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.names.length - 1 }[event.key];
    if (to === undefined || !this.names[to]) return;
    this.turn(this.names[to]);
    this.tabs[to].focus();
    event.preventDefault();
  }
}
