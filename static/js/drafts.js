/* Keeps what is typed while it is typed, on the server, sealed. Where the network is gone it waits in this browser,
   encrypted with a key that stands on the person's own pages only, and goes to the server when they are opened again.
   Without this script a form is kept once it was sent. */
"use strict";
(() => {
  const { keep, key, offline } = document.currentScript.dataset;
  const ENTRY = "alliance-draft.";
  const PAUSE = 1000; // milliseconds without a keystroke
  const PATIENCE = 8000; // milliseconds; then there is no network
  const ON_ITS_WAY = "alliance-on-its-way"; // the page that was left with something typed, and when
  const WAITS = 24 * 60 * 60 * 1000; // milliseconds, as long as the server keeps it
  const FORMS = "form[method=post]:not([role=search], [hx-post], [enctype], [data-no-draft])";
  const states = new Map();

  // --- To the server ---------------------------------------------------------------------------------------------

  const written = (form) => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && name !== "csrfmiddlewaretoken") fields.append(name, value);
    }
    return fields.toString();
  };

  /* Whether it is kept now; rejects where the server is out of reach. */
  const send = async (action, body, keepalive = false) => {
    const answer = await fetch(keep, {
      method: "POST",
      body,
      keepalive,
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Form-Action": action },
      signal: keepalive ? undefined : AbortSignal.timeout(PATIENCE),
    });
    return answer.ok;
  };

  /* Whether the server can be reached. What it has not taken waits here. */
  const keepForm = async (form, keepalive = false) => {
    const state = states.get(form);
    const body = written(form);
    clearTimeout(state.timer);
    if (body === state.kept) return true;
    const action = new URL(form.action).pathname;
    const isKept = await send(action, body, keepalive).catch(() => null);
    state.isOut = isKept === null;
    if (!isKept) {
      state.entry = await hold(action, body, state.entry);
      return !state.isOut;
    }
    state.kept = body;
    say(state, "");
    if (state.entry) store.removeItem(state.entry);
    state.entry = "";
    return true;
  };

  const say = (state, sentence) => {
    state.status.textContent = sentence;
    state.status.hidden = !sentence;
  };

  // --- In this browser, until the network is back ------------------------------------------------------------------

  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const store = (() => {
    try {
      return localStorage;
    } catch {
      return null; // switched off
    }
  })();
  const cipher = store && globalThis.crypto?.subtle // only where the address is https or this machine
    ? crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"])
    : null;

  const hold = async (action, body, before) => {
    if (!cipher) return "";
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify({ action, body }));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await cipher, text);
    const entry = before || `${ENTRY}${Date.now()}.${crypto.randomUUID()}`;
    try {
      store.setItem(entry, `${hex(iv)}.${hex(sealed)}`);
    } catch {
      return before; // full
    }
    return entry;
  };

  const opened = async (entry) => {
    const [iv, sealed] = store.getItem(entry).split(".").map(bytes);
    try {
      const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await cipher, sealed);
      return JSON.parse(new TextDecoder().decode(text));
    } catch {
      return null; // somebody else's
    }
  };

  const entries = () => Object.keys(store).filter((name) => name.startsWith(ENTRY));

  /* Brings what waited to the server; a page whose forms were opened since is loaded again, filled. */
  const deliver = async () => {
    let delivered = 0;
    for (const entry of cipher ? entries() : []) {
      if (Date.now() - Number(entry.split(".")[1]) > WAITS) store.removeItem(entry);
      const held = store.getItem(entry) && (await opened(entry));
      if (!held) continue;
      if (!(await send(held.action, held.body).catch(() => false))) continue;
      store.removeItem(entry);
      delivered += 1;
    }
    if (delivered && states.size && ![...states.values()].some((state) => state.isTouched)) location.reload();
  };

  const forget = async () => {
    for (const entry of cipher ? entries() : []) if (await opened(entry)) store.removeItem(entry);
  };

  // --- The forms of this page --------------------------------------------------------------------------------------

  const watch = (form) => {
    const status = document.createElement("p");
    status.className = "notice error";
    status.setAttribute("role", "alert");
    status.hidden = true;
    form.append(status);
    const state = { kept: written(form), status, timer: 0, entry: "", isTouched: false, isOut: false };
    states.set(form, state);
    form.addEventListener("input", () => {
      state.isTouched = true;
      clearTimeout(state.timer);
      state.timer = setTimeout(() => keepForm(form), PAUSE);
    });
    form.addEventListener("submit", async (event) => {
      if (state.goes) return;
      if (written(form) === state.kept) return;
      event.preventDefault();
      if (state.waits) return;
      state.waits = true;
      await delivery; // which could arrive after the form was saved, and would stand there as not saved
      const isKept = await keepForm(form);
      state.waits = false;
      if (!isKept) return say(state, offline);
      state.goes = true;
      form.requestSubmit(event.submitter);
    });
  };

  for (const form of document.querySelectorAll(FORMS)) {
    if (form.querySelector("[name=shown_form]") && form.querySelector("textarea, select, input:not([type=hidden])")) {
      watch(form);
    }
  }
  for (const form of document.querySelectorAll("form[action$='/logout/']")) form.addEventListener("submit", forget);

  /* What is thrown away takes along what was typed since. */
  for (const button of document.querySelectorAll("form[data-throws-away]")) {
    button.addEventListener("submit", () => {
      for (const [form, state] of states) {
        if (new URL(form.action).pathname !== button.dataset.throwsAway) continue;
        clearTimeout(state.timer);
        if (state.entry) store.removeItem(state.entry);
        state.goes = true;
      }
    });
  }

  /* Back is quicker than what was sent on leaving: the page is loaded once more, when that has arrived. */
  const cameBackEarly = () => {
    const [page, at] = JSON.parse(sessionStorage.getItem(ON_ITS_WAY) || "[]");
    if (page !== location.pathname) return;
    sessionStorage.removeItem(ON_ITS_WAY);
    if (Date.now() - at > PATIENCE || document.querySelector(".notice.kept")) return;
    setTimeout(() => {
      if ([...states.values()].some((state) => state.isTouched)) return;
      for (const state of states.values()) state.goes = true; // what the browser filled in by itself is on its way
      location.reload();
    }, PAUSE);
  };

  addEventListener("pagehide", () => {
    for (const [form, state] of states) {
      if (state.goes || written(form) === state.kept) continue;
      if (store) sessionStorage.setItem(ON_ITS_WAY, JSON.stringify([location.pathname, Date.now()]));
      keepForm(form, true);
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const state of states.values()) state.goes = false;
  });
  addEventListener("beforeunload", (event) => {
    for (const state of states.values()) if (state.isOut && !state.goes) event.preventDefault();
  });
  addEventListener("online", () => {
    delivery = deliver();
  });
  if (store) cameBackEarly();
  let delivery = deliver();
})();
