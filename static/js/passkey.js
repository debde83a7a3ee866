/* The browser makes a passkey, or asks for one, and what it says goes with the form. Without this script, and in a browser
   that has no passkeys, the button stays hidden: the pages name another way. */
"use strict";
(() => {
  const A_NUMBER = /^[\d.]+$|^\[/; // browsers keep no passkey for such an address
  const isPossible = "PublicKeyCredential" in window && !A_NUMBER.test(location.hostname);

  /* What the server asks for: on the page already, or fetched when the button is pressed. */
  const asked = async (form) => {
    const options = form.querySelector("script");
    if (options) return JSON.parse(options.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("The server gave no question.");
    return answer.json();
  };

  /* As whoever adds it wishes: one that signs in alone, or one that comes after the password. */
  const wished = (options, isAlone) => {
    const { authenticatorSelection } = options.publicKey;
    authenticatorSelection.residentKey = isAlone ? "required" : "discouraged";
    authenticatorSelection.requireResidentKey = isAlone;
    if (isAlone) authenticatorSelection.userVerification = "required";
    return options;
  };

  const given = async (form) => {
    const { creation_options: creation, request_options: request } = await asked(form);
    if (request) return webauthnJSON.get(request);
    return webauthnJSON.create(wished(creation, form.elements.passwordless.checked));
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("button");
    const failed = form.querySelector("[role=alert]");
    form.querySelector("[data-without]")?.toggleAttribute("hidden", isPossible);
    button.hidden = !isPossible;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.textContent = "";
      failed.hidden = true;
      button.disabled = true;
      try {
        form.elements.credential.value = JSON.stringify(await given(form));
        form.submit();
      } catch {
        failed.textContent = failed.dataset.failed;
        failed.hidden = false;
      }
      button.disabled = false;
    });
  }
})();
