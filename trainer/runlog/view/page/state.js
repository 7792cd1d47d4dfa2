// What the user chose, kept in the address: a view can be bookmarked, and a reload keeps it.

const params = new URLSearchParams(location.hash.slice(1));
const listeners = [];

export const state = {
  get: (name, otherwise = "") => params.get(name) ?? otherwise,
  list: (name) => (params.get(name) ?? "").split("|").filter(Boolean),
  set(name, value) {
    const text = Array.isArray(value) ? value.join("|") : String(value);
    if (text === "") params.delete(name);
    else params.set(name, text);
    history.replaceState(null, "", "#" + params);
    for (const f of listeners) f(name);
  },
  onchange: (f) => listeners.push(f),
};
