// The panel: its head, and the parts that this widget shows, put together and kept up to date.

import { make, makeButton, setAttribute, setText, turnOff } from "./dom.js";
import { Store } from "./store.js";
import { Link } from "./link.js";
import { Table } from "./table.js";
import { Facts, Title } from "./card.js";
import { Answer, DeleteControl, ScaleControl } from "./controls.js";
import { Tabs } from "./tabs.js";
import { Side } from "./side.js";

/** @typedef {import("./types").View} View */

/** The line at the top: where this is, whether it is live, and Refresh. */
class Head {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.state = "";
    this.where = make("span", { class: "heco-where" });
    this.connection = make("span", { "data-part": "connection", class: "heco-connection" });
    this.spoken = make("span", { class: "heco-spoken", "aria-live": "polite" });
    this.icon = make("span", { class: "heco-icon", "aria-hidden": "true" }, "↻");
    this.refresh = makeButton("", () => store.ask("refresh"), {});
    this.refresh.append(this.icon, store.say("refresh"));
    this.node = make("div", { class: "heco-top" }, make("span", { class: "heco-brand" }, "Hadoop Eco"), this.where,
      this.connection, this.spoken, this.refresh);
  }

  /** @param {View} view @param {import("./link.js").Condition} condition */
  show(view, condition) {
    setText(this.where, view.where.join("  "));
    setText(this.connection, condition.words);
    setAttribute(this.connection, "data-state", condition.state);
    setAttribute(this.connection, "title", condition.words);
    if (condition.state !== this.state) {
      // Of the clock nothing is said, only that it has stopped.
      if (this.state === "live" || condition.state === "live") setText(this.spoken, condition.words.split(/[,:]/)[0]);
      this.state = condition.state;
    }
    const isReading = condition.state !== "gone" && (view.reading || this.store.isWaiting("refresh"));
    this.icon.classList.toggle("heco-spinning", isReading);
    setAttribute(this.refresh, "aria-busy", isReading ? "true" : null);
    turnOff(this.refresh, condition.state === "gone");
  }
}

/** What is above the list: the fleet in a line, the filter, and whether terminated clusters are shown. */
class ListHead {
  /** @param {Store} store @param {(text: string) => void} filter */
  constructor(store, filter) {
    this.store = store;
    this.filter = filter;
    /** @type {string | undefined} */
    this.known = undefined;
    const { say } = store;
    this.fleet = make("div", { "data-part": "fleet", class: "heco-fleet" });
    this.recording = make("span");
    this.stop = makeButton(say("stop"), () => store.ask("stop"), {});
    this.record = make("div", { class: "heco-recording", "data-part": "recording", hidden: true }, this.recording, this.stop);
    this.search = make("input", { type: "search", "aria-label": say("filter"), placeholder: say("filter_hint"),
      autocomplete: "off", spellcheck: "false", oninput: () => this.search_(), onkeydown: (e) => this.onKey(e) });
    this.terminated = make("input", { type: "checkbox", role: "switch", "aria-label": say("terminated"),
      onchange: () => store.ask("terminated", { on: this.terminated.checked }) });
    this.count = make("span", { class: "heco-count" });
    this.node = make("div", {}, this.fleet, this.record, make("div", { class: "heco-filter" }, this.search,
      make("label", {}, this.terminated, say("terminated")), this.count));
  }

  search_() {
    this.filter(this.search.value);
    if (!this.store.isWaiting("filter")) this.store.ask("filter", { text: this.search.value });
  }

