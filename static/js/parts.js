/* What htmx reads of an answer may become markup: it is parsed apart from the page, where nothing runs, and its scripts are
   taken out. No other text may. */
"use strict";
globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (text, _kind, sink) =>
    ["Document parseHTMLUnsafe", "DOMParser parseFromString"].includes(sink) ? text : null,
});
