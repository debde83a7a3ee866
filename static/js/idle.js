/* Says some time before it that the sign-in is about to end, as nothing is done: any key, or a press anywhere, and it goes
   on. To ask the server how long it lasts is no deed, so a page that is left alone keeps nobody signed in. Without this
   script the sign-in ends unannounced. */
"use strict";
(() => {
  const box = document.getElementById("idle");
  const sentence = box.querySelector("[role=alert]");
  const { ask, back, door, kept, left, may, soon } = box.dataset;
  const AGAIN = 15; // seconds, where the server could not be asked
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const ahead = Number(box.dataset.ahead);
  let timer = 0;
  let isLast = false; // whatever is pressed

  const say = (words) => {
    if (sentence.textContent !== words) sentence.textContent = words;
    box.hidden = !words;
  };

  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(look, seconds * 1000);
  };

  const answered = ({ seconds, may_stay: mayStay }) => {
    if (seconds <= 0) return location.replace(door + encodeURIComponent(back || location.pathname + location.search));
    if (seconds > ahead) {
      say("");
      return wait(seconds - ahead);
    }
    isLast = !mayStay;
    say(`${isLast ? soon : may} ${kept}`.trim());
    wait(seconds + 1);
  };

  /* Another tab may have been used meanwhile. */
  const look = async (options = {}) => {
    try {
      answered(await (await fetch(ask, options)).json());
    } catch {
      wait(AGAIN);
    }
  };

  const stay = () => {
    if (box.hidden || isLast) return;
    say("");
    look({ method: "POST", headers: { "X-CSRFToken": token } });
  };

  addEventListener("keydown", stay, true);
  addEventListener("click", stay, true); // not before: a tap would land on what is behind the warning
  addEventListener("pageshow", (event) => event.persisted && look());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  wait(Math.max(0, left - ahead));
})();
