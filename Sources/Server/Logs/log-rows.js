// The rows of a log, as far as they were fetched: windows of 500 by range, the least recently seen ones forgotten.
const rowsAtOnce = 500, windowsMax = 60, fetchesMax = 3, lineMax = 8000;
const boundary = /^\S+ (?:##\[(end)?group\]|::(end)?group(?: [^:]*)?::)/i;

export class LogRows {
  #windows = new Map();        // number → {lines, depths, isFetching, seenAt}
  #fetches = 0;
  #wanted = [];
  total = 0;

  /** @param loaded called when rows came */
  constructor(address, total, loaded) {
    this.address = address;
    this.total = total;
    this.loaded = loaded;
  }
  #at(row) { return this.#windows.get(Math.floor(row / rowsAtOnce)); }
  /** The stored line; undefined when it is not here. */
  line(row) { return this.#at(row)?.lines[row % rowsAtOnce]; }
  /** In how many groups it is. */
  depth(row) { return this.#at(row)?.depths[row % rowsAtOnce] ?? 0; }

  /** Fetches what of these rows is not here; what is asked for last comes first. */
  want(first, end) {
    this.#wanted = [];
    for (let number = Math.floor(first / rowsAtOnce); number * rowsAtOnce < Math.min(end, this.total); number++) {
      const window = this.#windows.get(number);
      if (window) window.seenAt = performance.now();
      const have = number * rowsAtOnce + (window?.lines.length ?? 0);
      if (have < Math.min(this.total, (number + 1) * rowsAtOnce) && !window?.isFetching) this.#wanted.push(number);
    }
    this.#next();
  }
  async #next() {
    while (this.#fetches < fetchesMax && this.#wanted.length) {
      this.#fetches++;
      this.fetch(this.#wanted.shift()).catch(() => {}).finally(() => { this.#fetches--; this.#next(); });
    }
  }
  /** Resolves when the window has its rows; a failure is told, and tried again when the rows are seen again. */
  async fetch(number) {
    let window = this.#windows.get(number);
    if (!window) this.#windows.set(number, window = {lines: [], depths: [], isFetching: false, seenAt: performance.now()});
    if (window.isFetching) return;
    window.isFetching = true;
    const before = window.lines.length;
    try {
      const end = Math.min(this.total, (number + 1) * rowsAtOnce);
      for (let have; (have = number * rowsAtOnce + window.lines.length) < end;) {
        const answer = await fetch(`${this.address}?from=${have}&lines=${end - have}`);
        if (!answer.ok) throw new Error(`${answer.status}`);
        const lines = split(await answer.text());
        if (!lines.length) break;
        // Rows that the stream brought meanwhile are the same ones.
        if (number * rowsAtOnce + window.lines.length === have) window.lines.push(...lines);
      }
    } finally { window.isFetching = false; }
    if (window.lines.length === before) return;
    this.#count(number);
    this.#forget();
    this.loaded();
  }
  /** Rows that the stream brought. */
  append(from, text, total) {
    this.total = Math.max(this.total, total);
    let row = from;
    const touched = new Set();
    for (const line of split(text)) {
      const number = Math.floor(row / rowsAtOnce);
      let window = this.#windows.get(number);
      if (!window && row % rowsAtOnce === 0) this.#windows.set(number, window = {lines: [], depths: [], isFetching: false, seenAt: performance.now()});
      if (window && window.lines.length === row % rowsAtOnce) { window.lines.push(line); touched.add(number); }
      row++;
    }
    for (const number of touched) this.#count(number);
    this.#forget();
  }
  // Depths go on from the window before, where that is here.
  #count(number) {
    for (let window; (window = this.#windows.get(number)); number++) {
      const before = this.#windows.get(number - 1);
      let depth = before?.lines.length === rowsAtOnce ? before.after ?? 0 : 0;
      const old = window.after;
      window.depths = window.lines.map(line => {
        const found = boundary.exec(line);
        if (!found) return depth;
        if (found[1] || found[2]) return depth = Math.max(0, depth - 1);
        return depth++;
      });
      window.after = depth;
      if (old === depth) break;
    }
  }
  #forget() {
    if (this.#windows.size <= windowsMax) return;
    const old = [...this.#windows].filter(([, window]) => !window.isFetching).sort((a, b) => a[1].seenAt - b[1].seenAt);
    for (const [number] of old.slice(0, this.#windows.size - windowsMax)) this.#windows.delete(number);
  }
  /** The row behind the group that begins with this row, found by looking at what follows, up to `end`. */
  async groupEnd(row, end) {
    let depth = 1;
    const most = Math.min(end, row + 20000);
    for (let at = row + 1; at < most; at++) {
      if (this.line(at) === undefined) await this.fetch(Math.floor(at / rowsAtOnce));
      const found = boundary.exec(this.line(at) ?? "");
      if (!found) continue;
      depth += found[1] || found[2] ? -1 : 1;
      if (depth === 0) return at + 1;
    }
    return most;
  }
  /** The texts of these rows, with their times. */
  async texts(first, end) {
    const lines = [];
    for (let row = first; row < end; row++) {
      if (this.line(row) === undefined) await this.fetch(Math.floor(row / rowsAtOnce));
      lines.push(this.line(row) ?? "");
    }
    return lines;
  }
}
function split(text) {
  const lines = text.split("\n");
  lines.pop();
  return lines.map(line => line.length > lineMax ? line.slice(0, lineMax) : line);
}
