// What the page knows: the view that Python has sent, kept up to date by patches, and what it has asked.

/** @typedef {import("./types").View} View */
/** @typedef {import("./types").Message} Message */
/** @typedef {import("./types").Model} Model */

const BY_KEY = ["rows", "nodes"];
const PLACES = 1e6; // as in inbox.py
const PATIENCE = 2000; // ms without an answer, after which requests are sent again; twice as long each time

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
    // Other pages may show this widget too: answers to them are not ours.
    this.page = Math.floor(Math.random() * 1e9);
    this.asked = 0;
    /** @type {{kind: string, r: number}[]} */
    this.unanswered = []; // in order: some may get lost while a page opens
    this.patience = PATIENCE;
    this.sentAt = 0;
    this.ahead = 0;
    this.isOpen = true;
    this.isBehind = false;
    /** @type {(message: Message) => void} */
    this.heard = () => {};
    this.take = this.take.bind(this);
    model.on("msg:custom", this.take);
    this.ask("open", { v: this.last.v });
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
      if (!this.isBehind) this.ask("catch-up", { v: this.last.v });
      this.isBehind = true;
    }
    if (Math.floor(message.r / PLACES) === this.page && this.unanswered[0]?.r <= message.r) {
      this.unanswered = this.unanswered.filter(({ r }) => r > message.r);
      this.patience = PATIENCE;
      this.sentAt = Date.now();
    }
    this.ahead = message.at - Date.now();
    this.heard(message);
  }

  /** @param {string} kind @param {object} [values] */
  ask(kind, values = {}) {
    if (!this.isOpen) return;
    this.asked += 1;
    const request = { kind, r: this.page * PLACES + this.asked, ...values };
    if (!this.unanswered.length) this.sentAt = Date.now();
    this.unanswered.push(request);
    this.model.send(request);
  }

  /** Send again what has no answer; Python takes each request once, and in order. */
  remind() {
    if (!this.isOpen || !this.unanswered.length || Date.now() - this.sentAt < this.patience) return;
    this.patience *= 2;
    this.sentAt = Date.now();
    for (const request of this.unanswered) this.model.send(request);
  }

  /** Return whether a request of this kind has no answer yet. @param {string} kind */
  isWaiting(kind) {
    return this.unanswered.some((request) => request.kind === kind);
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
