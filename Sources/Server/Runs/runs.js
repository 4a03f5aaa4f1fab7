// Keeps a list or a page of runs true while it is open: what the server has drawn anew takes the place of what is there.
import {renewTimes, addCopyButtons} from "./frame.js";
import {subscribe} from "./live.js";

const pauseMilliseconds = 1000; // between two fetches of one part: a busy run changes many times a second

/** Fetches a part and exchanges it, with what was unfolded, and the focus, kept. */
async function renew(id) {
  const part = document.getElementById(id), at = document.activeElement;
  // Whoever types is not disturbed; the next look comes soon.
  if (part.contains(at) && at.matches("input,textarea,select")) return false;
  const answer = await fetch(part.dataset.fresh, {headers: {Accept: "text/html"}});
  if (!answer.ok) return true;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (!fresh) return true;
  for (const details of part.querySelectorAll("details[id]")) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = details.open;
  }
  const name = element => element.id || element.getAttribute("href") || element.textContent;
  const focus = part.contains(document.activeElement) ? name(document.activeElement) : null;
  part.replaceWith(fresh);
  renewTimes(fresh);
  addCopyButtons(fresh);
  if (focus) [...fresh.querySelectorAll("a[href],button,summary,[tabindex]")].find(e => name(e) === focus)?.focus({preventScroll: true});
  return true;
}

for (const {id, dataset} of document.querySelectorAll("[data-fresh][data-topic]")) {
  let isDue = false, isBusy = false;
  const run = async () => {
    if (isBusy) return;
    isBusy = true;
    while (isDue) {
      isDue = false;
      try { if (!await renew(id)) isDue = true; } catch { /* the server is away; the stream tells when it is back */ }
      await new Promise(done => setTimeout(done, pauseMilliseconds));
    }
    isBusy = false;
  };
  subscribe(dataset.topic, message => {
    if (message.kind !== "changed") return;
    isDue = true;
    run();
  });
}
