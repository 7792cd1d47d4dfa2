// One run as far as it has been read. Names of metrics come from files and are keys of
// maps, never of objects.

import { Feed, getJSON } from "./feed.js";
import { flatten } from "./config.js";

export const colors = ["#2a6fdb", "#e07b00", "#1a9e5c", "#c8324b", "#8a4fd0", "#0a9bb0", "#a0722a", "#d24ba8"];

export class Run {
  constructor(index, { name, path }) {
    Object.assign(this, { index, name, path, color: colors[index % colors.length], config: new Map(), log: "" });
    const at = `api/runs/${index}/`;
    this.url = at;
    this.feeds = [
      new Feed(at + "metrics", (r) => this.addRecord(r), () => this.clearRecords()),
      new Feed(at + "samples", (s, offset) => this.addSample(s, offset), () => (this.samples = [])),
    ];
    this.clearRecords();
    this.samples = [];
  }

  clearRecords() {
    this.columns = new Map(); // metric: {at: [index of record], y: []}
    this.records = []; // {step, stage, time, tokens}
    this.stages = []; // {name, from, to}, of neighbouring records
    this.tokens = 0;
  }

  addRecord(r) {
    if (!Number.isInteger(r.step)) return;
    const stage = typeof r.stage === "string" ? r.stage : "";
    const at = this.records.length;
    if (Number.isFinite(r.num_tokens)) this.tokens = r.num_tokens;
    this.records.push({ step: r.step, stage, time: Date.parse(r.time) / 1000, tokens: this.tokens });
    for (const [name, value] of Object.entries(r)) {
      if (name === "step" || (typeof value !== "number" && value !== null)) continue;
      if (!this.columns.has(name)) this.columns.set(name, { at: [], y: [] });
      const c = this.columns.get(name);
      c.at.push(at);
      c.y.push(value === null ? NaN : value); // null is NaN or infinite
    }
    const last = this.stages.at(-1);
    if (last?.name === stage) last.to = r.step;
    else this.stages.push({ name: stage, from: r.step, to: r.step });
  }

  addSample(s, offset) {
    const id = String(s.id ?? "");
    const cut = id.includes("/") ? id.lastIndexOf("/") : id.lastIndexOf(":");
    this.samples.push({ ...s, offset, run: this, task: cut > 0 ? id.slice(0, cut) : "" });
  }

  /** A metric over an axis: step, time (seconds since the first record) or tokens. */
  series(name, axis) {
    const c = this.columns.get(name);
    if (!c) return null;
    return { run: this, x: c.at.map((i) => this.position(i, axis)), y: c.y };
  }

  position(i, axis) {
    const r = this.records[i];
    return axis === "time" ? r.time - this.records[0].time : axis === "tokens" ? r.tokens : r.step;
  }

  /** Where stages begin on an axis. */
  marks(axis) {
    return this.stages.filter((s) => s.name).map((s) => ({ name: s.name, x: this.position(this.records.findIndex((r) => r.step === s.from), axis) }));
  }

  async poll() {
    let changed = false;
    for (const f of this.feeds) changed = (await f.poll()) || changed;
    if (changed || this.config.size === 0) {
      const [config, log] = await Promise.all(["config", "log"].map((what) => getJSON(this.url + what)));
      this.config = flatten(config?.text ?? "");
      this.log = log?.text ?? "";
    }
    return changed;
  }

  get damaged() {
    return this.feeds.reduce((n, f) => n + f.damaged, 0);
  }

  /** A line of samples.jsonl with its tokens. */
  sample(offset) {
    return getJSON(`${this.url}sample?at=${offset}`);
  }
}
