// The controls that change a cluster. Nothing is aimed at until somebody moves something, and nothing is sent until a
// question was answered: Python asks it, and decides.

import { isOff, make, makeButton, newId, setAttribute, setText, turnOff } from "./dom.js";

/** @typedef {import("./types").View} View */
/** @typedef {import("./link.js").Condition} Condition */

/** The slider, the number, and Apply. */
export class ScaleControl {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    const { say } = store;
    const reason = newId();
    const named = { "aria-label": say("workers"), "aria-describedby": reason };
    this.slider = make("input", { type: "range", ...named, oninput: () => this.aim(this.slider.value) });
    this.number = make("input", {
      type: "text", inputmode: "numeric", role: "spinbutton", autocomplete: "off", spellcheck: "false", ...named,
      oninput: () => this.aim(this.number.value), onkeydown: (e) => this.onKey(e),
    });
    this.target = make("output", { "data-part": "target", class: "heco-target" });
    this.apply = makeButton(say("apply"), () => this.send(), { class: "heco-primary", "aria-describedby": reason });
    this.reason = make("div", { "data-part": "reason", class: "heco-reason", id: reason });
    this.node = make("div", { class: "heco-scale" },
      make("span", { class: "heco-label", "aria-hidden": "true" }, say("workers")), this.slider, this.number,
      this.target, this.apply, this.reason);
  }

  /** @param {View} view @param {Condition} condition */
  show({ pick, scale }, condition) {
    this.pick = pick;
    this.scale = scale;
    const { say } = this.store;
    const isLive = condition.state === "live";
    const isOpen = isLive && scale.open;
    const isAiming = isOpen && this.store.isWaiting("aim");
    const shown = isLive ? scale.target ?? scale.count : scale.count;
    this.slider.min = String(scale.min);
    this.slider.max = String(scale.max);
    if (!isAiming) {
      this.slider.value = String(shown ?? scale.min);
      const text = isLive && scale.wrong ? scale.entry : String(shown ?? "");
      if (this.number.value !== text) this.number.value = text;
      setAttribute(this.number, "aria-valuenow", shown);
    }
    setAttribute(this.number, "aria-valuemin", scale.min);
    setAttribute(this.number, "aria-invalid", isLive && scale.wrong ? "true" : null);
    if (!isOpen && [this.slider, this.number].some((input) => input === document.activeElement)) this.apply.focus();
    this.slider.disabled = this.number.disabled = !isOpen;
    turnOff(this.apply, !(isLive && scale.armed));
    setText(this.target, isLive ? scale.change : "");
    const lapsed = condition.state === "gone" ? say("gone_reason") : say("stale_reason");
    setText(this.reason, isLive || pick === null ? scale.reason : lapsed);
    setAttribute(this.reason, "title", this.reason.textContent);
  }

  /** @param {string} entry */
  aim(entry) {
    if (this.pick) this.store.ask("aim", { id: this.pick, entry });
    if (document.activeElement === this.slider) this.number.value = entry;
    else if (/^\d+$/.test(entry)) this.slider.value = entry;
  }

  send() {
    this.store.ask("apply", { id: this.pick, target: Number(this.number.value) });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 });
    const { count, min } = this.scale ?? { count: null, min: 1 };
    if (event.key === "Enter" && !isOff(this.apply)) this.apply.click();
    else if (event.key === "Escape" && this.number.value !== String(count)) this.step(String(count));
    else if (event.key in steps && /^\d+$/.test(this.number.value)) {
      this.step(String(Math.max(min, Number(this.number.value) + steps[event.key])));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} entry */
  step(entry) {
    this.number.value = entry;
    this.aim(entry);
  }
}

/** Delete, and why it may not be. */
export class DeleteControl {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    const reason = newId();
    this.button = makeButton(store.say("delete"), () => store.ask("delete", { id: this.pick }),
      { class: "heco-danger", "aria-describedby": reason });
    this.reason = make("span", { class: "heco-reason", "data-part": "delete-reason", id: reason });
    this.node = make("div", { class: "heco-delete" }, this.button, this.reason);
  }

  /** @param {View} view @param {Condition} condition */
  show(view, condition) {
    this.pick = view.pick;
    const isLive = condition.state === "live";
    turnOff(this.button, !isLive || view.delete !== "");
    setText(this.reason, isLive ? view.delete : "");
  }
}

