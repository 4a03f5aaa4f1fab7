// Keeps a list or a page of runs true while it is open: what the server has drawn anew takes the place of what is there.
import {renewTimes, addCopyButtons} from "./frame.js";

const open = root => [...root.querySelectorAll("details[id]")].map(details => [details.id, details.open]);

/** Fetches a part and exchanges it, with what was unfolded, and the focus, kept. */
export async function renew(part) {
  const answer = await fetch(part.dataset.fresh, {headers: {Accept: "text/html"}});
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (!fresh) return;
  const focus = document.activeElement?.id || document.activeElement?.getAttribute?.("href");
  for (const [id, wasOpen] of open(part)) {
    const details = fresh.querySelector(`#${CSS.escape(id)}`);
    if (details) details.open = wasOpen;
  }
  const had = part.contains(document.activeElement);
  part.replaceWith(fresh);
  renewTimes(fresh);
  addCopyButtons(fresh);
  if (had && focus) {
    [...fresh.querySelectorAll("[id],a[href]")].find(e => e.id === focus || e.getAttribute("href") === focus)?.focus();
  }
}
