  // ---- all tables as one JSON file, of what is chosen ----

  function exported() {
    return Array.from(document.querySelectorAll("section table.data")).map(function (node) {
      var heads = Array.from(node.tHead.rows[0].cells).map(function (head) { return head.textContent; });
      return {
        title: node.caption ? node.caption.textContent : "",
        columns: heads,
        rows: Array.from(node.tBodies[0].rows).map(function (row) {
          return Array.from(row.cells).map(function (cell) {
            var value = cell.dataset.v === undefined ? cell.textContent : cell.dataset.v;
            return cell.classList.contains("n") && value !== "" && !isNaN(value) ? Number(value) : value;
          });
        })
      };
    });
  }

  var save = make("button", { type: "button", class: "save" }, "Save tables as JSON");
  save.addEventListener("click", function () {
    var blob = new Blob([JSON.stringify(exported(), null, 1)], { type: "application/json" });
    var link = make("a", { href: URL.createObjectURL(blob), download: "tables.json" });
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  });
  var buttons = make("div", { class: "buttons" });
  buttons.append(save, themed());
  document.querySelector(".top-bar").append(buttons);
  view(buttons);

  // Panels below the screen are laid out after the first paint; from then on they can be read aloud like all others.
  function layAll() { root.classList.add("whole"); }
  addEventListener("load", function () {
    requestAnimationFrame(function () { setTimeout(layAll); });
    setTimeout(layAll, 1000); // a page in the background has no frames
  });

  document.querySelectorAll("table.data").forEach(table);
  document.querySelectorAll("section.choosing").forEach(choosing);
  watch(document);
