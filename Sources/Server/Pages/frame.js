// What every page has: times that stay true, copy buttons, keys. Pages work without it.

// The words of Domain/Pages/SpanWords.swift; a test compares both.
export function agoWords(moment, now) {
  const away = now - moment, seconds = Math.floor(Math.abs(away) / 1000);
  const plural = (count, unit) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  let words;
  if (seconds < 45) return "just now";
  if (seconds < 45 * 60) words = `${Math.max(1, Math.floor((seconds + 30) / 60))} min`;
  else if (seconds < 22 * 3600) words = plural(Math.max(1, Math.floor((seconds + 1800) / 3600)), "hour");
  else if (seconds <= 30 * 86400) words = plural(Math.max(1, Math.floor((seconds + 43200) / 86400)), "day");
  else return new Date(moment).toISOString().slice(0, 10);
  return away < 0 ? `in ${words}` : `${words} ago`;
}

/** Makes the times below `root` say how long ago they are, and in their title the exact time of the viewer's zone. */
export function renewTimes(root = document) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = Date.parse(time.dateTime);
    if (Number.isNaN(moment)) continue;
    const words = agoWords(moment, now);
    if (time.textContent !== words) time.textContent = words;
    time.title = new Date(moment).toLocaleString(undefined, {dateStyle: "full", timeStyle: "long"});
  }
}

/** Adds the buttons that copy what stands in `.copy`. */
export function addCopyButtons(root = document) {
  for (const box of root.querySelectorAll(".copy")) {
    if (box.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = box.firstElementChild.textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch { // no permission, or no secure context: the text is selected, so that ctrl-c takes it
        getSelection().selectAllChildren(box.firstElementChild);
        button.textContent = "Press Ctrl-C";
        return;
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.append(button);
  }
}

// Keys. Pages add their own by `onKey`; keys in fields belong to the fields.
const keys = new Map();
/** @param words what the key does, for the list that `?` shows */
export function onKey(key, words, act) { keys.set(key, {words, act}); }
let pending = "";
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input,textarea,select,[contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const known = keys.get(pending + event.key) ?? keys.get(event.key);
  pending = event.key === "g" ? "g " : "";
  if (!known) return;
  if (known.act(event) !== false) event.preventDefault();
});

const repository = document.querySelector('nav[aria-label="Repository"] a')?.getAttribute("href");
onKey("g d", "the dashboard", () => { location.href = "/"; });
if (repository) onKey("g r", "the repository's runs", () => { location.href = repository + "/actions"; });
function step(by) {
  const rows = [...document.querySelectorAll(".rows [data-link]")];
  if (!rows.length) return false;
  const at = rows.findIndex(row => row.classList.contains("here"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  rows[at]?.classList.remove("here");
  next.classList.add("here");
  (next.querySelector("a") ?? next).focus();
  next.scrollIntoView({block: "nearest"});
}
onKey("j", "the next of a list", () => step(1));
onKey("k", "the previous of a list", () => step(-1));
onKey("Enter", "open", () => {
  const row = document.querySelector(".rows .here");
  if (!row || document.activeElement?.matches("a,button,summary")) return false;
  location.href = row.dataset.link;
});
onKey("/", "search", () => {
  const field = document.querySelector("input[type=search]");
  if (!field) return false;
  field.focus();
  field.select();
});
function showHelp() {
  let dialog = document.querySelector("dialog.keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.className = "keys";
    const heading = document.createElement("h2"), list = document.createElement("dl");
    heading.textContent = "Keyboard";
    for (const [key, {words}] of keys) {
      const term = document.createElement("dt"), what = document.createElement("dd");
      for (const part of key.split(" ")) {
        const name = document.createElement("kbd");
        name.textContent = part;
        term.append(name, " ");
      }
      what.textContent = words;
      list.append(term, what);
    }
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.append(heading, list, close);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}
onKey("?", "this list", showHelp);
const help = document.querySelector("[data-help]");
if (help) {
  help.hidden = false;
  help.addEventListener("click", showHelp);
}

// A menu closes when somebody clicks elsewhere or presses Escape.
addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
// A form is sent once, however often its button is pressed.
addEventListener("submit", event => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  if (event.target.method === "post") event.target.dataset.sent = "true";
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

renewTimes();
addCopyButtons();
setInterval(() => renewTimes(), 20000);
