  // ---- tables: sorted by a click on a heading, filtered by a text, the first rows shown ----

  function table(node) {
    var body = node.tBodies[0], rows = Array.from(body.rows), place = node.closest(".scroll");
    var heads = Array.from(node.tHead.rows[0].cells), title = node.caption ? node.caption.textContent : "";
    var all = rows.length <= SHOWN + 2, wanted = "", more = null;
    if (rows.length < 2) { shorten(node); return; }

    function show() {
      var fitting = [];
      Array.from(body.rows).forEach(function (row) {
        var fits = !wanted || row.textContent.toLowerCase().includes(wanted);
        if (fits) fitting.push(row);
        row.hidden = !fits || (!all && !wanted && fitting.length > SHOWN);
      });
      ranking(node, fitting);
      if (more) {
        more.hidden = Boolean(wanted);
        more.textContent = all ? "Show the first " + SHOWN : "Show all " + rows.length + " rows";
        more.setAttribute("aria-expanded", String(all));
      }
      return fitting.length;
    }

    function key(row, column) {
      var cell = row.cells[column];
      return cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent;
    }

    function sort(column, numeric) {
      var head = heads[column], now = head.getAttribute("aria-sort");
      var down = now ? now === "ascending" : numeric;
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(function (a, b) {
        var x = key(a, column), y = key(b, column);
        if (numeric) {
          x = x === "" || isNaN(x) ? null : Number(x);
          y = y === "" || isNaN(y) ? null : Number(y);
          if (x === null || y === null) return (x === null) - (y === null);
          return down ? y - x : x - y;
        }
        return down ? (x < y ? 1 : x > y ? -1 : 0) : (x < y ? -1 : x > y ? 1 : 0);
      });
      body.append.apply(body, rows);
      show();
      announcer.textContent = title + " sorted by " + head.textContent + (down ? ", descending" : ", ascending");
    }

    heads.forEach(function (head, column) {
      var button = make("button", { type: "button" }, head.textContent);
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", function () { sort(column, head.classList.contains("n")); });
    });
    if (rows.length > 5) {
      var tools = make("div", { class: "tools" });
      var field = make("input", { type: "search", placeholder: "Filter", "aria-label": "Filter " + title });
      field.addEventListener("input", function () {
        wanted = field.value.trim().toLowerCase();
        announcer.textContent = show() + " rows";
      });
      tools.append(field);
      place.before(tools);
    }
    if (!all) {
      more = make("button", { type: "button", class: "more", "data-shown": SHOWN + " of " + rows.length + " rows" }); // on paper
      more.addEventListener("click", function () { all = !all; show(); });
      place.after(more);
    }
    show();
    shorten(node);
  }
