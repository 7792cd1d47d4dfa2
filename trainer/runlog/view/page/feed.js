// A JSONL file of a run as it grows: asks for the lines behind those it has.

export class Feed {
  /** take gets each line and its offset; forget is called when the file is another than the one read so far. */
  constructor(url, take, forget) {
    Object.assign(this, { url, take, forget, offset: 0, mark: "", damaged: 0 });
  }

  /** Reads what is there; says whether anything came. */
  async poll(get = getJSON) {
    let changed = false;
    for (let more = true; more; ) {
      const c = await get(`${this.url}?offset=${this.offset}&mark=${encodeURIComponent(this.mark)}`);
      if (c === null) return changed; // the file is not there (yet)
      if (c.reset) {
        this.forget();
        this.damaged = 0;
      }
      c.lines.forEach((line, i) => this.take(line, c.starts[i]));
      changed ||= c.reset || c.lines.length > 0;
      this.offset = c.offset;
      this.mark = c.mark;
      this.damaged += c.damaged;
      more = c.more;
    }
    return changed;
  }
}

/** Answers of the server; null where there is nothing yet. */
export async function getJSON(url) {
  const r = await fetch(url);
  if (r.status === 404) return null;
  if (!r.ok) throw new Error(`${url}: ${r.status} ${await r.text()}`);
  return r.json();
}
