// The page: asks for what is new every other second and shows the chosen view.

import { getJSON } from "./feed.js";
import { h, paint, visible } from "./dom.js";
import { Run } from "./run.js";
import { state } from "./state.js";
import { Configs } from "./configs.js";
import { Curves } from "./curves.js";
import { Report } from "./report.js";
import { Samples } from "./samples.js";
import { Times } from "./times.js";

const every = 2000; // milliseconds between questions
const views = { curves: Curves, samples: Samples, times: Times, config: Configs, report: Report };

class App {
  constructor({ runs, metrics }) {
    this.runs = runs.map((r, i) => new Run(i, r));
    this.metrics = metrics.map((m, i) => ({ ...m, rank: i, pattern: pattern(m.name) }));
    this.known = new Map();
    this.views = new Map();
    this.tabs = Object.keys(views).map((v) => h("button", { onclick: () => state.set("tab", v) }, v));
    this.labels = this.runs.map((r) => this.label(r));
    document.getElementById("tabs").append(...this.tabs);
    document.getElementById("runs").append(...this.labels.map((l) => l.element));
    state.onchange(() => this.show());
    addEventListener("resize", () => this.show());
  }

  /** The declaration of a metric, if the program knows it. */
  declared(name) {
    if (!this.known.has(name)) this.known.set(name, this.metrics.find((m) => m.pattern.test(name)));
    return this.known.get(name);
  }

  rank(name) {
    return this.declared(name)?.rank ?? this.metrics.length;
  }

  help(name) {
    const m = this.declared(name);
    return m ? m.help + (m.unit ? ` (${m.unit})` : "") : "";
  }

  shown() {
    const hidden = state.list("hide");
    return this.runs.filter((r) => !hidden.includes(String(r.index)));
  }

  get view() {
    const name = state.get("tab", "curves");
    return Object.hasOwn(views, name) ? name : "curves";
  }

  show() {
    const name = this.view, main = document.getElementById("main");
    if (!this.views.has(name)) this.views.set(name, new views[name](this));
    const view = this.views.get(name);
    if (main.firstChild !== view.element) main.replaceChildren(view.element);
    this.update(name);
    view.update();
  }

  /** The name of a run, with a box that shows or hides it and how far it has come. */
  label(run) {
    const index = String(run.index), where = h("small");
    const box = h("input", { type: "checkbox", onchange: (e) => {
      const others = state.list("hide").filter((i) => i !== index);
      state.set("hide", e.target.checked ? others : [...others, index]);
    } });
    return { run, box, where, element: paint(h("label", { class: "run", title: visible(run.path) }, box, ` ${visible(run.name)} `, where), "--run", run.color) };
  }

  /** Brings the head of the page up to date. */
  update(name) {
    for (const tab of this.tabs) tab.ariaCurrent = tab.textContent === name ? "page" : null;
    for (const { run, box, where } of this.labels) {
      const last = run.records.at(-1);
      box.checked = this.shown().includes(run);
      where.textContent = (last ? `step ${last.step}${last.stage ? " " + visible(last.stage) : ""}` : "nothing yet") + (run.damaged ? `, ${run.damaged} damaged lines` : "");
    }
  }

  async follow() {
    const status = document.getElementById("status");
    for (let first = true; ; first = false) {
      try {
        const changed = await Promise.all(this.runs.map((r) => r.poll()));
        if (first || changed.some(Boolean)) this.show();
        status.textContent = "following";
        status.className = "live";
      } catch (e) {
        status.textContent = "no answer: " + e.message;
        status.className = "lost";
      }
      await new Promise((done) => setTimeout(done, document.hidden ? 5 * every : every));
    }
  }
}

/** A declared name with its parts in angle brackets as "anything without a slash". */
function pattern(name) {
  return new RegExp("^" + name.split(/<[a-z]+>/).map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[^/]+") + "$");
}

const app = new App(await getJSON("api/runs"));
await app.follow();
