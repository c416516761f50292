// Passkeys: what the browser's authenticator and the server say to each other, in the JSON of WebAuthn.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function sent(path, body) {
  const token = document.querySelector('meta[name="csrf"]');
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": token ? token.content : "" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
}

function asked(options) {
  const wanted = { ...options, challenge: bytes(options.challenge) };
  if (options.user) wanted.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"])
    if (options[list]) wanted[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  return wanted;
}

function answered(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

async function begun(button) {
  const making = button.dataset.passkey === "add";
  const options = await sent(`${button.dataset.path}/options`, {});
  if (!options.ok) return options;
  const publicKey = asked(await options.json());
  const credential = await navigator.credentials[making ? "create" : "get"]({ publicKey });
  const name = document.querySelector("#passkey-name");
  const body = { credential: answered(credential), name: name ? name.value : "", to: button.dataset.to || "/" };
  return sent(button.dataset.path, body);
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = document.querySelector("#passkey-said");
    said.textContent = "";
    button.disabled = true;
    try {
      const answer = await begun(button);
      const kept = document.querySelector("#kept");
      if (answer.ok && kept) kept.submit();
      else if (answer.ok) location.assign((await answer.json()).to);
      else said.textContent = said.dataset.failed;
    } catch {
      said.textContent = said.dataset.failed;
    }
    button.disabled = false;
  });
}
