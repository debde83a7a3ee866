/* The digits answer the sentence that has the focus, and the next one gets it. Without this script the arrow keys answer,
   as in every group of radio buttons. The keys do nothing outside of these groups: whoever types a note types a note. */
"use strict";
(() => {
  const form = document.querySelector(".log-form");
  const groups = [...form.querySelectorAll("fieldset.ask")];
  const first = (group) => group?.querySelector(":checked") ?? group?.querySelector("input");

  for (const hint of form.querySelectorAll("[data-with-keys]")) hint.hidden = false;

  form.addEventListener("keydown", (event) => {
    const group = event.target.closest("[data-digits]");
    if (!group || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    const answer = group.querySelectorAll("input")[event.key - 1];
    if (!answer) return;
    event.preventDefault();
    answer.click();
    const shown = groups.filter((other) => other.checkVisibility());
    (first(shown[shown.indexOf(group) + 1]) ?? answer).focus();
  });

  // With nothing to mend, and nobody who has gone elsewhere yet, the first sentence waits for its digit.
  const question = form.querySelector("[data-digits]");
  const isFree = document.activeElement === document.body || document.activeElement.matches("[role=status]");
  if (!("errors" in form.dataset) && isFree) {
    first(question)?.focus({ preventScroll: true });
  }
})();
