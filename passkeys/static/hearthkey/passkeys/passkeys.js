// Signs in, confirms and adds passkeys. Every element with data-hearthkey-passkey holds one button; its data
// attributes say where to ask, where to answer, where to go on to (or which form to send), and what to say in the
// person's language.

class Refusal extends Error {
  constructor(code, message, reference) {
    super(message);
    this.code = code;
    this.reference = reference;
  }
}

let pending = null;

function text(root, key) {
  return root.getAttribute(`data-text-${key}`) ?? "";
}

function say(root, message, kind) {
  const status = root.querySelector("[data-passkey-status]");
  status.className = message && kind ? `notice ${kind}` : "";
  status.textContent = message;
}

function tell(root, name, detail) {
  root.dispatchEvent(new CustomEvent(`passkey:${name}`, { bubbles: true, detail }));
}

async function post(root, url, body) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": root.dataset.csrf },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal("offline", text(root, "offline"));
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) {
    throw new Refusal(answer?.error ?? "failed", answer?.message ?? text(root, "failed"), answer?.reference);
  }
  return answer;
}

// One request at a time: a second one is an OperationError until the first has been aborted.
async function askDevice(isNew, options) {
  for (let attempt = 0; ; attempt += 1) {
    pending?.abort();
    const controller = new AbortController();
    pending = controller;
    const signal = controller.signal;
    try {
      if (isNew) {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
        return await navigator.credentials.create({ publicKey, signal });
      }
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      return await navigator.credentials.get({ publicKey, signal });
    } catch (error) {
      if (error.name !== "OperationError" || attempt > 0) throw error;
    } finally {
      if (pending === controller) pending = null;
    }
  }
}

// Refusals after which the device holds a new passkey that this service did not take.
const ORPHANING = new Set(["registration_refused", "not_discoverable"]);

// Lets the device forget a passkey that was removed here, or that it just made in vain. Never one that the server
// merely does not know: that could be a good one.
async function forget(rpId, credentialId) {
  if (typeof PublicKeyCredential.signalUnknownCredential !== "function") return;
  await PublicKeyCredential.signalUnknownCredential({ rpId, credentialId }).catch(() => {});
}

async function ceremony(root, isNew, optionsUrl, verifyUrl) {
  for (let attempt = 0; ; attempt += 1) {
    const begun = await post(root, optionsUrl, {});
    say(root, text(root, "waiting"));
    const credential = await askDevice(isNew, begun.publicKey);
    const answer = { ceremony: begun.ceremony, credential: credential.toJSON(), next: root.dataset.next };
    try {
      return await post(root, verifyUrl, answer);
    } catch (error) {
      const isGone = isNew ? ORPHANING.has(error.code) : error.code === "removed";
      if (isGone) await forget(isNew ? begun.publicKey.rp.id : begun.publicKey.rpId, credential.id);
      if (error.code !== "ceremony_expired" || attempt > 0) throw error;
    }
  }
}

// Where adding a passkey ended the session, its first use begins a new one. It waits here for a second press of the
// button where a browser wants one, and where the person turned away.
let firstUse = null;

async function useFirst(root) {
  say(root, text(root, "first-use"), "success");
  root.querySelector("[data-passkey-button]").textContent = text(root, "use");
  let credential;
  try {
    credential = await askDevice(false, firstUse.publicKey);
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Refusal("again", text(root, "first-use"));
    throw error;
  }
  const answer = { ceremony: firstUse.ceremony, credential: credential.toJSON(), next: root.dataset.next };
  firstUse = null;
  return post(root, root.dataset.confirmUrl, answer);
}

async function add(root) {
  if (firstUse) return useFirst(root);
  const added = await addOne(root);
  firstUse = added.firstUse ?? null;
  return firstUse ? useFirst(root) : added;
}

async function addOne(root) {
  const { optionsUrl, verifyUrl, stepUpOptionsUrl, stepUpVerifyUrl } = root.dataset;
  try {
    return await ceremony(root, true, optionsUrl, verifyUrl);
  } catch (error) {
    if (error.code !== "step_up_required") throw error;
  }
  say(root, text(root, "confirm"));
  await ceremony(root, false, stepUpOptionsUrl, stepUpVerifyUrl);
  try {
    return await ceremony(root, true, optionsUrl, verifyUrl);
  } catch (error) {
    // Some browsers want a press of a button for each request.
    if (error.name === "NotAllowedError") throw new Refusal("again", text(root, "again"));
    throw error;
  }
}

function explain(root, error) {
  if (error instanceof Refusal) {
    const reference = error.reference ? ` ${text(root, "reference")} ${error.reference}` : "";
    return say(root, error.message + reference, error.code === "again" ? "success" : "danger");
  }
  switch (error.name) {
    case "AbortError":
    case "TimeoutError":
      return say(root, "");
    case "NotAllowedError":
      return say(root, text(root, "cancelled"), "warning");
    case "InvalidStateError":
      return say(root, text(root, "exists"), "warning");
    case "NotSupportedError":
    case "ConstraintError":
      return say(root, text(root, "unfit"), "warning");
    case "SecurityError":
      say(root, "");
      root.querySelector("[data-passkey-wrong-place]").hidden = false;
      return undefined;
    default:
      return say(root, text(root, "failed"), "danger");
  }
}

// Some pages hold back a form until the person has confirmed.
function goOn(root, address) {
  const form = root.dataset.form ? document.getElementById(root.dataset.form) : null;
  if (form) HTMLFormElement.prototype.submit.call(form);
  else location.assign(address);
}

async function run(root, button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  say(root, "");
  tell(root, "start");
  try {
    const { optionsUrl, verifyUrl } = root.dataset;
    const isNew = root.dataset.hearthkeyPasskey === "register";
    const answer = await (isNew ? add(root) : ceremony(root, false, optionsUrl, verifyUrl));
    say(root, text(root, "done"), "success");
    tell(root, "success", answer);
    goOn(root, answer.next);
  } catch (error) {
    explain(root, error);
    tell(root, error.name === "NotAllowedError" ? "cancelled" : "error", { name: error.name, code: error.code });
    button.focus();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function isCapable() {
  return (
    typeof window.PublicKeyCredential === "function" &&
    typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function" &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function"
  );
}

function start(root) {
  if (!window.isSecureContext) {
    root.querySelector("[data-passkey-wrong-place]").hidden = false;
  } else if (!isCapable()) {
    root.querySelector("[data-passkey-unsupported]").hidden = false;
  } else {
    const button = root.querySelector("[data-passkey-button]");
    button.addEventListener("click", () => run(root, button));
    button.hidden = false;
    if (button.hasAttribute("data-passkey-focus")) button.focus();
  }
}

// The list of passkeys that are still good: only in the answer to a removal, so it is never stale.
function signalRemoval() {
  const list = document.getElementById("hearthkey-passkey-signal");
  if (!list || !isCapable() || typeof PublicKeyCredential.signalAllAcceptedCredentials !== "function") return;
  PublicKeyCredential.signalAllAcceptedCredentials(JSON.parse(list.textContent)).catch(() => {});
}

// What the device shows of the owner of its passkeys: after they changed their names here.
function signalOwner() {
  const owner = document.getElementById("hearthkey-passkey-owner");
  if (!owner || !isCapable() || typeof PublicKeyCredential.signalCurrentUserDetails !== "function") return;
  PublicKeyCredential.signalCurrentUserDetails(JSON.parse(owner.textContent)).catch(() => {});
}

addEventListener("pagehide", () => pending?.abort());
for (const root of document.querySelectorAll("[data-hearthkey-passkey]")) start(root);
signalRemoval();
signalOwner();
