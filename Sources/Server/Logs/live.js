// What changes on the server, told to a page: `subscribe("run:7", message => …)`.
//
// Topics: "run:ID" and "runs:REPOSITORY" (messages {kind: "changed", mark}; the first comes at once), "log:JOB" ({kind: "log", from,
// next, total, done, text} and {kind: "job", status, sections …}). All of them: {kind: "gone", status, words}, when the topic may not be
// seen any more, and {kind: "state", state}: "open", "waiting" (for the server), "polling" (too many are open).
// One stream serves all pages of a browser (live-worker.js); where there are no such workers, one serves a page.
import {LiveStream} from "./live-stream.js";

const hiddenMax = 300000;      // a page that nobody looks at for so long lets go of its topics until somebody does
const topics = new Map();      // topic → {position, handlers}
let link;                      // {add, show, remove, leave}
let isAsleep = false;

function local() {
  const stream = new LiveStream(), page = {take};
  return {add: (topic, position) => stream.add(page, topic, position), show: (topic, position) => stream.show(page, topic, position), remove: topic => stream.remove(page, topic), leave: () => stream.remove(page)};
}
function shared() {
  const worker = new SharedWorker("./live-worker.js", {type: "module", name: "millrace-live"});
  worker.onerror = () => { if (link !== undefined) { link = local(); addAll(); } };
  worker.port.onmessage = ({data}) => {
    if (data.kind === "ping") { if (!isAsleep) worker.port.postMessage({act: "here"}); } else take(data);
  };
  worker.port.start();
  return {
    add: (topic, position) => worker.port.postMessage({act: "add", topic, position}),
    show: (topic, position) => worker.port.postMessage({act: "show", topic, position}),
    remove: topic => worker.port.postMessage({act: "remove", topic}),
    leave: () => worker.port.postMessage({act: "leave"}),
  };
}
function open() {
  if (link) return;
  try { link = typeof SharedWorker === "undefined" ? local() : shared(); } catch { link = local(); }
}
function addAll() { for (const [topic, entry] of topics) link.add(topic, entry.position); }

function take(message) {
  const entries = message.topic ? [topics.get(message.topic)].filter(Boolean) : [...topics.values()];
  for (const entry of entries) {
    if (message.kind === "log") {
      // Rows that another page of this browser lacked, and this one has.
      if (message.next <= (entry.position ?? 0) && !message.done) continue;
      const known = (entry.position ?? 0) - message.from;
      entry.position = Math.max(entry.position ?? 0, message.next);
      if (known > 0) message = {...message, from: message.from + known, text: message.text.split("\n").slice(known).join("\n")};
    }
    if (message.kind === "changed") {
      if (entry.position === message.mark) continue;
      entry.position = message.mark;
    }
    for (const handler of entry.handlers) handler(message);
  }
}

/**
 * Calls `handler` with what happens to the topic.
 * @param position what the page has of it: the first row that it lacks of a log, the mark of a run
 * @returns a function that ends it
 */
export function subscribe(topic, handler, position) {
  open();
  let entry = topics.get(topic);
  if (!entry) topics.set(topic, entry = {position, handlers: new Set()});
  entry.handlers.add(handler);
  if (!isAsleep) link.add(topic, entry.position);
  return () => {
    entry.handlers.delete(handler);
    if (entry.handlers.size || topics.get(topic) !== entry) return;
    topics.delete(topic);
    link.remove(topic);
  };
}

function sleep() { if (link && !isAsleep) { isAsleep = true; link.leave(); } }
function wake() {
  if (document.hidden) return;
  if (!isAsleep) {
    // A stream has room for the topics that were looked at last.
    if (link) for (const [topic, entry] of topics) link.show(topic, entry.position);
    return;
  }
  isAsleep = false;
  link = undefined;
  open();
  addAll();
}
let timer;
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) timer = setTimeout(sleep, hiddenMax); else wake();
});
addEventListener("pagehide", sleep);
addEventListener("pageshow", wake);
