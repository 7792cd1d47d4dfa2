// A line chart on a canvas, with values under the pointer. Dragging chooses a range,
// a double click gives all again.

import { h, paint, short, visible } from "./dom.js";
import { nearest, smooth, thin, ticks } from "./math.js";

const edge = { left: 54, right: 10, top: 8, bottom: 20 };

export class Chart {
  /** title names it, help explains; range is told the chosen [low, high] or null. */
  constructor(title, help, range) {
    this.canvas = h("canvas", { role: "img", "aria-label": title });
    this.readout = h("div", { class: "readout" });
    this.element = h("figure", { class: "chart" }, h("figcaption", { title: help }, visible(title)), this.canvas, this.readout);
    this.range = range;
    this.pointer = this.drag = null;
    this.canvas.addEventListener("pointermove", (e) => this.point(e.offsetX));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("pointerdown", (e) => (this.drag = this.value(e.offsetX)));
    this.canvas.addEventListener("pointerup", (e) => this.drop(e.offsetX));
    this.canvas.addEventListener("dblclick", () => range(null));
  }

  /** Shows series {run, x, y} with options {log, weight, raw, zoom, axis}. */
  show(series, options) {
    this.options = options;
    this.lines = series.map((s) => ({ ...s, s: smooth(s.y, options.weight) }));
    this.draw();
  }

  point(x) {
    this.pointer = x;
    this.draw();
  }

  drop(x) {
    const from = this.drag, to = this.value(x);
    this.drag = null;
    if (from !== null && Math.abs(this.px(from) - this.px(to)) > 5) this.range([Math.min(from, to), Math.max(from, to)]);
  }

  value(px) {
    const [low, high] = this.xs;
    return low + ((px - edge.left) / (this.width - edge.left - edge.right)) * (high - low);
  }

  px(v) {
    const [low, high] = this.xs;
    return edge.left + ((v - low) / (high - low || 1)) * (this.width - edge.left - edge.right);
  }

  py(v) {
    const [low, high] = this.ys, at = this.options.log ? Math.log10(v) : v;
    return this.height - edge.bottom - ((at - low) / (high - low || 1)) * (this.height - edge.top - edge.bottom);
  }

  bounds() {
    const { zoom, log, raw } = this.options;
    const shown = (v) => Number.isFinite(v) && (!log || v > 0);
    let xs = [Infinity, -Infinity], ys = [Infinity, -Infinity];
    for (const l of this.lines) for (const x of l.x) xs = [Math.min(xs[0], x), Math.max(xs[1], x)];
    if (zoom) xs = zoom;
    for (const l of this.lines) l.x.forEach((x, i) => {
      if (x < xs[0] || x > xs[1]) return;
      for (const v of raw ? [l.s[i], l.y[i]] : [l.s[i]]) if (shown(v)) ys = [Math.min(ys[0], v), Math.max(ys[1], v)];
    });
    if (log) ys = ys.map(Math.log10);
    const room = (ys[1] - ys[0]) * 0.05 || Math.abs(ys[0]) * 0.05 || 0.5;
    this.xs = xs[1] > xs[0] ? xs : [xs[0] - 1, xs[0] + 1];
    this.ys = [ys[0] - room, ys[1] + room];
    return Number.isFinite(this.xs[0]) && Number.isFinite(this.ys[0]);
  }

  draw() {
    const ratio = devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    if (!this.lines || this.width === 0) return;
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    const g = this.canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    this.readout.replaceChildren();
    if (!this.bounds()) {
      this.readout.append("nothing to draw");
      return;
    }
    this.axes(g);
    this.stages(g);
    g.save();
    g.beginPath();
    g.rect(edge.left, 0, this.width - edge.left - edge.right, this.height - edge.bottom);
    g.clip();
    if (this.options.raw && this.options.weight > 0) this.lines.forEach((l) => this.line(g, l.x, l.y, l.run.color, 0.25));
    this.lines.forEach((l) => this.line(g, l.x, l.s, l.run.color, 1));
    g.restore();
    this.hover(g);
  }

