/* Where the keyboard stands on a page that has something to say: a browser leaves out `autofocus` once the address names
   a place on the page, as after “Skip to the page”, a link to a case's supervision, or one to a field with an error.
   Such a link leads into the field here, to the first answer of several, and the address stays as it is. */
"use strict";
(() => {
  const place = location.hash && document.querySelector("[autofocus]");
  if (place) addEventListener("load", () => place.focus()); // once the browser has gone to its place

  document.getElementById("errors")?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const field = place?.matches("input, select, textarea") ? place : place?.querySelector("input, select, textarea");
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest("fieldset") ?? field.labels?.[0] ?? field).scrollIntoView({ block: "nearest" });
  });
})();
