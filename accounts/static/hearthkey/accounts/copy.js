// Copies the text of the element that a button's data-copy-target names, and says so.

const status = document.querySelector("[data-copy-status]");

async function copy(button) {
  const target = document.getElementById(button.dataset.copyTarget);
  try {
    await navigator.clipboard.writeText(target.textContent);
    status.textContent = status.dataset.copied;
  } catch {
    // Without https there is no clipboard: the text is selected, so that the person can copy it by hand.
    getSelection().selectAllChildren(target);
    status.textContent = status.dataset.selected;
  }
}

for (const button of document.querySelectorAll("[data-copy-target]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
