// Sends the answer to the client at once. Without scripts the page shows a button.
document.getElementById("answer").submit();