  axes(g) {
    const css = getComputedStyle(this.canvas), [lowX, highX] = this.xs, [lowY, highY] = this.ys;
    g.fillStyle = css.color;
    g.strokeStyle = css.getPropertyValue("--grid");
    g.lineWidth = 1;
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (const v of ticks(lowY, highY, 4)) {
      const y = this.height - edge.bottom - ((v - lowY) / (highY - lowY)) * (this.height - edge.top - edge.bottom);
      stroke(g, edge.left, y, this.width - edge.right, y);
      g.fillText(short(this.options.log ? 10 ** v : v), edge.left - 6, y);
    }
    g.textAlign = "center";
    g.textBaseline = "top";
    for (const v of ticks(lowX, highX, Math.max(2, this.width / 90))) g.fillText(short(v), this.px(v), this.height - edge.bottom + 5);
  }

  stages(g) {
    const css = getComputedStyle(this.canvas), named = [];
    for (const run of new Set(this.lines.map((l) => l.run))) {
      for (const mark of run.marks(this.options.axis)) {
        if (mark.x < this.xs[0] || mark.x > this.xs[1]) continue;
        g.strokeStyle = run.color;
        g.globalAlpha = 0.5;
        g.setLineDash([3, 3]);
        stroke(g, this.px(mark.x), edge.top, this.px(mark.x), this.height - edge.bottom);
        g.setLineDash([]);
        g.globalAlpha = 1;
        const x = this.px(mark.x);
        if (named.some((m) => m.name === mark.name && Math.abs(m.x - x) < 40)) continue;
        g.globalAlpha = 0.8;
        g.fillStyle = css.color;
        g.textAlign = "left";
        g.textBaseline = "top";
        g.fillText(visible(mark.name).slice(0, 24), x + 3, edge.top + 12 * named.filter((m) => Math.abs(m.x - x) < 40).length);
        named.push({ name: mark.name, x });
        g.globalAlpha = 1;
      }
    }
  }

  line(g, x, y, color, alpha) {
    g.strokeStyle = g.fillStyle = color;
    g.globalAlpha = alpha;
    g.lineWidth = 1.6;
    g.beginPath();
    let pen = false, points = 0;
    for (const [vx, vy] of thin(x, y, this.xs[0], this.xs[1], this.width)) {
      if (!Number.isFinite(vy) || (this.options.log && vy <= 0)) {
        pen = false;
        continue;
      }
      points++;
      if (pen) g.lineTo(this.px(vx), this.py(vy));
      else g.moveTo(this.px(vx), this.py(vy));
      pen = true;
    }
    g.stroke();
    if (points <= 60) { // few points are seen as such
      for (const [i, v] of y.entries()) if (Number.isFinite(v) && (!this.options.log || v > 0)) dot(g, this.px(x[i]), this.py(v), 2);
    }
    g.globalAlpha = 1;
  }

  /** The values at the pointer, or the last ones. */
  hover(g) {
    const inside = this.pointer !== null && this.pointer >= edge.left && this.pointer <= this.width - edge.right;
    const at = inside ? this.value(this.pointer) : Infinity;
    for (const l of this.lines) {
      const i = at === Infinity ? l.x.length - 1 : nearest(l.x, at);
      if (i < 0) continue;
      const raw = this.options.weight > 0 ? ` (${short(l.y[i]) || "not finite"})` : "";
      const text = `${visible(l.run.name)} ${short(l.s[i]) || "not finite"}${raw} at ${short(l.x[i])}`;
      this.readout.append(paint(h("span", { class: "value" }, text), "--run", l.run.color));
      if (!inside) continue;
      g.fillStyle = l.run.color;
      if (Number.isFinite(l.s[i])) dot(g, this.px(l.x[i]), this.py(l.s[i]), 4);
    }
  }
}

function stroke(g, x0, y0, x1, y1) {
  g.beginPath();
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
  g.stroke();
}

function dot(g, x, y, r) {
  g.beginPath();
  g.arc(x, y, r, 0, 2 * Math.PI);
  g.fill();
}
