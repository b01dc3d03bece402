// Writes each column's heading into its cells, so that a narrow screen can show a row as a card with labels.

for (const table of document.querySelectorAll("#result_list")) {
  const headings = Array.from(table.tHead.rows[0].cells, (cell) => cell.querySelector(".text")?.textContent.trim() ?? "");
  for (const row of table.tBodies[0].rows) {
    for (const [place, cell] of Array.from(row.cells).entries()) {
      if (headings[place] && cell.tagName === "TD") cell.dataset.label = headings[place];
    }
  }
  table.classList.add("with-labels");
}
