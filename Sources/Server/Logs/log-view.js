// A log of any length in a box that scrolls: only what is seen is in the page. Rows are of one height, so where each is is known
// from how many there are; sections and groups that are folded take none.
import {viewOf} from "./terminal.js";

const rowHeight = 20, headHeight = 32, spare = 400;
// What an engine can make high ends between 17 and 33 million pixels; beyond, the bar scrolls by more than it moves.
const heightMax = 15_000_000;

export class LogView {
  #parts = [];                 // {kind: "head" | "rows", section, from, to, top, height}
  #height = 0;
  #elements = new Map();       // key → element
  #exact = null;               // where a log that is too high for the bar is, to the pixel
  #isDrawing = false;
  sections = [];               // {name, status, start}
  open = new Set();
  folds = new Map();           // first hidden row → the row behind the last
  picked = null;               // [first, last], numbers from 1
  needle = "";
  hit = null;                  // row

  constructor(box, rows, {drawHead, toggled}) {
    Object.assign(this, {box, rows, drawHead, toggled});
    this.sheet = document.createElement("div");
    this.sheet.className = "sheet";
    box.replaceChildren(this.sheet);
    box.addEventListener("scroll", () => this.draw(), {passive: true});
    new ResizeObserver(() => this.draw()).observe(box);
    addEventListener("resize", () => this.fit());
    this.fit();
  }
  /** As high as the window has room below what stands above, and never too low to read. */
  fit() {
    const room = innerHeight - (this.box.getBoundingClientRect().top + scrollY) - 16;
    this.box.style.height = Math.max(360, room) + "px";
  }
  end(section) {
    for (let next = section + 1; next < this.sections.length; next++) if (this.sections[next].start !== null) return this.sections[next].start;
    return this.rows.total;
  }
  sectionOf(row) {
    let found = 0;
    this.sections.forEach((section, index) => { if (section.start !== null && section.start <= row && this.end(index) > row) found = index; });
    return found;
  }
  layout() {
    const parts = [], folds = [...this.folds].sort((a, b) => a[0] - b[0]);
    let top = 0;
    const add = part => { parts.push({...part, top}); top += part.height; };
    this.sections.forEach((section, index) => {
      if (section.start === null) return;
      add({kind: "head", section: index, height: headHeight});
      if (!this.open.has(index)) return;
      let from = section.start;
      const end = this.end(index);
      const rowsTo = to => { if (to > from) add({kind: "rows", section: index, from, to, height: (to - from) * rowHeight}); };
      for (const [first, behind] of folds) {
        if (first < from || first >= end) continue;
        rowsTo(first);
        from = Math.min(behind, end);
      }
      rowsTo(end);
    });
    this.#parts = parts;
    this.#height = top;
    this.sheet.style.height = Math.min(top, heightMax) + "px";
    // Not before it is needed: the engine scrolls by itself while nobody may say no.
    if (top > heightMax && !this.hasWheel) this.box.addEventListener("wheel", event => this.#wheel(event), {passive: false});
    this.hasWheel ||= top > heightMax;
    this.draw();
  }
  get #ratio() { return this.#height > heightMax ? (this.#height - this.box.clientHeight) / (heightMax - this.box.clientHeight) : 1; }
  get top() {
    const ratio = this.#ratio, top = this.box.scrollTop * ratio;
    return this.#exact !== null && ratio > 1 && Math.abs(this.#exact - top) < 2 * ratio ? this.#exact : top;
  }
  scrollTo(top) {
    const most = Math.max(0, this.#height - this.box.clientHeight);
    this.#exact = Math.max(0, Math.min(most, top));
    this.box.scrollTop = this.#exact / this.#ratio;
    this.draw();
  }
  get isAtEnd() { return this.top + this.box.clientHeight >= this.#height - 2 * rowHeight; }
  toEnd() { this.scrollTo(this.#height); }
  #wheel(event) {
    if (this.#ratio === 1 || event.ctrlKey || !event.deltaY) return;
    event.preventDefault();
    this.scrollTo(this.top + event.deltaY * (event.deltaMode === 1 ? rowHeight : 1));
  }
  #topOf(row) {
    const part = this.#parts.find(part => part.kind === "rows" && part.from <= row && row < part.to);
    return part ? part.top + (row - part.from) * rowHeight : null;
  }
  /** Opens what hides the row, and scrolls so that it stands in the upper third. */
  show(row, place = 0.33) {
    for (const [first, behind] of this.folds) if (first <= row && row < behind) this.folds.delete(first);
    this.open.add(this.sectionOf(row));
    this.layout();
    const top = this.#topOf(row);
    if (top !== null) this.scrollTo(top - this.box.clientHeight * place);
  }
  isSeen(row) {
    const top = this.#topOf(row);
    return top !== null && top >= this.top && top + rowHeight <= this.top + this.box.clientHeight;
  }
  showSection(index) {
    this.open.add(index);
    this.layout();
    const part = this.#parts.find(part => part.kind === "head" && part.section === index);
    if (part) this.scrollTo(part.top);
  }
  draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => { this.#isDrawing = false; this.#drawNow(); });
  }
  #drawNow() {
    const top = this.top, from = top - spare, to = top + this.box.clientHeight + spare, shift = this.box.scrollTop - top;
    const kept = new Map();
    const put = (key, make, y) => {
      let element = this.#elements.get(key);
      if (!element) { element = make(); this.sheet.append(element); }
      element.style.transform = `translateY(${y + shift}px)`;
      kept.set(key, element);
    };
    let first = Infinity, last = -1;
    for (const part of this.#parts) {
      if (part.top > to) break;
      if (part.top + part.height < from) continue;
      if (part.kind === "head") {
        const isOpen = this.open.has(part.section), {status, name} = this.sections[part.section];
        put(`head ${part.section} ${isOpen} ${status} ${name}`, () => this.drawHead(part.section, isOpen), part.top);
        continue;
      }
      const low = part.from + Math.max(0, Math.floor((from - part.top) / rowHeight));
      const high = Math.min(part.to, part.from + Math.ceil((to - part.top) / rowHeight));
      if (low >= high) continue;
      first = Math.min(first, low);
      last = Math.max(last, high);
      for (let row = low; row < high; row++) {
        const line = this.rows.line(row), isPicked = this.picked && this.picked[0] <= row + 1 && row < this.picked[1];
        const key = `${row} ${line === undefined ? "" : this.rows.depth(row)} ${isPicked ? "p" : ""} ${this.folds.has(row + 1) ? "f" : ""} ${this.needle} ${this.hit === row ? "h" : ""}`;
        put(key, () => this.#row(row, line, isPicked), part.top + (row - part.from) * rowHeight);
      }
    }
    for (const [key, element] of this.#elements) if (!kept.has(key)) element.remove();
    this.#elements = kept;
    if (last > first) this.rows.want(first, last);
  }
  #row(row, line, isPicked) {
    const element = document.createElement("div"), link = document.createElement("a"), gap = document.createElement("i"), time = document.createElement("time"), text = document.createElement("span");
    const {time: at, kind, spans} = line === undefined ? {time: "", kind: "plain", spans: [{text: "…", classes: "dm"}]} : viewOf(line);
    element.className = `line ${kind}${isPicked ? " picked" : ""}${this.hit === row ? " hit" : ""}`;
    element.id = "L" + (row + 1);
    link.href = "#" + element.id;
    // The number is a link in the line's text, however short the line is: small links of their own would have to be larger.
    link.textContent = String(row + 1).padStart(7);
    gap.textContent = "\u200b";
    time.textContent = at.slice(11, 23);
    time.title = at;
    const depth = Math.min(8, this.rows.depth(row));
    if (depth) text.classList.add("in" + depth);
    if (kind === "group") {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fold";
      button.dataset.group = row;
      button.setAttribute("aria-expanded", !this.folds.has(row + 1));
      button.setAttribute("aria-label", "the group's lines");
      text.append(button);
      this.#fill(text, spans);
    } else if (kind !== "endgroup") this.#fill(text, spans);
    element.append(link, gap, time, text);
    return element;
  }
  #fill(parent, spans) {
    for (const {text, classes} of spans) {
      const span = document.createElement("span");
      if (classes) span.className = classes;
      let from = 0;
      if (this.needle) {
        const low = text.toLowerCase();
        for (let at; low.length === text.length && (at = low.indexOf(this.needle, from)) >= 0; from = at + this.needle.length) {
          const mark = document.createElement("mark");
          mark.textContent = text.slice(at, at + this.needle.length);
          span.append(text.slice(from, at), mark);
        }
      }
      span.append(text.slice(from));
      parent.append(span);
    }
  }
  async toggleGroup(row) {
    if (!this.folds.delete(row + 1)) this.folds.set(row + 1, await this.rows.groupEnd(row, this.end(this.sectionOf(row))));
    this.layout();
  }
}
