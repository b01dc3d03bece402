// Waits for an approval on another device. Without this script a button does each step.

const EVERY = 3_000;
const AT_MOST = 15_000;
const NO_ANSWER = 20_000;
// What a proxy says while the service restarts or is busy; the next attempt may get through. So does every error of 500
// and more: each proxy has its own.
const PASSING = new Set([408, 425, 429]);

const begin = document.querySelector("[data-begin]");
const wait = document.querySelector("[data-wait]");
const status = document.querySelector("[data-status]");

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

// A page that the browser only prepares must not ask for a code yet.
function whenSeen(act) {
  if (document.prerendering) document.addEventListener("prerenderingchange", act, { once: true });
  else act();
}

// What the service says, or null when it could not be reached.
async function ask() {
  let response;
  // Televisions have old browsers, which know no AbortSignal.timeout.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), NO_ANSWER);
  try {
    response = await fetch(wait.action, {
      method: "POST",
      body: new FormData(wait),
      headers: { Accept: "application/json" },
      signal: abort.signal,
    });
    if (response.ok) return await response.json();
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
  return response.status >= 500 || PASSING.has(response.status) ? null : { state: "unknown" };
}

async function watch() {
  let delay = EVERY;
  say(status.dataset.textWaiting);
  for (;;) {
    await pause(delay);
    const answer = await ask();
    if (answer === null) {
      delay = Math.min(delay * 2, AT_MOST);
      say(status.dataset.textLost);
    } else if (answer.state === "waiting") {
      delay = EVERY;
      say(status.dataset.textWaiting);
    } else if (answer.state === "signed_in") {
      say(status.dataset.textDone);
      location.replace(answer.next);
      return;
    } else {
      // The page itself says what became of it.
      location.replace(wait.dataset.page);
      return;
    }
  }
}

if (begin) whenSeen(() => begin.requestSubmit());
if (wait) whenSeen(watch);
