/* A copy button beside a field; without this script the field is there to be selected by hand. */
"use strict";
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    const status = button.parentElement.querySelector("[role=status]");
    field.select();
    await navigator.clipboard.writeText(field.value);
    status.textContent = status.dataset.copied;
  });
}
