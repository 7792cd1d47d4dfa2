// Numbers behind the pictures; nothing here knows of the page.

/** Exponential moving average, corrected for its start at 0 (Kingma and Ba 2015, section 3); gaps stay gaps. */
export function smooth(y, weight) {
  if (!(weight > 0)) return y;
  let mean = 0, mass = 0;
  return y.map((v) => {
    if (!Number.isFinite(v)) return NaN;
    mean = weight * mean + (1 - weight) * v;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}

/** Index of the element of ascending x that is nearest to v; -1 of none. */
export function nearest(x, v) {
  let lo = 0, hi = x.length - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (x[mid] < v) lo = mid + 1;
    else hi = mid;
  }
  return lo > 0 && v - x[lo - 1] < x[lo] - v ? lo - 1 : hi < 0 ? -1 : lo;
}

/** At most four points a column, so that the least and the greatest of many are seen. */
export function thin(x, y, low, high, columns) {
  if (x.length <= 4 * columns) return x.map((v, i) => [v, y[i]]);
  const out = [];
  for (let i = 0; i < x.length; ) {
    const column = Math.floor(((x[i] - low) / (high - low)) * columns);
    let j = i, least = i, most = i;
    for (; j < x.length && (j === i || Math.floor(((x[j] - low) / (high - low)) * columns) === column); j++) {
      if (!(y[j] >= y[least])) least = j;
      if (!(y[j] <= y[most])) most = j;
    }
    for (const k of [...new Set([i, least, most, j - 1])].sort((a, b) => a - b)) out.push([x[k], y[k]]);
    i = j;
  }
  return out;
}

/** Round numbers in [low, high], about n of them. */
export function ticks(low, high, n) {
  if (!(high > low)) return [low];
  const raw = (high - low) / n, base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * base).find((s) => s >= raw);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(k * step);
  return out;
}

/** Wilson's 95 % interval of a share p of n. */
export function wilson(p, n) {
  const z = 1.959963984540054;
  if (!(n > 0)) return [0, 1];
  const center = p + (z * z) / (2 * n), half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n)), scale = 1 + (z * z) / n;
  return [Math.max(0, (center - half) / scale), Math.min(1, (center + half) / scale)];
}
