// The page of a job: its log, followed while it grows, with folding, search, and links to lines.
import {onKey, renewTimes} from "./frame.js";
import {subscribe} from "./live.js";
import {LogRows} from "./log-rows.js";
import {LogView} from "./log-view.js";
import {viewOf} from "./terminal.js";

const root = document.getElementById("joblog");
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
function icon(status) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS(svg.namespaceURI, "use"), title = document.createElementNS(svg.namespaceURI, "title");
  svg.setAttribute("class", `icon ${status}`);
  svg.setAttribute("role", "img");
  title.textContent = status;
  use.setAttribute("href", `#i-${status}`);
  svg.append(title, use);
  return svg;
}
function tookWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000)), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  const two = (large, unit, small, smaller) => small ? `${large} ${unit} ${small} ${smaller}` : `${large} ${unit}`;
  return hours ? two(hours, "h", minutes % 60, "m") : minutes ? two(minutes, "m", seconds % 60, "s") : `${seconds} s`;
}
// The page's head from the server: its own markup, escaped there.
async function renewHead() {
  const answer = await fetch(location.pathname);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), head = fresh.getElementById("jobhead");
  if (head) document.getElementById("jobhead").replaceWith(head);
  const absence = fresh.getElementById("nolog");
  if (absence) document.getElementById("nolog")?.replaceWith(absence);
  renewTimes();
  return fresh;
}
// No runner has begun: the page is loaded anew when there is a log. Of a job that is done none comes any more.
function awaitLog() {
  const job = /\/jobs\/(\d+)/.exec(location.pathname)?.[1];
  const isDone = () => document.getElementById("jobhead")?.dataset.done !== "false";
  if (!job || isDone()) return;
  let status, timer, end;
  const look = async () => {
    const fresh = await renewHead().catch(() => null);
    if (fresh?.getElementById("joblog")) location.reload();
    else if (isDone()) { end(); clearInterval(timer); }
  };
  end = subscribe(`log:${job}`, message => {
    if (message.kind !== "job") return;
    if (message.sections.length || status && status !== message.status) look();
    status = message.status;
  });
  timer = setInterval(() => { if (!document.hidden) look(); }, 10000);
}

