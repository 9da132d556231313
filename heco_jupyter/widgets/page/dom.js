// Nodes of the page. Text becomes text nodes, never HTML.

/** @typedef {(event: any) => void} Handler */

/**
 * Make an element; `on...` attributes are handlers, false and undefined ones are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | undefined | Handler>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** Set a text, unless it is there already: a screen reader would read it again. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute, or remove it for null. @param {Element} node @param {string} name @param {unknown} value */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/**
 * Make a button that, when it is off, keeps the focus and does nothing.
 * @param {string} label
 * @param {() => void} act
 * @param {Record<string, string>} [attributes]
 */
export function makeButton(label, act, attributes = {}) {
  const onclick = () => isOff(button) || act();
  const button = make("button", { type: "button", onclick, ...attributes }, label);
  return button;
}

/** @param {Element} button @param {boolean} off */
export function turnOff(button, off) {
  setAttribute(button, "aria-disabled", off ? "true" : null);
}

/** @param {Element} button */
export function isOff(button) {
  return button.getAttribute("aria-disabled") === "true";
}

/**
 * Show entries as elements, reusing the element of each key.
 * @template Item
 * @param {Element} parent
 * @param {[string, Item][]} entries
 * @param {() => HTMLElement} begin
 * @param {(node: HTMLElement, item: Item) => void} fill
 */
export function showKeyed(parent, entries, begin, fill) {
  const known = new Map([...parent.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const nodes = entries.map(([key, item]) => {
    const node = /** @type {HTMLElement} */ (known.get(key)) ?? begin();
    node.dataset.key = key;
    fill(node, item);
    return node;
  });
  if (nodes.length !== parent.children.length || nodes.some((node, at) => parent.children[at] !== node)) {
    parent.replaceChildren(...nodes);
  }
}

let made = 0;
/** Return an id that nothing else in the page has. */
export function newId() {
  made += 1;
  return `heco-${Date.now().toString(36)}-${made}`;
}
