// Whether what the page shows is true: it is live only while Python says so, and while there is a kernel.

/** @typedef {import("./types").Message} Message */
/** @typedef {import("./types").Model} Model */
/** @typedef {{state: "connecting" | "live" | "stale" | "gone", words: string}} Condition */

import { duration } from "./times.js";

const ENDED = ["restarting", "autorestarting", "dead", "terminating"];
const BEATS = 3; // intervals without a beat, after which nothing is live

/** Watches the kernel, and the time since it was heard. */
export class Link {
  /** @param {Model} model @param {Message} last */
  constructor(model, last) {
    this.changed = () => {};
    this.every = last.every;
    /** @type {number | null} */
    this.heardAt = null; // when the kernel was: a view may also come from a saved notebook
    this.readAt = Date.now() - last.age * 1000; // when the API was
    this.began = Date.now();
    this.isGone = false;
    this.isLost = false;
    const end = () => {
      this.isGone = true;
      this.changed();
    };
    /** @type {[import("./types").Signal, Function][]} */
    this.slots = [];
    const kernel = model.widget_manager?.kernel;
    if (kernel) {
      this.slots = [
        [kernel.statusChanged, (/** @type {any} */ _, /** @type {string} */ status) => ENDED.includes(status) && end()],
        [kernel.disposed, end],
        // A restart from another tab changes no status, and is told only so.
        [kernel.iopubMessage, (/** @type {any} */ _, /** @type {any} */ message) =>
          message.header.msg_type === "shutdown_reply" && end()],
        [kernel.connectionStatusChanged, (/** @type {any} */ _, /** @type {string} */ status) => {
          this.isLost = status !== "connected";
          this.changed();
        }],
      ];
      for (const [signal, slot] of this.slots) signal.connect(slot);
    }
    model.on("comm_live_update", end);
    this.stop = () => {
      model.off("comm_live_update", end);
      for (const [signal, slot] of this.slots) signal.disconnect(slot);
    };
  }

  /** @param {Message} message */
  hear(message) {
    this.heardAt = Date.now();
    this.readAt = this.heardAt - message.age * 1000;
    this.every = message.every;
  }

  /**
   * Say how things are.
   * @param {import("./types").Said} say
   * @param {string | null} error why the API could not be heard last time
   * @returns {Condition}
   */
  condition(say, error) {
    const now = Date.now();
    const ago = duration(say, now - this.readAt);
    const silence = now - (this.heardAt ?? this.began);
    if (this.isGone) return { state: "gone", words: say("gone") };
    if (this.isLost) return { state: "stale", words: say("lost") };
    if (silence > BEATS * Math.max(1, this.every) * 1000) {
      return { state: "stale", words: say("quiet", { ago: duration(say, silence) }) };
    }
    if (this.heardAt === null) return { state: "connecting", words: say("connecting") };
    if (error !== null) return { state: "stale", words: say("stale", { ago, reason: error }) };
    return { state: "live", words: say("live", { ago }) };
  }
}
