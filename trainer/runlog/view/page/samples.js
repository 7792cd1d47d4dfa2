// The view of completions: a table to filter, and the tokens of the one that is chosen.

import { choice, fill, h, short, visible } from "./dom.js";
import { state } from "./state.js";
import { Tokens } from "./tokens.js";

const page = 200;

export class Samples {
  constructor(app) {
    this.app = app;
    this.most = page;
    this.filters = h("div", { class: "controls" });
    this.search = h("input", { type: "search", placeholder: "search prompts and completions", value: state.get("find"), "aria-label": "search", oninput: (e) => state.set("find", e.target.value) });
    this.count = h("output", { class: "quiet" });
    this.body = h("tbody");
    this.more = h("button", { onclick: () => {
      this.most += page;
      this.update();
    } }, "more");
    this.detail = h("div", { class: "detail" }, h("p", { class: "quiet" }, "Choose a completion to see its tokens."));
    const head = ["run", "step", "stage", "prompt", "completion", "answer", "reward", "verdict", "reason"].map((t) => h("th", { scope: "col" }, t));
    this.element = h("section", null, h("div", { class: "controls" }, this.filters, this.search, this.count), this.detail,
      h("div", { class: "scroll" }, h("table", { class: "samples" }, h("thead", null, h("tr", null, head)), this.body)), this.more);
    this.chosen = "";
  }

  update() {
    const all = this.app.shown().flatMap((r) => r.samples);
    const filter = { stage: state.get("stage"), task: state.get("task"), verdict: state.get("verdict") };
    const choices = Object.entries(filter).map(([field, chosen]) => [field, ["", ...new Set([...all.map((s) => String(s[field] ?? "")), chosen].filter(Boolean))], chosen]);
    fill(this.filters, choices.map(([, values]) => values), () => choices.map(([field, values, chosen]) => choice(field, values, chosen, (v) => state.set(field, v))));
    const find = state.get("find").toLowerCase();
    const matches = all.filter((s) => Object.entries(filter).every(([field, v]) => !v || String(s[field] ?? "") === v) &&
      (!find || `${s.prompt}\n${s.completion}\n${s.answer}\n${s.id}`.toLowerCase().includes(find)));
    matches.sort((a, b) => b.step - a.step || a.run.index - b.run.index || a.offset - b.offset);
    this.count.textContent = `${matches.length} of ${all.length}`;
    const rows = matches.slice(0, this.most);
    fill(this.body, [this.chosen, rows.map((s) => [key(s), s.step, s.completion])], () => rows.map((s) => this.row(s)));
    this.more.hidden = matches.length <= this.most;
    const wanted = state.get("sample");
    if (wanted && wanted !== this.chosen) this.open(all.find((s) => key(s) === wanted));
  }

  row(s) {
    const cell = (v, kind) => h("td", { class: kind }, v);
    const text = (v) => cell(visible(v), "text");
    return h("tr", { tabindex: 0, class: key(s) === this.chosen ? "chosen" : null, onclick: () => state.set("sample", key(s)), onkeydown: (e) => {
      if (e.key === "Enter") state.set("sample", key(s));
    } }, text(s.run.name), cell(String(s.step)), text(s.stage), text(s.prompt), text(s.completion), text(s.answer),
    cell(short(s.reward) || "none"), cell(visible(s.verdict), "verdict " + verdict(s.verdict)), text(s.reason));
  }

  async open(s) {
    if (!s) return;
    this.chosen = key(s);
    const whole = await s.run.sample(s.offset);
    if (this.chosen !== key(s)) return; // another was chosen since
    const facts = [["id", s.id], ["step", s.step], ["stage", s.stage], ["verdict", s.verdict], ["reason", s.reason], ["reward", short(s.reward) || "none"], ["answer", s.answer], ["finish", s.finish]];
    this.detail.replaceChildren(
      h("dl", { class: "facts" }, facts.map(([k, v]) => [h("dt", null, k), h("dd", null, visible(v))])),
      h("h3", null, "prompt"), h("pre", { class: "prompt" }, visible(s.prompt, true)),
      h("h3", null, "completion"), whole?.tokens ? new Tokens(whole, s.run).element : h("pre", { class: "completion" }, visible(s.completion, true)));
    this.update();
  }
}

function key(s) {
  return `${s.run.index}.${s.offset}`;
}

/** A verdict as a class of the style sheet, whatever the file says. */
function verdict(v) {
  return ["correct", "incorrect"].includes(v) ? v : "other";
}
