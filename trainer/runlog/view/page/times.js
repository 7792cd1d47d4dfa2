// The view of times: what a step's seconds go to.

import { choice, h, paint, short, visible } from "./dom.js";
import { state } from "./state.js";

const hues = ["#2a6fdb", "#e07b00", "#1a9e5c", "#c8324b", "#8a4fd0", "#0a9bb0", "#a0722a", "#d24ba8", "#777"];
// Of the table's timing_s/*: the whole, and what lies within the phases.
const apart = ["step", "host"];

export class Times {
  constructor(app) {
    this.app = app;
    const last = state.get("last", "0");
    this.runs = h("div");
    this.element = h("section", null, h("div", { class: "controls" }, choice("of", ["0", "100", "20", "1"], last, (v) => state.set("last", v), (v) => (v === "0" ? "all steps" : `the last ${v}`))), this.runs);
  }

  update() {
    const last = Number(state.get("last", "0"));
    this.runs.replaceChildren(...this.app.shown().map((r) => this.ofRun(r, last)));
  }

  ofRun(run, last) {
    const from = last ? Math.max(0, run.records.length - last) : 0;
    const phases = [...run.columns.keys()].filter((n) => n.startsWith("timing_s/") && !apart.includes(n.slice(9)));
    const bins = bin(run, phases, from, 100);
    const most = Math.max(...bins.map((b) => b.sum), 0);
    const bars = h("div", { class: "bars", role: "img", "aria-label": "seconds a step by phase" }, bins.map((b) => h("div", { class: "bar", title: `steps ${b.first} to ${b.last}: ${short(b.sum)} s a step` },
      b.parts.map((v, i) => paint(paint(h("i"), "height", `${most ? (100 * v) / most : 0}%`), "--part", hues[i % hues.length])))));
    const mean = phases.map((n) => total(run, n, from));
    const all = mean.reduce((a, b) => a + b, 0);
    const rows = phases.map((n, i) => h("tr", null, h("td", null, paint(h("i", { class: "key" }), "--part", hues[i % hues.length]), " " + visible(n.slice(9))),
      h("td", null, short(mean[i])), h("td", null, all ? `${((100 * mean[i]) / all).toFixed(1)} %` : ""), h("td", null, this.app.help(n))));
    const whole = apart.map((n) => h("tr", { class: "quiet" }, h("td", null, n), h("td", null, short(total(run, "timing_s/" + n, from))), h("td"), h("td", null, this.app.help("timing_s/" + n))));
    return h("article", null, paint(h("h2", { class: "run" }, visible(run.name)), "--run", run.color),
      phases.length ? [bars, h("p", { class: "quiet" }, `highest bar ${short(most)} s a step`),
        h("table", null, h("thead", null, h("tr", null, ["phase", "seconds", "share", ""].map((t) => h("th", null, t)))), h("tbody", null, rows, whole))] : h("p", { class: "quiet" }, "no times yet"));
  }
}

function total(run, name, from) {
  const c = run.columns.get(name);
  return c ? c.y.reduce((sum, v, i) => sum + (c.at[i] >= from && Number.isFinite(v) ? v : 0), 0) : 0;
}

/** Mean seconds a step of each phase in at most n groups of neighbouring steps. */
export function bin(run, phases, from, n) {
  const count = run.records.length - from, size = Math.max(1, Math.ceil(count / n));
  const bins = Array.from({ length: Math.ceil(count / size) }, (_, k) => {
    const lo = from + k * size, hi = Math.min(lo + size, run.records.length);
    return { first: run.records[lo].step, last: run.records[hi - 1].step, steps: hi - lo, parts: phases.map(() => 0), sum: 0 };
  });
  phases.forEach((name, p) => {
    const c = run.columns.get(name);
    c.at.forEach((at, i) => {
      if (at < from || !Number.isFinite(c.y[i])) return;
      const b = bins[Math.floor((at - from) / size)];
      b.parts[p] += c.y[i] / b.steps;
      b.sum += c.y[i] / b.steps;
    });
  });
  return bins;
}
