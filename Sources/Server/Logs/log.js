
// The page's script: it follows logs that grow, loads rows between those shown, and finds a line that a link names.
//
// Rows become text nodes, never markup. Without it the page shows what it has, and gaps are links to plain text.
const rowsAtOnce = 1000;     // of one load; LogRangeLimits.linesMax is the server's bound
const rowsGrowingMax = 3000; // kept of a step that grows: older ones leave the page, not the log

// What a terminal shows of a line, as Domain/Logs/TerminalLine.swift has it: wipes are noted, and looked up once at the end.
function asTerminalShows(text) {
  if (!/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) return text;
  const cells = [], writtenAt = [], wipedAt = [];
  let length = 0, cursor = 0, step = 0, clearedAt = 0;
  for (const [part] of text.matchAll(/\x1b\[[^@-~]*[@-~]?|\x1b\][^\x07\x1b]*(?:\x07|\x1b.?)?|\x1b.?|./gsu)) {
    step++;
    if (part === "\r") cursor = 0;
    else if (part === "\b") cursor = Math.max(0, cursor - 1);
    else if (part === "\x1b[K" || part === "\x1b[0K") length = Math.min(length, cursor);
    else if (part === "\x1b[1K") { if (length > 0) wipedAt[Math.min(cursor, length - 1)] = step; }
    else if (part === "\x1b[2K") { length = 0; clearedAt = step; }
    else if (part[0] === "\x1b" || /^[\x00-\x08\x0a-\x1f\x7f]$/.test(part)) continue;
    else {
      length = Math.max(length, cursor + 1);
      if (cursor === cells.length) wipedAt.push(0);
      cells[cursor] = part;
      writtenAt[cursor++] = step;
    }
  }
  for (let at = cells.length - 1, wiped = clearedAt; at >= 0; at--) {
    wiped = Math.max(wiped, wipedAt[at]);
    if (writtenAt[at] <= wiped) cells[at] = " ";
  }
  return cells.slice(0, length).join("");
}
const marker = /^(?:##\[(group|endgroup|error|warning|notice|debug|command|section)\]|::(group|endgroup|error|warning|notice|debug|command|section)(?: .*?)?::)/is;

function makeRow(job, number, line) {
  const space = line.indexOf(" ");
  const row = document.createElement("div"), link = document.createElement("a"), text = document.createElement("span");
  const shown = asTerminalShows(line.slice(space + 1)), found = marker.exec(shown);
  row.className = "row " + (found ? (found[1] ?? found[2]).toLowerCase() : "plain");
  row.id = `${job.id}-L${number}`;
  link.href = "#" + row.id;
  link.textContent = number;
  text.title = line.slice(0, space);
  text.textContent = found ? shown.slice(found[0].length) : shown;
  row.append(link, text);
  return row;
}
function makeRows(job, first, text) {
  const lines = text.split("\n");
  lines.pop();
  const before = document.getElementById(`${job.id}-L${first}`)?.classList;
  let isInGroup = before ? before.contains("in") || before.contains("group") : false;
  return lines.map((line, index) => {
    const row = makeRow(job, first + index + 1, line);
    if (row.classList.contains("group") || row.classList.contains("endgroup")) isInGroup = false;
    row.classList.toggle("in", isInGroup);
    if (row.classList.contains("group")) isInGroup = true;
    return row;
  });
}
// A group is folded and unfolded by its heading.
document.addEventListener("click", event => {
  const heading = event.target.closest(".row.group > span")?.parentElement;
  if (!heading) return;
  const isFolded = heading.classList.toggle("folded");
  for (let row = heading.nextElementSibling; row?.classList.contains("in"); row = row.nextElementSibling) row.hidden = isFolded;
});

// Rows between those shown.
function makeGap(job, from, to) {
  const gap = document.createElement("a");
  gap.className = "gap";
  gap.href = `${job.dataset.part}/log?from=${from}&lines=${Math.min(to - from, rowsAtOnce)}`;
  gap.dataset.from = from;
  gap.dataset.to = to;
  gap.textContent = `show lines ${from + 1} to ${to}`;
  return gap;
}
async function fill(gap, from) {
  const job = gap.closest("section.job"), first = Number(gap.dataset.from), end = Number(gap.dataset.to);
  const answer = await fetch(`${job.dataset.part}/log?from=${from}&lines=${Math.min(end - from, rowsAtOnce)}`);
  if (!answer.ok || !gap.isConnected) return;
  const rows = makeRows(job, from, await answer.text()), next = from + rows.length;
  if (from > first) rows.unshift(makeGap(job, first, from));
  if (next < end) rows.push(makeGap(job, next, end));
  gap.replaceWith(...rows);
}
document.addEventListener("click", event => {
  const gap = event.target.closest("a.gap");
  if (!gap) return;
  event.preventDefault();
  fill(gap, Number(gap.dataset.from));
});

// A link to one line: #job-5-L12.
async function showLinked() {
  const named = /^#(job-\d+)-L(\d+)$/.exec(location.hash);
  const job = named && document.getElementById(named[1]);
  if (!job) return;
  const row = Number(named[2]) - 1;
  if (!document.getElementById(location.hash.slice(1))) {
    const gap = [...job.querySelectorAll("a.gap")].find(g => g.dataset.from <= row && row < g.dataset.to);
    if (gap) await fill(gap, Math.max(Number(gap.dataset.from), row - 20));
  }
  const line = document.getElementById(location.hash.slice(1));
  if (!line) return;
  line.closest("details").open = true;
  line.scrollIntoView({block: "center"});
}
addEventListener("hashchange", showLinked);
showLinked();

// Logs that grow: one held request each, answered when there is something.
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
async function renew(job) {
  const answer = await fetch(job.dataset.part + "/view");
  if (!answer.ok) return job;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text(); // the server's own page part, escaped there as the page is
  const fresh = holder.content.firstElementChild, opened = [...job.querySelectorAll("details")];
  fresh.querySelectorAll("details").forEach((part, index) => { if (opened[index]?.open) part.open = true; });
  job.replaceWith(fresh);
  return fresh;
}
async function follow(job) {
  while (job.dataset.done !== "true") {
    const answer = await fetch(`${job.dataset.live}?from=${job.dataset.next}`).catch(() => null);
    if (!answer || answer.status >= 500) { await pause(3000); continue; }
    if (!answer.ok) return;
    const growing = job.querySelector("[data-growing]"), text = await answer.text();
    if (growing) {
      growing.append(...makeRows(job, Number(job.dataset.next), text));
      while (growing.childElementCount > rowsGrowingMax) growing.firstElementChild.remove();
    }
    job.dataset.next = answer.headers.get("X-Millrace-Next-Row");
    const isDone = answer.headers.get("X-Millrace-Done") === "true";
    if (isDone || answer.headers.get("X-Millrace-View") !== job.dataset.mark) job = await renew(job);
    if (isDone) job.dataset.done = "true";
  }
}
const growing = [...document.querySelectorAll("section.job")].filter(job => job.dataset.done !== "true");
if (growing.length) Promise.all(growing.map(follow)).then(() => location.reload());
