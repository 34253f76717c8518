  // ---- the chart above a table: its first rows as columns, of the amount that is chosen ----

  var RANKED = 12, SVG = "http://www.w3.org/2000/svg", drawnOf = new WeakMap();
  var NOTHING = "\u2013"; // how a value that is missing is shown

  /** Return the columns of a table that hold amounts, as their places; shares are those of the first one. */
  function amounts(node) {
    var heads = Array.from(node.tHead.rows[0].cells);
    return heads.map(function (_, i) { return i; }).filter(function (i) {
      var css = heads[i].classList;
      return css.contains("n") && !css.contains("k") && !css.contains("s") && heads[i].dataset.key === undefined;
    });
  }

  function heading(node, column) { return node.tHead.rows[0].cells[column].textContent; }

  function cellValue(cell) {
    var text = cell.dataset.v === undefined ? cell.textContent : cell.dataset.v;
    return text === "" || isNaN(text) ? 0 : Number(text);
  }

  function labelOf(node, row) {
    var heads = Array.from(node.tHead.rows[0].cells);
    var texts = heads.map(function (head, i) { return head.dataset.key === undefined ? "" : row.cells[i].textContent; });
    texts = texts.filter(Boolean);
    var known = texts.filter(function (text) { return text !== NOTHING; });
    return (known.length ? known : texts.slice(0, 1)).join(" · ").slice(0, 60);
  }

  /** Return what is drawn of some rows: a label, a number and its text each; with `places`, in those, gaps as nothing. */
  function columnsOf(node, rows, column, places) {
    var found = rows.map(function (row) {
      return { label: labelOf(node, row), value: cellValue(row.cells[column]), text: row.cells[column].textContent };
    });
    if (!places) return found.slice(0, RANKED);
    var byLabel = new Map(found.map(function (each) { return [each.label, each]; }));
    return places.map(function (place) { return byLabel.get(String(place)) || { label: String(place), value: 0, text: "0" }; });
  }

  function drawColumns(figure, about, found) {
    var svg = figure.querySelector("svg"), marks = figure.querySelector(".marks"), slot = 100 / Math.max(1, found.length);
    var wide = Math.min(0.8 * slot, 9);
    var best = found.reduce(function (a, b) { return b.value > a.value ? b : a; }, { value: 0, text: "0", label: "" });
    svg.querySelectorAll("rect").forEach(function (bar) { bar.remove(); });
    found.forEach(function (each, i) {
      var bar = document.createElementNS(SVG, "rect"), tip = document.createElementNS(SVG, "title");
      var height = best.value > 0 ? 100 * Math.max(0, each.value) / best.value : 0;
      var at = { class: "column c0", x: i * slot + (slot - wide) / 2 + "%", y: 100 - height + "%", width: wide + "%", height: height + "%" };
      for (var key in at) bar.setAttribute(key, at[key]);
      tip.textContent = each.label + ": " + each.text;
      bar.append(tip);
      svg.append(bar);
    });
    var step = Math.ceil(found.length / RANKED);
    marks.replaceChildren.apply(marks, found.map(function (each, i) { return make("span", {}, i % step ? "" : each.label); }));
    figure.querySelector(".top").textContent = best.text;
    svg.setAttribute("aria-label", about + (best.label ? "; highest " + best.text + " at " + best.label : ""));
  }

  function emptyRanking() {
    var figure = make("figure", { class: "chart columns ranking" }), caption = make("figcaption"), plot = make("div", { class: "plot" });
    var svg = document.createElementNS(SVG, "svg"), grid = document.createElementNS(SVG, "path");
    var at = { class: "static", viewBox: "0 0 640 150", preserveAspectRatio: "none", role: "img" };
    for (var key in at) svg.setAttribute(key, at[key]);
    grid.setAttribute("class", "grid");
    grid.setAttribute("d", "M0 4H640M0 77H640M0 150H640");
    svg.append(grid);
    caption.append(make("span", { class: "what" }), make("span", { class: "top", "aria-hidden": "true" }));
    plot.append(svg);
    figure.append(caption, plot, make("div", { class: "ends marks", "aria-hidden": "true" }));
    return figure;
  }

  /** Let one choose which amount a table's chart shows; panels of a single host have none yet. */
  function beginRanking(node, columns, rows) {
    var body = node.closest(".panel .body"), figure = body && body.querySelector("figure.columns");
    if (!body || (!figure && body.querySelector("figure.chart, table.heat"))) return null;
    var isDrawn = Boolean(figure);
    if (!figure) {
      if (!rows.some(function (row) { return cellValue(row.cells[columns[0]]) > 0; })) return null;
      figure = emptyRanking();
      node.closest(".scroll").before(figure);
    }
    var script = figure.querySelector("script"), what = figure.querySelector(".what");
    var title = node.caption ? node.caption.textContent : "";
    var begun = { figure: figure, title: title, column: columns[0], drawn: isDrawn, places: script ? JSON.parse(script.textContent).labels : null };
    if (columns.length > 1) {
      var select = make("select", { "aria-label": "Chart of " + title });
      columns.forEach(function (column) { select.append(make("option", { value: String(column) }, heading(node, column))); });
      select.addEventListener("change", function () {
        begun.column = Number(select.value);
        redrawRanking(node, begun);
        announcer.textContent = title + ": chart of " + heading(node, begun.column);
      });
      what.replaceWith(select);
    } else what.textContent = heading(node, columns[0]);
    return begun;
  }

  function redrawRanking(node, begun) {
    var found = columnsOf(node, begun.rows, begun.column, begun.places), rows = found.length + (found.length === 1 ? " row" : " rows");
    drawColumns(begun.figure, begun.title + ": " + heading(node, begun.column) + " of " + rows, found);
  }

  function ranking(node, rows) {
    if (!drawnOf.has(node)) {
      var columns = amounts(node);
      drawnOf.set(node, columns.length ? beginRanking(node, columns, rows) : null);
    }
    var begun = drawnOf.get(node);
    if (!begun) return;
    begun.rows = rows;
    if (!begun.drawn) redrawRanking(node, begun); // the page came with its picture of the first amount
    begun.drawn = false;
  }
