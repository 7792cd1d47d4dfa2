// Elements from data. Text is only ever set as text: nothing here parses markup, and the
// policy that the page comes with forbids the browser to.

/** Makes an element. Functions among props are listeners, the rest are attributes; false and null leave one out. */
export function h(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === "function") e.addEventListener(name.slice(2), value); // onclick: click
    else if (name === "value" || name === "checked") e[name] = value;
    else if (value !== false && value != null) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat(Infinity).filter((c) => c != null));
  return e;
}

const filled = new WeakMap();

/** Fills an element anew only if key, which tells all that it shows, has changed: focus, open lists and scrolling survive. */
export function fill(e, key, build) {
  const text = JSON.stringify(key);
  if (filled.get(e) === text) return;
  filled.set(e, text);
  e.replaceChildren(...build());
}

/** Gives an element a colour that the style sheet cannot know. */
export function paint(e, property, color) {
  e.style.setProperty(property, color);
  return e;
}

// Control, format and private characters, single surrogates and line separators: what moves
// the cursor, hides, or turns the order of reading around.
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text with hidden characters as escapes; line ends stay where lines are kept. */
export function visible(text, keepLines = false) {
  return String(text ?? "").replace(hidden, (c) => {
    if (c === "\n") return keepLines ? "\u21b5\n" : "\u21b5";
    if (c === "\t" && keepLines) return c;
    return "\\u{" + c.codePointAt(0).toString(16) + "}";
  });
}

/** A drop-down of values; labels are the values unless given. */
export function choice(label, values, chosen, pick, name = (v) => v || "all") {
  const options = values.map((v) => h("option", { value: v, selected: v === chosen }, visible(name(v))));
  return h("label", null, label + " ", h("select", { "aria-label": label, onchange: (e) => pick(e.target.value) }, options));
}

/** A box to tick. */
export function tick(label, on, pick) {
  return h("label", null, h("input", { type: "checkbox", checked: on, onchange: (e) => pick(e.target.checked) }), " " + label);
}

/** Numbers for people: four significant digits. */
export function short(v) {
  if (v == null || Number.isNaN(v)) return "";
  if (!Number.isFinite(v)) return v > 0 ? "inf" : "-inf";
  const a = Math.abs(v);
  if (a !== 0 && (a < 1e-3 || a >= 1e6)) return v.toExponential(2);
  return String(Number(v.toPrecision(4)));
}
