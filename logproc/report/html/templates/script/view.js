  // ---- which columns and panels there are, in which order, and the theme: kept by the browser ----

  var KEPT = "logproc.view", THEMES = ["auto", "light", "dark"], chosenView = remembered();
  var arranged = false, panelRows = new Map();

  function remembered() {
    var found = {};
    try { found = JSON.parse(localStorage.getItem(KEPT)) || {}; } catch (error) { /* a browser that keeps nothing */ }
    function list(name) { return Array.isArray(found[name]) ? found[name].map(String) : []; }
    return { columns: list("columns"), panels: list("panels"), order: list("order"), charts: found.charts !== false, shares: found.shares === true,
      theme: Math.max(0, THEMES.indexOf(found.theme)) };
  }

  function remember() {
    var kept = Object.assign({}, chosenView, { theme: THEMES[chosenView.theme] });
    try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch (error) { /* as above */ }
  }

  /** Hide a table's columns that are not wanted. */
  function shorten(node) {
    if (!node.closest(".panel")) return;
    if (chosenView.shares) part(node);
    amountsAndShares(node).forEach(function (column) {
      var gone = chosenView.columns.includes(heading(node, column));
      Array.from(node.rows).forEach(function (row) { if (row.cells[column]) row.cells[column].hidden = gone; });
    });
  }

  /** Note at each amount which part it is of its column's whole; the style sheet shows it. */
  function part(node) {
    Array.from(node.tHead.rows[0].cells).forEach(function (head, column) {
      var whole = Number(head.dataset.whole);
      if (whole) Array.from(node.tBodies[0].rows).forEach(function (row) {
        var value = row.cells[column].dataset.v;
        if (value) row.cells[column].dataset.part = (100 * value / whole).toFixed(1) + " %";
      });
    });
  }

  function amountsAndShares(node) {
    var heads = Array.from(node.tHead.rows[0].cells);
    return heads.map(function (_, i) { return i; }).filter(function (i) { return heads[i].dataset.key === undefined; });
  }

  function toggled(list, name, there) {
    var at = list.indexOf(name);
    if (there && at >= 0) list.splice(at, 1);
    if (!there && at < 0) list.push(name);
  }

  function box(text, checked, change) {
    var label = make("label"), input = make("input", { type: "checkbox" });
    input.checked = checked;
    input.addEventListener("change", function () { change(input.checked); remember(); });
    label.append(input, " " + text);
    return label;
  }

  function panelsNow() { return Array.from(document.querySelectorAll("section.panel")); }
  function nameOf(panel) { return panel.dataset.name; }
  function titleOf(panel) { return panel.querySelector("h2").textContent; }
  function entryOf(panel) { return document.querySelector('.contents a[href="#' + panel.id + '"]').parentNode; }

  /** Show, hide and order panels; of two narrow ones side by side none stands alone. */
  function arrange() {
    var known = new Map(panelsNow().map(function (panel) { return [nameOf(panel), panel]; })), waiting = null;
    var order = chosenView.order.filter(function (name) { return known.has(name); });
    known.forEach(function (_, name) { if (!order.includes(name)) order.push(name); });
    order.forEach(function (name) {
      var panel = known.get(name), entry = entryOf(panel);
      if (chosenView.order.length) { panel.parentNode.append(panel); entry.parentNode.append(entry); }
      panel.hidden = entry.hidden = chosenView.panels.includes(name);
      if (panel.dataset.wide === undefined) panel.dataset.wide = panel.classList.contains("wide") ? "1" : "";
    });
    if (!arranged && !chosenView.order.length && !chosenView.panels.length) return;
    arranged = true;
    panelsNow().filter(function (panel) { return !panel.hidden; }).forEach(function (panel) {
      panel.classList.toggle("wide", Boolean(panel.dataset.wide));
      if (panel.dataset.wide) { if (waiting) waiting.classList.add("wide"); waiting = null; }
      else waiting = waiting ? null : panel;
    });
    if (waiting) waiting.classList.add("wide");
    redraw();
  }

  function apply() {
    root.classList.toggle("plain", !chosenView.charts);
    root.classList.toggle("parts", chosenView.shares);
    document.querySelectorAll(".panel table.data").forEach(shorten);
    arrange();
  }

  function moved(panel, by) {
    var order = panelsNow().map(nameOf), at = order.indexOf(nameOf(panel)), to = at + by;
    if (to < 0 || to >= order.length) return;
    order.splice(to, 0, order.splice(at, 1)[0]);
    chosenView.order = order;
    remember();
    arrange();
    announcer.textContent = titleOf(panel) + " is number " + (to + 1) + " of " + order.length;
  }

  function columnBoxes() {
    var names = new Set(), place = make("fieldset");
    document.querySelectorAll(".panel table.data").forEach(function (node) {
      amountsAndShares(node).forEach(function (column) { names.add(heading(node, column)); });
    });
    place.append(make("legend", {}, "Columns and charts"));
    place.append(box("charts", chosenView.charts, function (on) { chosenView.charts = on; apply(); }));
    place.append(box("shares in every column", chosenView.shares, function (on) { chosenView.shares = on; apply(); }));
    names.forEach(function (name) {
      place.append(box(name, !chosenView.columns.includes(name), function (on) { toggled(chosenView.columns, name, on); apply(); }));
    });
    return place;
  }

  function panelBoxes() {
    var place = make("fieldset"), list = make("ul");
    place.append(make("legend", {}, "Panels"), list);
    panelsNow().forEach(function (panel) {
      var row = make("li"), title = titleOf(panel);
      row.append(box(title, !panel.hidden, function (on) { toggled(chosenView.panels, nameOf(panel), on); arrange(); }));
      [["↑", -1, "up"], ["↓", 1, "down"]].forEach(function (way) {
        var button = make("button", { type: "button", "aria-label": "Move " + title + " " + way[2] }, way[0]);
        button.addEventListener("click", function () {
          moved(panel, way[1]);
          var order = panelsNow();
          list.append.apply(list, order.map(function (each) { return panelRows.get(each); }));
          button.focus();
        });
        row.append(button);
      });
      panelRows.set(panel, row);
      list.append(row);
    });
    return place;
  }

  /** Add the button behind which one chooses columns and panels. */
  function view(buttons) {
    if (!panelsNow().length) return;
    var button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": "view" }, "Columns and panels");
    var place = make("section", { id: "view", class: "view", "aria-label": "Columns and panels", hidden: "" });
    button.addEventListener("click", function () {
      if (!place.childNodes.length) fill();
      place.hidden = !place.hidden;
      button.setAttribute("aria-expanded", String(!place.hidden));
    });
    function fill() {
      var reset = make("button", { type: "button" }, "Show everything as it was");
      reset.addEventListener("click", function () {
        Object.assign(chosenView, { columns: [], panels: [], order: firstOrder.slice(), charts: true, shares: false });
        apply();
        chosenView.order = [];
        remember();
        panelRows.clear();
        place.replaceChildren();
        fill();
        place.querySelector("button").focus();
      });
      place.append(columnBoxes(), panelBoxes(), reset);
    }
    var firstOrder = panelsNow().map(nameOf);
    buttons.prepend(button);
    document.querySelector(".top-bar").after(place);
    apply();
  }

  function themed() {
    var button = make("button", { type: "button", class: "theme" });
    function show() {
      if (chosenView.theme) root.dataset.theme = THEMES[chosenView.theme]; else delete root.dataset.theme;
      button.textContent = "Theme: " + THEMES[chosenView.theme];
    }
    button.addEventListener("click", function () {
      chosenView.theme = (chosenView.theme + 1) % THEMES.length;
      remember();
      show();
      redraw();
    });
    show();
    return button;
  }
