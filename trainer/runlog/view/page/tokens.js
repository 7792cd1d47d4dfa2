// The tokens of a completion, coloured by a number that each has.

import { choice, h, paint, short, visible } from "./dom.js";
import { state } from "./state.js";

/** What tokens may be coloured by: its numbers (null where the record has none), the ends of its scale, and what it is. */
const fields = [
  ["log_probs", "log-probability", (t) => t.log_probs, [-3, 0], "the sampler's, in nats: dark is unlikely"],
  ["entropy", "entropy", (t) => t.entropy ?? t.new_entropy, [0, 2], "of the policy's distribution in nats: dark is undecided"],
  ["advantages", "advantage", (t) => t.advantages, [-1, 1], "green is made likelier, red less likely"],
  ["ratio", "ratio", (t) => minus(t.new_log_probs, t.old_log_probs ?? t.log_probs)?.map(Math.exp), [0.5, 1.5], "probability after the step's updates by that before"],
  ["clip", "clip", clip, [-1, 1], "1: above the upper bound and wants to rise, -1: below the lower and wants to fall; 0: inside"],
  ["gap", "sampler's gap", (t) => minus(t.old_log_probs, t.log_probs), [-1e-3, 1e-3], "trainer's less sampler's log-probability"],
  ["kl", "reference", (t) => minus(t.old_log_probs ?? t.log_probs, t.ref_log_probs), [-2, 2], "policy's less reference's log-probability"],
  ["values", "value", (t) => t.values, [-1, 1], "the value head's prediction"],
  ["weights", "weight", (t) => t.weights, [0, 2], "what multiplies the token's loss"],
  ["trained", "trained", (t) => t.trained, [0, 1], "1: in the loss"],
];

export class Tokens {
  constructor(sample, run) {
    this.tokens = whole(sample.tokens);
    this.texts = this.tokens.text;
    const bounds = clipBounds(run.config, sample.stage);
    this.numbers = new Map();
    for (const [name, , of] of fields) {
      const x = of(this.tokens, bounds);
      if (Array.isArray(x) && x.length) this.numbers.set(name, x);
    }
    this.text = h("pre", { class: "tokens" });
    this.legend = h("span", { class: "legend" });
    this.readout = h("output", { class: "quiet" });
    this.element = h("div", null, h("div", { class: "controls" }, this.chooser(), this.legend, this.readout), this.text);
    this.draw();
  }

  get by() {
    const wanted = state.get("by", "log_probs");
    return this.numbers.has(wanted) ? wanted : [...this.numbers.keys()][0] ?? "";
  }

  chooser() {
    return choice("colour by", [...this.numbers.keys()], this.by, (v) => {
      state.set("by", v);
      this.draw();
    }, (v) => fields.find(([n]) => n === v)?.[1] ?? v);
  }

  draw() {
    const field = fields.find(([n]) => n === this.by);
    const x = this.numbers.get(this.by) ?? [];
    const [low, high] = field?.[3] ?? [0, 1];
    this.legend.textContent = field ? `${low} to ${high}: ${field[4]}` : "nothing is known of its tokens";
    this.text.replaceChildren(...this.texts.map((text, i) => {
      const span = h("span", { class: "token", onpointerenter: () => (this.readout.textContent = this.facts(i)) }, visible(text, true) || "\u00b7");
      return typeof x[i] === "number" ? paint(span, "--token", shade(x[i], low, high, this.by)) : span;
    }));
  }

  facts(i) {
    const parts = [...this.numbers].map(([name, x]) => `${fields.find(([n]) => n === name)[1]} ${short(x[i]) || "none"}`);
    return `token ${i + 1} of ${this.texts.length}: ${parts.join(", ")}`;
  }
}

/** A record's tokens with a number for each: what is the same for all is written once, and trained not at all. */
export function whole(tokens) {
  const text = Array.isArray(tokens.text) ? tokens.text : [], a = tokens.advantages;
  return { ...tokens, text, trained: tokens.trained ?? text.map(() => 1), advantages: Array.isArray(a) && a.length === 1 ? text.map(() => a[0]) : a };
}

/** Differences of two arrays of numbers; null without both. */
function minus(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return null;
  return a.map((v, i) => (typeof v === "number" && typeof b[i] === "number" ? v - b[i] : null));
}

/** Which tokens a clipped surrogate holds back: see fields. */
export function clip(t, bounds) {
  const ratio = minus(t.new_log_probs, t.old_log_probs ?? t.log_probs)?.map((v) => (v === null ? null : Math.exp(v)));
  if (!ratio || !bounds || !Array.isArray(t.advantages)) return null;
  return ratio.map((r, i) => {
    const a = t.advantages[i];
    if (r === null || typeof a !== "number") return null;
    return a > 0 && r > bounds[1] ? 1 : a < 0 && r < bounds[0] ? -1 : 0;
  });
}

/** The bounds of the ratio that the config of a stage has; null of an objective without. */
export function clipBounds(config, stage) {
  for (let i = 0; config.has(`stages.${i}.name`); i++) {
    if (config.get(`stages.${i}.name`) !== stage) continue;
    const low = Number(config.get(`stages.${i}.algorithm.options.epsilon`));
    const high = Number(config.get(`stages.${i}.algorithm.options.epsilon_high`)) || low;
    return low > 0 ? [1 - low, 1 + high] : null;
  }
  return null;
}

/** The colour of a value: around the middle of the scale where its sign matters, else from one end. */
function shade(v, low, high, by) {
  const at = Math.min(1, Math.max(0, (v - low) / (high - low)));
  if (["advantages", "ratio", "clip", "gap", "kl", "values"].includes(by)) {
    const strength = Math.abs(at - 0.5) * 2;
    return `hsl(${at >= 0.5 ? 140 : 0} 70% 50% / ${(0.65 * strength).toFixed(3)})`;
  }
  const dark = by === "log_probs" ? 1 - at : at;
  return `hsl(${by === "log_probs" ? 20 : 265} 80% 55% / ${(0.65 * dark).toFixed(3)})`;
}
