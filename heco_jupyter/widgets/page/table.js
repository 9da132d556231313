// The list of clusters: a grid of which only the visible rows are in the page.

import { make, newId, setAttribute, setText } from "./dom.js";
import { duration, progressWords } from "./times.js";

/** @typedef {import("./types").Row} Row */
/** @typedef {import("./types").View} View */
/** @typedef {[name: string, key: "name" | "status" | "workers" | "owner" | "type" | "since"]} Column */

const COLUMNS = /** @type {Column[]} */ ([
  ["name", "name"], ["status", "status"], ["workerCnt", "workers"], ["owner", "owner"], ["clusterType", "type"],
  ["age", "since"],
]);
const HEIGHT = 28; // of a row, in px, as the style sheet has it
const EXTRA = 6; // rows drawn above and below those that are seen
const STILL = 2000; // ms without a move of the pointer, after which rows may move under it
const PAUSE = 1000; // ms that end a word typed ahead

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
/** @param {string} text */
const folded = (text) => text.normalize("NFC").toLowerCase();

/** The grid. */
export class Table {
  /** @param {import("./store.js").Store} store @param {(words: string) => void} count */
  constructor(store, count) {
    this.store = store;
    this.count = count;
    /** @type {Record<string, Row>} */
    this.rows = {};
    /** @type {string[]} */
    this.order = [];
    this.filter = "";
    this.sort = { key: /** @type {Column[1]} */ ("since"), down: false };
    /** @type {string | null} */
    this.active = null;
    this.typed = { word: "", at: 0 };
    this.movedAt = 0;
    this.isDue = false;
    /** @type {Map<string, HTMLElement>} */
    this.drawn = new Map();
    /** @type {WeakMap<Row, string>} */
    this.words = new WeakMap();
    const { say } = store;
    this.heads = COLUMNS.map(([name, key], at) => {
      const button = make("button", { type: "button", tabindex: at ? -1 : 0, onclick: () => this.sortBy(key) }, name);
      return make("div", { role: "columnheader", class: `heco-${key}` }, button);
    });
    const head = make("div", { role: "row", class: "heco-row", "aria-rowindex": 1, onkeydown: (e) => this.onHeadKey(e) },
      ...this.heads);
    this.body = make("div", { role: "rowgroup", class: "heco-rows" });
    this.grid = make("div", {
      role: "grid", tabindex: 0, class: "heco-grid", "aria-label": say("clusters"), "aria-colcount": COLUMNS.length,
      onscroll: () => this.draw(), onkeydown: (e) => this.onKey(e), onclick: (e) => this.onClick(e),
      onpointermove: () => (this.movedAt = Date.now()), onpointerleave: () => (this.movedAt = 0),
    }, make("div", { role: "rowgroup", class: "heco-head" }, head), this.body);
    this.empty = make("div", { class: "heco-empty" });
    this.node = make("div", { class: "heco-list" }, this.grid, this.empty);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.grid);
  }

  /** @param {View} view */
  show(view) {
    const isNew = view.rows !== this.rows;
    this.rows = view.rows;
    this.picked = view.pick;
    setAttribute(this.grid, "aria-label", this.store.say("clusters"));
    if (isNew && Date.now() - this.movedAt < STILL) this.isDue = true; // nothing moves under a moving pointer
    else if (isNew) this.arrange();
    this.draw();
  }

  tick() {
    if (this.isDue && Date.now() - this.movedAt >= STILL) this.arrange();
    this.draw();
  }

  /** @param {string} text */
  filterBy(text) {
    this.filter = text;
    this.arrange();
    this.grid.scrollTop = 0;
    this.draw();
  }

  /** @param {Column[1]} key */
  sortBy(key) {
    this.sort = { key, down: this.sort.key === key && !this.sort.down };
    this.arrange();
    this.draw();
  }

  /** Put the rows that match in order. */
  arrange() {
    this.isDue = false;
    const words = folded(this.filter).split(/\s+/).filter(Boolean);
    const all = Object.entries(this.rows);
    const { key, down } = this.sort;
    const sign = down ? -1 : 1;
    this.order = all
      .filter(([id, row]) => words.every((word) => this.matches(id, row, word)))
      .sort(([one, a], [other, b]) => sign * compare(a[key], b[key], key) || (one < other ? -1 : 1))
      .map(([id]) => id);
    COLUMNS.forEach(([, column], at) => {
      const order = down ? "descending" : "ascending";
      setAttribute(this.heads[at], "aria-sort", column === key ? order : "none");
    });
    this.count(this.store.say("matching", { n: this.order.length, m: all.length }));
    setText(this.empty, this.order.length ? "" : this.store.say(all.length ? "no_match" : "no_clusters"));
    if (this.active !== null && !this.order.includes(this.active)) this.active = null;
  }

  /** @param {string} id @param {Row} row @param {string} word */
  matches(id, row, word) {
    let words = this.words.get(row);
    if (words === undefined) {
      words = folded([row.name, row.status, row.owner, row.type, row.version].join("\n"));
      this.words.set(row, words);
    }
    return words.includes(word) || id.startsWith(word) || String(row.workers) === word;
  }

  /** Draw the rows that are seen. */
  draw() {
    const { say } = this.store;
    const now = this.store.now();
    const seen = Math.ceil(this.grid.clientHeight / HEIGHT);
    const first = Math.max(0, Math.floor(this.grid.scrollTop / HEIGHT) - EXTRA);
    const ids = this.order.slice(first, first + seen + 2 * EXTRA);
    this.body.style.height = `${this.order.length * HEIGHT}px`;
    setAttribute(this.grid, "aria-rowcount", this.order.length + 1);
    const kept = new Set(ids);
    for (const [id, node] of this.drawn) {
      if (kept.has(id)) continue;
      node.remove();
      this.drawn.delete(id);
    }
    let place = this.body.firstElementChild; // in the page's order too, which is read out
    ids.forEach((id, at) => {
      const row = this.rows[id];
      const node = this.drawn.get(id) ?? this.begin(id);
      if (node === place) place = node.nextElementSibling;
      else this.body.insertBefore(node, place);
      if (!row) return; // it has gone, and waits for the pointer to move away
      setAttribute(node, "aria-rowindex", first + at + 2);
      setAttribute(node, "aria-selected", id === this.picked);
      node.classList.toggle("heco-active", id === this.active);
      node.style.transform = `translateY(${(first + at) * HEIGHT}px)`;
      const age = row.since === null ? "" : duration(say, now - row.since, 1);
      const { progress } = row;
      const moves = progress && progress.kind !== "deleting" ? say("under_way", { ...progress }) : null;
      const whole = progress ? progressWords(say, progress, now) : "";
      const texts = [row.name, row.status, moves ?? row.workers ?? "", row.owner, row.type, age];
      texts.forEach((text, column) => {
        const cell = /** @type {HTMLElement} */ (node.children[column]);
        const value = /** @type {HTMLElement} */ (cell.lastChild);
        setText(value, String(text));
        if (column !== 5) setAttribute(cell, "title", column === 2 && progress ? whole : String(text));
      });
      const mark = /** @type {HTMLElement} */ (node.children[1].firstChild);
      setText(mark, row.mark);
      setAttribute(mark, "data-tone", row.tone);
    });
    const active = this.active === null ? undefined : this.drawn.get(this.active);
    setAttribute(this.grid, "aria-activedescendant", active ? active.id : null);
  }

  /** @param {string} id */
  begin(id) {
    const cells = COLUMNS.map(([, key]) => {
      const mark = key === "status" ? [make("span", { class: "heco-mark", "aria-hidden": "true" })] : [];
      return make("div", { role: "gridcell", class: `heco-${key}` }, ...mark, make("span"));
    });
    const node = make("div", { role: "row", class: "heco-row", id: newId() }, ...cells);
    node.dataset.id = id;
    this.drawn.set(id, node);
    return node;
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest?.("[data-id]");
    if (row instanceof HTMLElement && row.dataset.id) this.pick(row.dataset.id);
  }

  /** @param {string} id */
  pick(id) {
    this.active = id;
    this.store.ask("pick", { id });
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.order.length - 1;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / HEIGHT) - 2);
    const at = this.active === null ? -1 : this.order.indexOf(this.active);
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: Math.min(last, at + 1), ArrowUp: Math.max(0, at - 1), Home: 0, End: last,
      PageDown: Math.min(last, at + page), PageUp: Math.max(0, at - page),
    };
    const isTyping = this.typed.word !== "" && event.timeStamp - this.typed.at < PAUSE;
    if (event.key in moves) this.activate(moves[event.key]);
    else if (this.active !== null && (event.key === "Enter" || (event.key === " " && !isTyping))) this.pick(this.active);
    else if (event.key.length === 1) this.typeAhead(event.key, event.timeStamp);
    else return;
    event.preventDefault();
  }

  /** @param {string} key @param {number} at */
  typeAhead(key, at) {
    const isNew = at - this.typed.at >= PAUSE;
    this.typed = { word: (isNew ? "" : this.typed.word) + folded(key), at };
    const from = this.active === null ? -1 : this.order.indexOf(this.active);
    const start = this.typed.word.length > 1 ? Math.max(0, from) : from + 1; // a longer word may be this row's
    const names = [...this.order.slice(start), ...this.order.slice(0, start)];
    const found = names.find((id) => folded(this.rows[id]?.name ?? "").startsWith(this.typed.word));
    if (found !== undefined) this.activate(this.order.indexOf(found));
  }

  /** @param {number} at */
  activate(at) {
    this.active = this.order[at] ?? null;
    const top = at * HEIGHT;
    const room = this.grid.clientHeight - 2 * HEIGHT; // below the head
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top > this.grid.scrollTop + room) this.grid.scrollTop = top - room;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  onHeadKey(event) {
    const buttons = this.heads.map((head) => /** @type {HTMLElement} */ (head.firstChild));
    const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = at + (event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0);
    if (at < 0 || to === at || !buttons[to]) return;
    buttons.forEach((button, place) => (button.tabIndex = place === to ? 0 : -1));
    buttons[to].focus();
    event.preventDefault();
  }

  close() {
    this.resized.disconnect();
  }
}

/** Compare two values of a column; what is missing comes last. @param {any} a @param {any} b @param {Column[1]} key */
function compare(a, b, key) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (key === "since") return b - a; // the younger first
  return typeof a === "number" ? a - b : collator.compare(a, b);
}
