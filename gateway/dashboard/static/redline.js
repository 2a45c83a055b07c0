// Fetches the changing part of the page, rendered and escaped on the server, every few seconds while it is looked at.
"use strict";
const live = document.getElementById("live");
const stale = document.getElementById("stale");
const EVERY = 3000;

async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(live.dataset.from, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = live.querySelector("details")?.open;
      live.replaceChildren(...fresh.body.childNodes);
      const details = live.querySelector("details");
      if (details && open) details.open = true;
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  }
  setTimeout(refresh, EVERY);
}
setTimeout(refresh, EVERY);
