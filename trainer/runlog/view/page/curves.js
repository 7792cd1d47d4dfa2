// The view of curves: any metric, of all runs that are shown, over each other.

import { Chart } from "./chart.js";
import { choice, fill, h, tick, visible } from "./dom.js";
import { state } from "./state.js";

const usual = ["reward", "accuracy", "eval/validation/avg@1", "eval/test/avg@1", "loss", "entropy", "clip_ratio/region_mean", "ppo_kl", "kl",
  "grad_norm", "completions/mean_length", "sampling/sampling_logp_difference/max"];

export class Curves {
  constructor(app) {
    this.app = app;
    this.charts = new Map();
    this.zoom = null;
    this.grid = h("div", { class: "grid" });
    this.list = h("div", { class: "metrics" });
    this.search = h("input", { type: "search", placeholder: "find a metric", "aria-label": "find a metric", oninput: () => this.update() });
    this.element = h("section", { class: "split" }, h("aside", null, this.controls(), this.search, this.list), this.grid);
  }

  controls() {
    const weight = state.get("smooth", "0.6");
    const label = h("output", null, weight);
    const slide = h("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: weight, "aria-label": "smoothing", oninput: (e) => {
      label.textContent = e.target.value;
      state.set("smooth", e.target.value);
    } });
    return h("div", { class: "controls" },
      h("label", null, "smoothing ", slide, label),
      tick("values behind", state.get("raw", "1") === "1", (on) => state.set("raw", on ? 1 : 0)),
      tick("log scale", state.get("log") === "1", (on) => state.set("log", on ? 1 : "")),
      choice("over", ["step", "time", "tokens"], state.get("x", "step"), (v) => {
        this.zoom = null;
        state.set("x", v);
      }));
  }

  /** Names of all metrics, in the order of the table of metrics. */
  names() {
    const all = new Set(this.app.shown().flatMap((r) => [...r.columns.keys()]));
    return [...all].sort((a, b) => this.app.rank(a) - this.app.rank(b) || (a < b ? -1 : 1));
  }

  chosen(names) {
    const chosen = state.list("m");
    return chosen.length ? chosen : usual.filter((n) => names.includes(n));
  }

  update() {
    const names = this.names(), chosen = this.chosen(names), find = this.search.value.toLowerCase();
    const found = names.filter((n) => n.toLowerCase().includes(find));
    fill(this.list, [found, chosen], () => found.map((n) => h("div", { title: this.app.help(n) }, tick(visible(n), chosen.includes(n), (on) =>
      state.set("m", on ? [...chosen, n] : chosen.filter((c) => c !== n))))));
    for (const n of chosen) {
      if (!this.charts.has(n)) this.charts.set(n, new Chart(n, this.app.help(n), (zoom) => {
        this.zoom = zoom;
        this.update();
      }));
    }
    const elements = chosen.map((n) => this.charts.get(n).element);
    if (elements.length !== this.grid.children.length || elements.some((e, i) => e !== this.grid.children[i])) this.grid.replaceChildren(...elements);
    const axis = state.get("x", "step");
    const options = { log: state.get("log") === "1", raw: state.get("raw", "1") === "1", weight: Number(state.get("smooth", "0.6")), zoom: this.zoom, axis };
    for (const n of chosen) {
      // Evaluations are few and exact: a mean over those before would only lag behind.
      const weight = n.startsWith("eval/") ? 0 : options.weight;
      this.charts.get(n).show(this.app.shown().map((r) => r.series(n, axis)).filter(Boolean), { ...options, weight });
    }
  }
}
