// The card of the cluster that is picked: what it is, its links, and how far a change of it is.

import { make, setAttribute, setText, showKeyed } from "./dom.js";
import { duration, progressWords } from "./times.js";

/** @typedef {import("./types").View} View */

/** What the cluster is called, and its state. */
export class Title {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    /** @type {View["card"] | null} */
    this.card = null;
    this.name = make("h2", { class: "heco-heading", tabindex: -1 });
    this.mark = make("span", { class: "heco-mark", "aria-hidden": "true" });
    this.status = make("span");
    this.bar = make("progress", { max: 1, value: 0 });
    this.words = make("span");
    this.progress = make("div", { class: "heco-progress" }, this.bar, this.words);
    const state = make("div", { class: "heco-state" }, this.mark, this.status);
    this.node = make("div", {}, make("div", { class: "heco-title" }, this.name, state), this.progress);
  }

  /** @param {View} view */
  show({ card }) {
    this.card = card;
    setText(this.name, card.name);
    setAttribute(this.name, "title", card.name);
    setText(this.mark, card.mark);
    setAttribute(this.mark, "data-tone", card.tone);
    setText(this.status, card.status);
    this.tick();
  }

  tick() {
    const { say } = this.store;
    const { progress, detail_error } = this.card ?? { progress: null, detail_error: "" };
    const isScale = progress !== null && progress.kind !== "deleting";
    this.bar.hidden = !progress;
    if (isScale) {
      this.bar.max = Math.max(1, progress.total);
      this.bar.value = progress.done;
    } else this.bar.removeAttribute("value");
    const words = progress ? progressWords(say, progress, this.store.now()) : detail_error;
    setText(this.words, words);
    setAttribute(this.bar, "aria-label", progress ? words.replace(/,[^,]*$/, "") : null);
    setAttribute(this.progress, "title", words || null);
  }
}

/** What is known of it. */
export class Facts {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    /** @type {View["card"] | null} */
    this.card = null;
    this.list = make("dl", { class: "heco-facts" });
    this.links = make("div", { class: "heco-links" });
    this.node = make("div", {}, this.list, this.links);
  }

  /** @param {View} view */
  show({ card }) {
    this.card = card;
    showKeyed(this.list, card.facts, () => make("div", {}, make("dt"), make("dd")), (node, value) => {
      setText(node.children[0], node.dataset.key ?? "");
      if (typeof value === "string") {
        setText(node.children[1], value || "–");
        setAttribute(node.children[1], "title", value || null);
      }
    });
    showKeyed(this.links, card.links.filter(([, url]) => /^https?:\/\//.test(url)),
      () => make("a", { target: "_blank", rel: "noopener noreferrer" }), (node, url) => {
        setText(node, `${node.dataset.key} ↗`);
        setAttribute(node, "href", url);
      });
    this.tick();
  }

  tick() {
    const { say } = this.store;
    this.card?.facts.forEach(([, value], at) => {
      if (typeof value === "string") return;
      const node = this.list.children[at].children[1];
      setText(node, duration(say, this.store.now() - value.since));
      setAttribute(node, "title", value.time);
    });
  }
}
