#!/usr/bin/env python3
"""Draws reward and accuracy by step from a run's metrics.jsonl as an SVG.

    python3 docs/plot.py runs/quickstart/metrics.jsonl > docs/quickstart.svg
"""
import json
import sys

W, H, LEFT, RIGHT, TOP, BOTTOM = 820, 340, 50, 20, 34, 40
SERIES = [  # metric, label, colour, drawn as a line
    ("reward", "reward of sampled completions", "#1f77b4", True),
    ("eval/validation/avg@1", "validation accuracy, greedy", "#ff7f0e", True),
    ("eval/test/avg@1", "held-out test accuracy, greedy", "#2ca02c", False),
]


def main():
    rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    last = max(r["step"] for r in rows)
    x = lambda step: LEFT + (W - LEFT - RIGHT) * step / last  # noqa: E731
    y = lambda v: H - BOTTOM - (H - TOP - BOTTOM) * v  # noqa: E731
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {H}" font-family="sans-serif" font-size="12">',
           f'<rect width="{W}" height="{H}" fill="white"/>']
    for v in (0, 0.25, 0.5, 0.75, 1):
        out.append(f'<line x1="{LEFT}" x2="{W - RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y(v) + 4:.1f}" text-anchor="end" fill="#444">{v:g}</text>')
    begin = 0
    for stage in dict.fromkeys(r["stage"] for r in rows if r["stage"]):
        end = max(r["step"] for r in rows if r["stage"] == stage)
        out.append(f'<text x="{x((begin + end) / 2):.1f}" y="{H - 10}" text-anchor="middle" fill="#444">{stage}: steps {begin + 1} to {end}</text>')
        if begin:
            out.append(f'<line x1="{x(begin):.1f}" x2="{x(begin):.1f}" y1="{TOP}" y2="{H - BOTTOM}" stroke="#888" stroke-dasharray="4 3"/>')
        begin = end
    for i, (name, label, colour, joined) in enumerate(SERIES):
        points = [(x(r["step"]), y(r[name])) for r in rows if r.get(name) is not None]
        if joined:
            path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        else:
            out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="5" fill="{colour}"/>' for a, b in points]
        out.append(f'<rect x="{LEFT + 260 * i}" y="10" width="12" height="12" fill="{colour}"/>'
                   f'<text x="{LEFT + 260 * i + 18}" y="20" fill="#222">{label}</text>')
    print("\n".join(out + ["</svg>"]))


main()