/** The question that is open, or else what came of the last one; always in the same place. */
export class Answer {
  /** @param {import("./store.js").Store} store @param {() => HTMLElement | undefined} home where the focus goes after */
  constructor(store, home) {
    this.store = store;
    this.home = home;
    /** @type {View["question"]} */
    this.question = null;
    const { say } = store;
    const [title, lines] = [newId(), newId()];
    this.title = make("div", { id: title, class: "heco-question" });
    this.lines = make("ul", { id: lines });
    this.name = make("input", { type: "text", "aria-label": say("cluster_name"), autocomplete: "off",
      spellcheck: "false", oninput: () => this.check() });
    this.problem = make("span", { class: "heco-problem" });
    this.confirm = makeButton(say("confirm"), () => this.answer("confirm"), { class: "heco-primary" });
    this.cancel = makeButton(say("cancel"), () => this.answer("cancel"));
    this.dialog = make("div", { role: "alertdialog", class: "heco-dialog", hidden: true, "aria-labelledby": title,
      "aria-describedby": lines, onkeydown: (e) => this.onKey(e) },
      this.title, this.lines, make("div", { class: "heco-buttons" }, this.name, this.confirm, this.cancel, this.problem));
    this.mark = make("span", { class: "heco-mark", "aria-hidden": "true" });
    this.words = make("span", { class: "heco-words" });
    this.outcome = make("div", { role: "status", "aria-label": say("outcome"), class: "heco-outcome" }, this.mark, this.words);
    this.dismiss = makeButton(say("dismiss"), () => this.putAside(), {});
    this.dismiss.hidden = true;
    this.node = make("div", { class: "heco-answer" }, this.dialog,
      make("div", { class: "heco-told" }, this.outcome, this.dismiss));
  }

  /** @param {View} view @param {Condition} condition */
  show(view, condition) {
    const question = condition.state === "live" ? view.question : null;
    if (question?.number !== this.question?.number) this.turn(question);
    this.question = question;
    if (question) this.check();
    const outcome = question ? null : view.outcome;
    this.number = outcome?.number;
    setText(this.mark, outcome?.mark ?? "");
    setAttribute(this.mark, "data-tone", outcome?.tone ?? "faint");
    setText(this.words, outcome?.text ?? "");
    const isLong = this.outcome.scrollHeight > this.outcome.clientHeight;
    setAttribute(this.outcome, "tabindex", isLong ? 0 : null); // it scrolls, so the keyboard must reach it
    if (!outcome && document.activeElement === this.dismiss) this.home()?.focus();
    this.dismiss.hidden = !outcome;
  }

  /** Open a question, or close it. @param {View["question"]} question */
  turn(question) {
    const hadFocus = this.dialog.contains(document.activeElement);
    const opener = document.activeElement;
    this.dialog.hidden = !question;
    this.name.value = "";
    this.name.hidden = !question || question.typed === null;
    if (question) {
      setText(this.title, question.title);
      this.lines.replaceChildren(...question.lines.map((line) => make("li", {}, line)));
      this.opener = opener instanceof HTMLElement ? opener : undefined;
      const isHere = this.opener?.closest(".heco-panel") === this.node.closest(".heco-panel");
      if (isHere) (question.typed === null ? this.confirm : this.name).focus();
    } else if (hadFocus) (this.opener?.isConnected ? this.opener : this.home())?.focus();
  }

  check() {
    const { say } = this.store;
    const typed = this.question?.typed ?? null;
    const differs = typed !== null && this.name.value.trim().normalize("NFC") !== typed;
    turnOff(this.confirm, differs);
    setText(this.problem, this.question?.problem || (differs && this.name.value ? say("typed_differs") : ""));
  }

  /** @param {"confirm" | "cancel"} kind */
  answer(kind) {
    this.store.ask(kind, { question: this.question?.number, name: this.name.value });
  }

  putAside() {
    this.store.ask("dismiss", { number: this.number });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Escape") this.answer("cancel");
    else if (event.key === "Enter" && event.target === this.name) this.confirm.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
