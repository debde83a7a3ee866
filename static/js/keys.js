// The key "/" leads to the search of a list. Only where the page loads it: it can be switched off on the page "You".
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.querySelector("[aria-keyshortcuts='/']");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