function begin() {
  const {job, address, total, error} = root.dataset;
  const box = root.querySelector(".log"), steps = root.querySelector(".steps ol"), bar = root.querySelector(".logbar");
  root.classList.add("live");
  const rows = new LogRows(address, Number(total), () => view.draw());
  const view = new LogView(box, rows, {drawHead});
  let current = Number(root.dataset.open), isDone = root.dataset.done === "true", status, unseen = 0, isFollowing = false, anchor = null;

  view.sections = [...steps.children].map(item => ({
    name: item.querySelector(".name").textContent, status: item.dataset.status, start: item.dataset.start === "" ? null : Number(item.dataset.start),
    started: Number(item.dataset.started) || null, stopped: Number(item.dataset.stopped) || null,
  }));
  view.open.add(current);
  // A runner that said nothing of the step's rows: they stand in the next section that failed.
  if (view.sections[current]?.status === "failure" && view.end(current) === view.sections[current].start) {
    const next = view.sections.findIndex(({status, start}, index) => status === "failure" && start !== null && view.end(index) > start);
    if (next >= 0) view.open.add(next);
  }

  function drawHead(index, isOpen) {
    const {name, status, start} = view.sections[index];
    const count = view.end(index) - start;
    const button = element("button", {type: "button", className: "fold"}, icon(status), element("span", {className: "name", textContent: name}), element("small", {textContent: `${count} line${count === 1 ? "" : "s"}`}));
    button.setAttribute("aria-expanded", isOpen);
    button.dataset.section = index;
    return element("div", {className: "sectionhead"}, button);
  }
  function drawSteps() {
    view.sections.forEach((section, index) => {
      const item = steps.children[index] ?? steps.appendChild(element("li", {}, element("a", {}, "", element("span", {className: "name"}), element("span", {className: "took"}))));
      const link = item.firstElementChild;
      if (item.dataset.status !== section.status || !link.querySelector("svg")) {
        item.dataset.status = section.status;
        item.className = section.status;
        link.querySelector("svg")?.remove();
        link.prepend(icon(section.status));
      }
      link.href = `#step-${index}`;
      link.querySelector(".name").textContent = section.name;
      link.querySelector(".took").textContent = section.started ? tookWords((section.stopped ?? Date.now()) - section.started) : "";
      if (index === current) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    });
  }
  function goToStep(index) {
    const begun = view.sections[index];
    if (!begun || begun.start === null) return;
    current = index;
    stopFollowing();
    view.showSection(index);
    drawSteps();
  }
  steps.addEventListener("click", event => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const index = [...steps.children].indexOf(link.parentElement);
    history.replaceState(null, "", `#step-${index}`);
    goToStep(index);
  });
  box.addEventListener("click", event => {
    const fold = event.target.closest("button.fold") ?? event.target.closest(".line.group > span")?.querySelector("button");
    if (fold?.dataset.group) { view.toggleGroup(Number(fold.dataset.group)); return; }
    if (fold) {
      const index = Number(fold.dataset.section);
      if (!view.open.delete(index)) { view.open.add(index); current = index; drawSteps(); }
      view.layout();
      box.querySelector(`button[data-section="${index}"]`)?.focus();
      return;
    }
    const link = event.target.closest(".line > a");
    if (!link) return;
    event.preventDefault();
    const number = Number(link.textContent);
    if (!event.shiftKey || anchor === null) anchor = number;
    pick(Math.min(anchor, number), Math.max(anchor, number));
  });

  // Lines that a link names.
  function pick(first, last) {
    view.picked = [first, last];
    history.replaceState(null, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    view.draw();
  }
  function showNamed() {
    const named = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash), step = /^#step-(\d+)$/.exec(location.hash);
    if (step) { goToStep(Number(step[1])); return true; }
    if (!named) return false;
    const one = Number(named[1]), other = Number(named[2] ?? one), first = Math.max(1, Math.min(one, other)), last = Math.min(Math.max(one, other), rows.total);
    if (first > rows.total) { say(`The log has ${rows.total} lines; there is no line ${first}.`); return false; }
    anchor = first;
    view.picked = [first, last];
    stopFollowing();
    view.show(first - 1);
    return true;
  }
  addEventListener("hashchange", showNamed);

  // The bar.
  const tell = element("span", {className: "quiet"});
  tell.setAttribute("role", "status");
  function say(words) { tell.textContent = words; }
  const field = element("input", {type: "search", placeholder: "Search", maxLength: 200}), count = element("span", {className: "quiet count"});
  field.setAttribute("aria-label", "Search in the log");
  count.setAttribute("role", "status");
  const button = (words, label, act) => {
    const made = element("button", {type: "button", textContent: words, onclick: act});
    if (label) made.setAttribute("aria-label", label);
    return made;
  };
  const times = button("Times", "", () => setTimes(localStorage.getItem("millrace.times") !== "on"));
  function setTimes(isOn) {
    localStorage.setItem("millrace.times", isOn ? "on" : "off");
    box.classList.toggle("times", isOn);
    times.setAttribute("aria-pressed", isOn);
  }
  const follow = button("Follow", "", () => isFollowing ? stopFollowing() : startFollowing());
  const chip = button("", "", () => startFollowing());
  chip.className = "chip";
  chip.hidden = true;
  box.parentElement.append(chip);
  const search = element("form", {className: "search"}, field, button("↑", "previous match", () => goToHit(-1)), button("↓", "next match", () => goToHit(1)), count);
  search.setAttribute("role", "search");
  bar.prepend(search, times, follow, button("Copy", "copy the lines chosen, or the step", copy));
  bar.append(tell);
  setTimes(localStorage.getItem("millrace.times") === "on");

  async function copy() {
    const [first, last] = view.picked ?? [view.sections[current].start + 1, view.end(current)];
    const most = Math.min(last, first + 9999);
    const texts = (await rows.texts(first - 1, most)).map(line => viewOf(line).spans.map(span => span.text).join(""));
    await write(texts.join("\n") + "\n", `Copied ${most - first + 1} line${most === first ? "" : "s"}.`);
  }
  async function copyLink() {
    if (!view.picked) { await write(location.href, "Copied the address."); return; }
    const [first, last] = view.picked;
    const texts = (await rows.texts(first - 1, Math.min(last, first + 999))).map(line => viewOf(line).spans.map(span => span.text).join(""));
    await write(`${location.href}\n${texts.join("\n")}\n`, first === last ? `Copied line ${first} with its link.` : `Copied lines ${first} to ${last} with their link.`);
  }
  async function write(text, words) {
    try { await navigator.clipboard.writeText(text); say(words); } catch { say("The browser lets no page copy here: select the text and press Ctrl-C."); }
  }

  // Search, on the server: it goes on until the end of the log, or until there are more than anybody looks through.
  const hitsMax = 10000;
  let hits = [], at = -1, isWhole = true, searchNumber = 0, timer;
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 250); });
  search.addEventListener("submit", event => { event.preventDefault(); });
  field.addEventListener("keydown", event => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (view.needle !== field.value.toLowerCase()) { clearTimeout(timer); find(); } else goToHit(event.shiftKey ? -1 : 1);
  });
  async function find() {
    const own = ++searchNumber, text = field.value;
    [hits, at, isWhole] = [[], -1, false];
    view.needle = text.toLowerCase();
    view.hit = null;
    view.draw();
    if (!text) { count.textContent = ""; return; }
    count.textContent = "…";
    const near = Math.max(0, Math.floor(view.top / 20) - 1);
    for (let from = 0; from !== undefined && hits.length < hitsMax;) {
      const answer = await fetch(`${root.dataset.search}?q=${encodeURIComponent(text)}&from=${from}`).catch(() => null);
      if (own !== searchNumber) return;
      if (!answer?.ok) { count.textContent = answer ? (await answer.text()).slice(0, 200) : "the server cannot be reached"; return; }
      const found = await answer.json();
      hits.push(...found.rows);
      from = found.next;
      isWhole = from === undefined;
      if (at < 0 && hits.length) { at = -1; goToHit(1, near); }
      showCount();
    }
    showCount();
  }
  function showCount() { count.textContent = hits.length ? `${at + 1} of ${hits.length}${isWhole ? "" : "+"}` : isWhole ? "none" : "…"; }
  function goToHit(by) {
    if (!hits.length) return;
    at = (at + by + hits.length) % hits.length;
    view.hit = hits[at];
    stopFollowing();
    if (view.isSeen(hits[at])) view.draw(); else view.show(hits[at]);
    showCount();
  }

  // Following: until somebody scrolls up.
  function startFollowing() {
    isFollowing = true;
    unseen = 0;
    chip.hidden = true;
    follow.setAttribute("aria-pressed", "true");
    const last = view.sections.findLastIndex(section => section.start !== null);
    if (last >= 0 && !view.open.has(last)) { view.open.add(last); current = last; drawSteps(); view.layout(); }
    view.toEnd();
  }
  function stopFollowing() {
    isFollowing = false;
    follow.setAttribute("aria-pressed", "false");
  }
  let lastTop = 0;
  box.addEventListener("scroll", () => {
    if (isFollowing && box.scrollTop < lastTop - 4 && !view.isAtEnd) stopFollowing();
    if (!isFollowing && unseen && view.isAtEnd) { unseen = 0; chip.hidden = true; }
    lastTop = box.scrollTop;
  }, {passive: true});

  // What happens.
  function take(message) {
    if (message.kind === "log") {
      const before = rows.total;
      rows.append(message.from, message.text, message.total);
      isDone ||= message.done;
      unseen += rows.total - before;
      view.layout();
      if (isFollowing) { unseen = 0; view.toEnd(); } else if (unseen && !view.isAtEnd) {
        chip.textContent = `${unseen} new line${unseen === 1 ? "" : "s"} ↓`;
        chip.hidden = false;
      }
      if (isDone) { stop(); renewHead(); }
    } else if (message.kind === "job") {
      const had = view.sections.map(section => section.start !== null);
      view.sections = message.sections.map(section => ({...section, start: section.start ?? null}));
      view.sections.forEach((section, index) => {
        // The step that runs is open while it is followed; what ended well folds behind it.
        if (section.start === null || had[index] || !isFollowing) return;
        for (const other of view.open) if (view.sections[other].status === "success") view.open.delete(other);
        view.open.add(index);
        current = index;
      });
      const failed = view.sections.findIndex(section => section.status === "failure");
      if (failed >= 0) view.open.add(failed);
      drawSteps();
      view.layout();
      if (isFollowing) view.toEnd();
      if (status && status !== message.status) renewHead();
      status = message.status;
    } else if (message.kind === "gone") {
      stop();
      say(`This log is not to be seen any more: ${message.words}`);
    } else if (message.kind === "state" && !isDone) {
      say({polling: "Many pages are open: this one looks every few seconds.", waiting: "The server cannot be reached; trying again …"}[message.state] ?? "");
    }
  }
  let stop = () => {};
  drawSteps();
  view.layout();
  if (!isDone) {
    const end = subscribe(`log:${job}`, take, rows.total);
    const ticking = setInterval(drawSteps, 1000);
    stop = () => { end(); clearInterval(ticking); stop = () => {}; say(""); follow.hidden = true; };
  } else follow.hidden = true;
  function reveal() { if (box.getBoundingClientRect().bottom > innerHeight) box.scrollIntoView({block: "end"}); }
  if (!showNamed()) {
    if (error) view.show(Number(error) - 1);
    else if (!isDone) startFollowing();
    else if (view.sections[current]) view.showSection(current);
  }
  reveal();

  onKey("[", "the step before", () => goToStep(begunBeside(-1)));
  onKey("]", "the next step", () => goToStep(begunBeside(1)));
  function begunBeside(by) {
    for (let index = current + by; index >= 0 && index < view.sections.length; index += by) if (view.sections[index].start !== null) return index;
    return current;
  }
  onKey("e", "the first error", () => { if (!error) { say("No line is marked as an error."); return; } stopFollowing(); view.picked = [Number(error), Number(error)]; view.show(Number(error) - 1); });
  onKey("f", "follow the end", () => { if (isFollowing) stopFollowing(); else startFollowing(); });
  onKey("y", "copy the lines chosen, with their link", copyLink);
}

if (root) begin(); else awaitLog();
