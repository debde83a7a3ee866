/* Leaves a client's page at once, by its link or by Escape three times, for a blank one that takes its place: going back
   does not lead to it. Where an earlier page of ours comes back, it leaves as well, until a link is opened anew. Without
   this script the link leads to the blank page. */
"use strict";
(() => {
  const HAS_LEFT = "alliance-has-left";
  const BLANK = "about:blank";
  const WITHIN = 2000; // milliseconds for the three; convention of this app
  const presses = [];
  const store = (() => {
    try {
      return sessionStorage;
    } catch {
      return null; // switched off
    }
  })();

  const leave = () => {
    document.documentElement.hidden = true;
    store?.setItem(HAS_LEFT, "yes");
    location.replace(BLANK);
  };

  const cameBack = (event) => {
    const isBack = event?.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (!isBack) return store?.removeItem(HAS_LEFT);
    if (store?.getItem(HAS_LEFT)) leave();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-leave]")) return;
    event.preventDefault();
    leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses.push(event.timeStamp);
    if (presses.length >= 3 && event.timeStamp - presses.at(-3) < WITHIN) leave();
  });
  addEventListener("pageshow", (event) => event.persisted && cameBack(event));
  cameBack();
})();
