// Reads the resolved config: block YAML as rlvr writes it, one key or item a line.

/** Its values by dotted path, in order. A line that is something else is kept under its number. */
export function flatten(text) {
  const out = new Map();
  const stack = []; // {indent, path, items}
  let block = null; // {indent, path} of a text of several lines
  text.split("\n").forEach((line, number) => {
    let rest = line.trimStart();
    let indent = line.length - rest.length;
    if (block && (rest === "" || indent > block.indent)) {
      out.set(block.path, (out.has(block.path) ? out.get(block.path) + "\n" : "") + rest);
      return;
    }
    block = null;
    if (rest === "" || rest.startsWith("#")) return;
    while (rest.startsWith("- ")) {
      while (stack.length && (stack.at(-1).indent > indent || (stack.at(-1).indent === indent && stack.at(-1).item))) stack.pop();
      const list = stack.at(-1) ?? { path: "", items: 0 };
      stack.push({ indent, item: true, path: join(list.path, list.items++), items: 0 });
      rest = rest.slice(2);
      indent += 2;
    }
    while (stack.length && stack.at(-1).indent >= indent) stack.pop();
    const parent = stack.at(-1)?.path ?? "";
    const m = /^("[^"]*"|'[^']*'|[^\s:][^:]*):(?:\s+(.*))?$/.exec(rest);
    if (!m) {
      out.set(stack.at(-1)?.item ? parent : join(parent, `line ${number + 1}`), rest);
      return;
    }
    const path = join(parent, m[1]);
    if (m[2] === undefined) stack.push({ indent, path, items: 0 });
    else if (/^[|>][-+0-9]*$/.test(m[2])) block = { indent, path };
    else out.set(path, m[2]);
  });
  return out;
}

function join(path, key) {
  return path === "" ? String(key) : `${path}.${key}`;
}

/** Rows [key, value of each config] of keys in the order they first appear; undefined where one has none. */
export function rows(configs) {
  const keys = new Set(configs.flatMap((c) => [...c.keys()]));
  return [...keys].map((key) => [key, configs.map((c) => c.get(key))]);
}

/** Whether the values of a row are not all the same. */
export function differs([, values]) {
  return values.some((v) => v !== values[0]);
}