  /** @param {View} view */
  show(view) {
    setText(this.fleet, view.fleet);
    setAttribute(this.fleet, "title", view.fleet);
    this.record.hidden = !view.recording;
    setText(this.recording, view.recording ?? "");
    if (!this.store.isWaiting("terminated")) this.terminated.checked = view.terminated;
    if (this.store.isWaiting("filter") || view.filter === this.known) return;
    const isOwn = this.known !== undefined && document.activeElement === this.search && this.search.value !== view.filter;
    this.known = view.filter;
    if (isOwn) this.search_(); // more was typed meanwhile
    else if (this.search.value !== view.filter) {
      this.search.value = view.filter;
      this.filter(view.filter);
    }
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "Escape" || !this.search.value) return;
    this.search.value = "";
    this.search_();
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Show the widget, and return how to take it away. @param {{model: import("./types").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const store = new Store(model);
  const link = new Link(model, store.last);
  let view = mount(store, link, el);
  let language = store.view.texts.apply;
  store.heard = (message) => {
    link.hear(message);
    if (store.view.texts.apply !== language) {
      language = store.view.texts.apply;
      view.remove();
      view = mount(store, link, el);
    }
    view.update();
  };
  link.changed = () => view.update();
  const clock = setInterval(() => {
    store.remind();
    view.update();
  }, 1000);
  return () => {
    clearInterval(clock);
    store.close();
    link.stop();
    view.leave();
    view.remove();
  };
}

/** Put the widget's parts together, in the language of the view. @param {Store} store @param {Link} link @param {HTMLElement} el */
function mount(store, link, el) {
  /** @type {string[]} */
  const shown = store.model.get("_sections");
  const has = (/** @type {string[]} */ ...names) => names.some((name) => shown.includes(name));
  const head = new Head(store);
  const list = has("list") ? new ListHead(store, (text) => table.filterBy(text)) : null;
  const table = new Table(store, (words) => list && setText(list.count, words));
  const title = new Title(store);
  const facts = has("status") ? new Facts(store) : null;
  const scale = has("scale") ? new ScaleControl(store) : null;
  const deletion = has("delete") ? new DeleteControl(store) : null;
  const answer = new Answer(store, () => scale?.apply ?? deletion?.button);
  const names = /** @type {("nodes" | "activity")[]} */ (["nodes", "activity"].filter((name) => has(name)));
  const tabs = names.length ? new Tabs(store, names) : null;
  const nodes = (/** @type {({node: HTMLElement} | null | false)[]} */ ...parts) =>
    parts.flatMap((part) => (part ? [part.node] : []));
  const card = make("section", { class: "heco-card", "aria-label": store.say("cluster") },
    ...nodes(title, scale, deletion, (scale || deletion) && answer, facts, tabs));
  const body = make("div", { class: "heco-body" }, ...(list ? [make("div", { class: "heco-left" }, list.node, table.node)] : []),
    ...(has("status", "scale", "delete", "nodes", "activity") ? [card] : []));
  const root = make("div", { role: "region", "aria-label": "Hadoop Eco", class: "heco-panel", tabindex: -1 }, head.node, body);
  const note = make("div", { class: "heco-beside", hidden: true }, store.say("beside"));
  const side = new Side(store.model, root);
  el.append(root, note);

  let wasLive = false;
  function update() {
    const { view } = store;
    const place = side.place();
    root.hidden = place === "away";
    note.hidden = !root.hidden;
    // Until the kernel is heard, the table above is what there is.
    root.toggleAttribute("data-heard", link.heardAt !== null && place !== "unknown");
    if (root.hidden) return;
    const condition = link.condition(store.say, view.error ?? null);
    if (wasLive && condition.state !== "live") store.ask("rest"); // nothing stays armed
    wasLive = condition.state === "live";
    store.isOpen = condition.state !== "gone";
    head.show(view, condition);
    list?.show(view);
    if (list) {
      table.show(view);
      table.tick();
    }
    title.show(view);
    facts?.show(view);
    scale?.show(view, condition);
    deletion?.show(view, condition);
    answer.show(view, condition);
    tabs?.show(view);
  }
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list && card.contains(/** @type {Node} */ (event.target))) table.grid.focus();
    const saves = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
    if (!saves) event.stopPropagation(); // no other key is a shortcut of the notebook's in here
  });
  update();
  const remove = () => {
    table.close();
    root.remove();
    note.remove();
  };
  const leave = () => {
    const tab = side.closed();
    if (tab) store.ask("back", { tab });
  };
  return { update, remove, leave };
}

export default { render };
