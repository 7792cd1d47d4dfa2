// The view of configs: how those of the runs differ.

import { h, tick, visible } from "./dom.js";
import { differs, rows } from "./config.js";
import { state } from "./state.js";

export class Configs {
  constructor(app) {
    this.app = app;
    this.table = h("div", { class: "scroll" });
    this.search = h("input", { type: "search", placeholder: "find a key", "aria-label": "find a key", oninput: () => this.update() });
    this.controls = h("div", { class: "controls" }, this.search, tick("all keys", state.get("all") === "1", (on) => state.set("all", on ? 1 : "")));
    this.element = h("section", null, this.controls, this.table);
  }

  update() {
    const runs = this.app.shown(), find = this.search.value.toLowerCase();
    const all = state.get("all") === "1" || runs.length < 2;
    const found = rows(runs.map((r) => r.config)).filter((row) => (all || differs(row)) && row[0].toLowerCase().includes(find));
    const body = found.map((row) => h("tr", { class: runs.length > 1 && differs(row) ? "differs" : null }, h("th", { scope: "row" }, visible(row[0])),
      row[1].map((v) => h("td", { class: v === undefined ? "quiet" : "text" }, v === undefined ? "none" : visible(v)))));
    this.table.replaceChildren(h("table", null, h("thead", null, h("tr", null, h("th", null, "key"), runs.map((r) => h("th", null, visible(r.name))))), h("tbody", null, body)),
      found.length ? "" : h("p", { class: "quiet" }, all ? "no such key" : "the configs are the same"));
  }
}
