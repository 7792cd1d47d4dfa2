// The view of results: evaluations of the test set, and what the console said.

import { fill, h, paint, short, visible } from "./dom.js";
import { wilson } from "./math.js";

export class Report {
  constructor(app) {
    this.app = app;
    this.element = h("section");
  }

  update() {
    fill(this.element, this.app.shown().map((r) => [r.index, r.log, r.records.length]), () => this.app.shown().map((run) => {
      const points = milestones(run);
      const body = points.map((p, i) => h("tr", null, h("td", null, p.stage ? "after " + visible(p.stage) : "before training"), h("td", null, String(p.step)), h("td", null, visible(p.name)),
        h("td", null, p.value.toFixed(3)), h("td", null, p.interval ? `[${p.interval.map((v) => v.toFixed(3)).join(", ")}]` : ""), h("td", null, i && points[i - 1].name === p.name ? short(p.value - points[i - 1].value) : "")));
      const head = ["", "step", "metric", "accuracy", "95 % interval", "gain"].map((t) => h("th", null, t));
      return h("article", null, paint(h("h2", { class: "run" }, visible(run.name)), "--run", run.color),
        body.length ? h("table", null, h("thead", null, h("tr", null, head)), h("tbody", null, body)) : h("p", { class: "quiet" }, "no evaluation of the test set yet"),
        h("pre", { class: "log" }, visible(run.log, true).replaceAll("\u21b5\n", "\n")));
    }));
    for (const log of this.element.querySelectorAll(".log")) log.scrollTop = log.scrollHeight; // the report is the end
  }
}

/** The evaluation of the test set before the first step and the last one of each stage. */
export function milestones(run) {
  const out = [];
  for (const [name, c] of run.columns) {
    const m = /^eval\/test\/avg@(\d+)$/.exec(name);
    if (!m) continue;
    const sizes = run.columns.get("eval/test/num_problems");
    c.at.forEach((at, i) => {
      const { step, stage } = run.records[at];
      const n = sizes?.y[sizes.at.indexOf(at)];
      // Several samples of a problem are no independent trials: no interval for them here.
      const point = { name: name.slice(10), step, stage, value: c.y[i], interval: m[1] === "1" && n > 0 ? wilson(c.y[i], n) : null };
      if (out.length && stage !== "" && out.at(-1).stage === stage && out.at(-1).name === point.name) out[out.length - 1] = point;
      else out.push(point);
    });
  }
  return out;
}
