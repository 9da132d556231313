// Time in words, in the language of the page.

/** @typedef {import("./types").Said} Said */
/** @typedef {import("./types").Progress} Progress */

const UNITS = /** @type {[number, string][]} */ ([[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]);

/** Return a duration by its largest units. @param {Said} say @param {number} ms @param {number} [most] units */
export function duration(say, ms, most = 2) {
  let seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([size]) => seconds >= size);
  const parts = [];
  for (const [size, unit] of UNITS.slice(first < 0 ? 3 : first, first < 0 ? 4 : first + most)) {
    const n = Math.floor(seconds / size);
    seconds -= n * size;
    if (n || !parts.length) parts.push(say(unit, { n }));
  }
  return parts.join(" ");
}

/** Return how far an operation is. @param {Said} say @param {Progress} progress @param {number} now */
export function progressWords(say, progress, now) {
  return say(progress.kind, { ...progress, ago: duration(say, now - progress.began) });
}
