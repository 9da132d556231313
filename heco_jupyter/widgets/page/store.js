// What the page knows: the view that Python has sent, kept up to date by patches, and what it has asked.

/** @typedef {import("./types").View} View */
/** @typedef {import("./types").Message} Message */
/** @typedef {import("./types").Model} Model */

const BY_KEY = ["rows", "nodes"];

/** Put a message into a view, and return which sections it changes. @param {View} view @param {Message} message */
export function apply(view, message) {
  const sections = /** @type {Record<string, any>} */ (view);
  for (const [name, value] of Object.entries(message.set ?? {})) {
    if (!BY_KEY.includes(name) || message.whole || !sections[name]) {
      sections[name] = value;
      continue;
    }
    const entries = { ...sections[name] };
    for (const [key, entry] of Object.entries(value)) {
      if (entry === null) delete entries[key];
      else entries[key] = entry;
    }
    sections[name] = entries;
  }
}

/** Holds the view of one widget, and sends its requests. */
export class Store {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Message} */
    this.last = model.get("_view");
    this.view = /** @type {View} */ ({});
    apply(this.view, { ...this.last, whole: true });
    // The number of the last request; other pages may show this widget too, and answers to them are not ours.
    this.asked = this.first = this.answered = Math.floor(Math.random() * 1e9) * 1000;
    /** @type {Record<string, number>} */
    this.waiting = {}; // the last request of each kind
    this.ahead = 0;
    this.isOpen = true;
    this.isBehind = false;
    /** @type {(message: Message) => void} */
    this.heard = () => {};
    this.take = this.take.bind(this);
    model.on("msg:custom", this.take);
    this.ask("hello", { v: this.last.v });
  }

  /** @param {Message} message */
  take(message) {
    const isNext = message.v === this.last.v + (message.set ? 1 : 0);
    if (message.whole || isNext) {
      apply(this.view, message);
      this.last = message;
      this.isBehind = false;
    } else {
      this.last = { ...message, v: this.last.v };
      if (!this.isBehind) this.ask("hello", { v: this.last.v });
      this.isBehind = true;
    }
    if (message.r > this.first && message.r <= this.asked) this.answered = message.r;
    this.ahead = message.at - Date.now();
    this.heard(message);
  }

  /** @param {string} kind @param {object} [values] */
  ask(kind, values = {}) {
    if (!this.isOpen) return;
    this.asked += 1;
    this.waiting[kind] = this.asked;
    this.model.send({ kind, r: this.asked, ...values });
  }

  /** Return whether a request of this kind has no answer yet. @param {string} kind */
  isWaiting(kind) {
    const asked = this.waiting[kind];
    return asked !== undefined && asked > this.answered;
  }

  /** Return the time as the kernel has it, which may run on a machine with another clock. */
  now() {
    return Date.now() + this.ahead;
  }

  /** Return a text of the page, filled in. @type {import("./types").Said} */
  say = (key, values = {}) => {
    const text = this.view.texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (found, name) => (name in values ? String(values[name]) : found));
  };

  close() {
    this.model.off("msg:custom", this.take);
  }
}
