(function () {
  "use strict";
  var root = document.documentElement;
  var SHOWN = 10;
  var announcer = make("div", { class: "unseen", role: "status" });
  document.body.append(announcer);

  function make(name, attributes, text) {
    var element = document.createElement(name);
    for (var key in attributes || {}) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // ---- tables: sorted by a click on a heading, filtered by a text, the first rows shown ----

  function table(node) {
    var body = node.tBodies[0], rows = Array.from(body.rows), place = node.closest(".scroll");
    var heads = Array.from(node.tHead.rows[0].cells), title = node.caption ? node.caption.textContent : "";
    var all = rows.length <= SHOWN + 2, wanted = "", more = null;
    if (rows.length < 2) return;

    function show() {
      var fitting = 0;
      Array.from(body.rows).forEach(function (row) {
        var fits = !wanted || row.textContent.toLowerCase().includes(wanted);
        if (fits) fitting += 1;
        row.hidden = !fits || (!all && !wanted && fitting > SHOWN);
      });
      if (more) {
        more.hidden = Boolean(wanted);
        more.textContent = all ? "Show the first " + SHOWN : "Show all " + rows.length + " rows";
        more.setAttribute("aria-expanded", String(all));
      }
      return fitting;
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
  }

  // ---- numbers and times in few characters ----

  function trim(value, digits) { return String(Number(value.toPrecision(digits))); }

  function write(value, unit, short) {
    if (value === null || value === undefined) return "–";
    if (unit === "bytes") {
      var names = ["B", "kB", "MB", "GB", "TB"], n = 0;
      while (Math.abs(value) >= 1000 && n < 4) { value /= 1000; n += 1; }
      return (n === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)) + " " + names[n];
    }
    if (unit === "seconds") {
      var size = Math.abs(value);
      if (size === 0) return "0 s";
      if (size < 1e-3) return trim(value * 1e6, 3) + " µs";
      if (size < 1) return trim(value * 1e3, 3) + " ms";
      return size < 60 ? trim(value, 3) + " s" : size < 3600 ? trim(value / 60, 3) + " min" : trim(value / 3600, 3) + " h";
    }
    if (short) {
      var size2 = Math.abs(value);
      if (size2 >= 1e9) return trim(value / 1e9, 3) + "G";
      if (size2 >= 1e6) return trim(value / 1e6, 3) + "M";
      if (size2 >= 1e4) return trim(value / 1e3, 3) + "k";
    }
    return Number.isInteger(value) ? value.toLocaleString("en-US") : trim(value, 4);
  }

  function moment(seconds, days) {
    var text = new Date(seconds * 1000).toISOString();
    return text.slice(0, 10) + (days ? "" : " " + text.slice(11, 16));
  }

  // ---- charts: drawn by uPlot in place of the SVG once they come into view ----

  var plots = [], sync = uPlot.sync("time");

  function colour(name) { return getComputedStyle(root).getPropertyValue(name).trim(); }

  function faded(hex, alpha) {
    var n = parseInt(hex.slice(1), 16);
    return "rgba(" + (n >> 16) + "," + ((n >> 8) & 255) + "," + (n & 255) + "," + alpha + ")";
  }

  function chart(figure) {
    var place = figure.querySelector(".plot"), script = figure.querySelector("script");
    if (!script || !place.clientWidth) return;
    var data = JSON.parse(script.textContent);
    if (!data.x) return;
    var times = [], now = 0;
    data.x.forEach(function (step) { now += step; times.push(now); });
    var broken = data.breaks.length > 0, n = times.length;
    var days = times.every(function (t) { return t % 86400 === 0; });
    var x = broken ? times.map(function (_, i) { return i; }) : times;
    var muted = colour("--muted"), line = colour("--line"), tip = make("div", { class: "tip", hidden: "" });
    var font = "11px " + getComputedStyle(document.body).fontFamily;
    var series = [{}];
    data.lines.forEach(function (_, i) {
      var stroke = colour("--c" + data.colours[i]);
      var filled = data.kind === "area" || data.kind === "band";
      series.push({
        label: data.names[i], stroke: stroke, width: 1.6, spanGaps: false,
        fill: filled ? faded(stroke, data.kind === "band" ? 0.13 : 0.18) : undefined,
        points: { show: n < 40, size: 4 }
      });
    });
    function tell(plot) {
      var i = plot.cursor.idx;
      if (i === null || i === undefined || plot.cursor.left < 0 || data.breaks.includes(i)) { tip.hidden = true; return; }
      tip.textContent = "";
      tip.append(make("strong", {}, moment(times[i], days) + (days ? "" : " UTC")));
      data.lines.forEach(function (values, k) {
        var row = make("div"), mark = make("span", { class: "key c" + data.colours[k] });
        row.append(mark, data.names[k] + " " + write(values[i], data.unit, false));
        tip.append(row);
      });
      tip.hidden = false;
      var left = plot.cursor.left + plot.bbox.left / devicePixelRatio, wide = tip.offsetWidth;
      tip.style.left = Math.max(0, left + wide + 24 > place.clientWidth ? left - wide - 12 : left + 12) + "px";
      tip.style.top = "4px";
    }
    var options = {
      width: place.clientWidth, height: place.clientHeight, legend: { show: false }, series: series, padding: [null, 30, null, null],
      tzDate: function (t) { return uPlot.tzDate(new Date(t * 1000), "Etc/UTC"); },
      cursor: { y: false, sync: broken ? undefined : { key: sync.key, setSeries: false }, drag: { x: true, y: false } },
      scales: { x: { time: !broken }, y: { range: function (_, low, high) { return [0, high > 0 ? high * 1.06 : 1]; } } },
      axes: [
        { stroke: muted, font: font, grid: { show: false }, ticks: { stroke: line, width: 1 }, size: broken ? 26 : 38, space: broken ? 90 : 60 },
        { stroke: muted, font: font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 52, space: 34,
          values: function (_, ticks) { return ticks.map(function (v) { return write(v, data.unit, true); }); } }
      ],
      hooks: { setCursor: [tell], drawClear: [] }
    };
    if (!broken) {
      options.axes[0].values = function (_, ticks) {
        return ticks.map(function (t, i) {
          var text = moment(t, false), day = text.slice(5, 10), clock = text.slice(11);
          return clock === "00:00" ? day : i ? clock : day + "\n" + clock;
        });
      };
    }
    if (broken) {
      var marked = data.breaks.length <= 12 ? data.breaks : [];
      options.axes[0].incrs = [1, 2, 6, 12, 24, 48, 96, 168, 336, 720, 1440];
      options.axes[0].values = function (_, ticks) {
        return ticks.map(function (i) { return Number.isInteger(i) && times[i] !== undefined ? moment(times[i], true) : ""; });
      };
      options.hooks.drawClear.push(function (plot) {
        var pen = plot.ctx;
        pen.save();
        pen.strokeStyle = muted;
        pen.setLineDash([2, 4]);
        marked.forEach(function (i) {
          var at = plot.valToPos(i, "x", true);
          if (at < plot.bbox.left || at > plot.bbox.left + plot.bbox.width) return;
          pen.beginPath();
          pen.moveTo(at, plot.bbox.top);
          pen.lineTo(at, plot.bbox.top + plot.bbox.height);
          pen.stroke();
        });
        pen.restore();
      });
    }
    figure.classList.add("live");
    // What is drawn now cannot be read aloud: the figure says what the picture said.
    figure.setAttribute("aria-label", figure.dataset.about || figure.querySelector(".static").getAttribute("aria-label"));
    var holder = make("div", { "aria-hidden": "true" });
    place.append(holder);
    var plot = new uPlot(options, [x].concat(data.lines), holder);
    place.append(tip);
    plots.push({ figure: figure, plot: plot, holder: holder, tip: tip });
  }

  function drop(entry) {
    entry.plot.destroy();
    entry.holder.remove();
    entry.tip.remove();
    entry.figure.classList.remove("live");
    entry.figure.removeAttribute("aria-label");
  }

  function charts(within) { return within.querySelectorAll("figure.chart:not(.slim)"); }
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) { seen.unobserve(entry.target); chart(entry.target); }
    });
  }, { rootMargin: "300px" });

  function redraw() {
    plots.splice(0).forEach(function (entry) { drop(entry); seen.observe(entry.figure); });
  }

  var width = innerWidth;
  addEventListener("resize", function () {
    if (innerWidth !== width) { width = innerWidth; redraw(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", function () { plots.splice(0).forEach(function (entry) { drop(entry); }); });
  addEventListener("afterprint", function () { watch(document); });

  function watch(within) { charts(within).forEach(function (figure) { seen.observe(figure); }); }

  // ---- panels of one host or one source: unpacked, and put in the places of those of everything ----

  function follow(section) {
    var list = section.querySelector("script.slices"), packed = section.querySelectorAll("script.slice");
    var slices = list ? JSON.parse(list.textContent) : [], originals = new Map(), turn = 0;
    var chip = make("p", { class: "chosen", hidden: "" }), text = make("span"), all = make("button", { type: "button" }, "Show everything");
    chip.append(text, all);
    section.after(chip);

    function unpack(block) {
      var bytes = Uint8Array.from(atob(block.textContent), function (c) { return c.charCodeAt(0); });
      return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    }

    function swap(panel, body, note) {
      var old = panel.querySelector(":scope > .body"), about = panel.querySelector(":scope > .head > .muted");
      if (!originals.has(panel)) originals.set(panel, { body: old, note: about.textContent });
      plots.filter(function (entry) { return old.contains(entry.figure); }).forEach(function (entry) {
        plots.splice(plots.indexOf(entry), 1);
        drop(entry);
      });
      old.replaceWith(body);
      about.textContent = note;
    }

    function everything() {
      originals.forEach(function (original, panel) {
        swap(panel, original.body, original.note);
        watch(original.body);
      });
      originals.clear();
    }

    function put(html) {
      new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-for]").forEach(function (made) {
        var panel = document.getElementById(made.dataset.for), body = make("div", { class: "body" });
        body.append.apply(body, Array.from(document.adoptNode(made).childNodes));
        swap(panel, body, made.dataset.note);
        body.querySelectorAll("table.data").forEach(table);
        watch(body);
      });
    }

    // A host that has one source alone has the panels of it without that source being named, and the other way round.
    function place(source, host, pairs) {
      var wanted = [[source, host]];
      function every(at, name) {
        return pairs.every(function (pair) { return pair[1 - at] !== name || pair[at] === (at ? host : source); });
      }
      if (source && host && every(0, host)) wanted.push(["", host]);
      if (source && host && every(1, source)) wanted.push([source, ""]);
      return slices.findIndex(function (slice) {
        return wanted.some(function (want) { return slice[0] === want[0] && slice[1] === want[1]; });
      });
    }

    function page(name, title) {
      return Array.from(document.querySelectorAll("nav.choices[aria-label=" + title + "] a")).find(function (link) {
        return link.textContent === name;
      });
    }

    function say(name, missing, source, host) {
      text.textContent = missing ? name + ": figures and courses. The panels are of everything. " : name;
      var link = missing && (page(host, "Hosts") || page(source, "Sources"));
      if (link) text.append("Its panels are on ", make("a", { href: link.getAttribute("href") }, "the page of " + link.textContent), ".");
      chip.hidden = false;
    }

    return {
      all: all,
      show: function (source, host, pairs) {
        var mine = turn += 1, k = place(source, host, pairs), name = [source, host].filter(Boolean).join(", ");
        var ready = Promise.resolve();
        if (!name) { everything(); chip.hidden = true; return ready; }
        if (k >= 0) {
          ready = Promise.resolve().then(function () { return unpack(packed[k]); }).then(function (html) {
            if (mine === turn) { put(html); say(name, false); }
          });
        } else ready = Promise.reject(new Error("no such slice"));
        return ready.catch(function () {
          if (mine === turn) { everything(); say(name, true, source, host); }
        });
      }
    };
  }

  // ---- one host or one source of all: figures and their course are added up anew ----

  function choosing(section) {
    var data = JSON.parse(section.querySelector("script.counts").textContent);
    var figures = Array.from(section.querySelectorAll("figure.chart"));
    var values = Array.from(section.querySelectorAll(".tile .value")), asides = Array.from(section.querySelectorAll(".tile .aside"));
    var selects = Array.from(section.querySelectorAll("select"));
    if (!selects.length) return;
    section.querySelector(".pick").hidden = false;
    var panels = follow(section);

    function chosen(name) {
      var found = selects.find(function (each) { return each.name === name; });
      return found ? found.value : "";
    }

    function wanted(place, name) {
      return !chosen(name) || place[name === "host" ? 1 : 0] === chosen(name);
    }

    function add(which, of) {
      return which.reduce(function (sum, k) { return sum + of(k); }, 0);
    }

    function update(said) {
      var which = [], every = data.pairs.map(function (_, k) { return k; });
      data.pairs.forEach(function (pair, k) { if (wanted(pair, "source") && wanted(pair, "host")) which.push(k); });
      data.units.forEach(function (unit, m) {
        var part = add(which, function (k) { return data.totals[k][m]; });
        var whole = add(every, function (k) { return data.totals[k][m]; });
        values[m].textContent = write(part, unit, false);
        asides[m].textContent = which.length === every.length ? "of all" : (whole ? trim(100 * part / whole, 3) : "0") + " % of all";
        var figure = figures[m];
        if (!figure) return;
        var script = figure.querySelector("script");
        if (!script) return;
        var drawn = JSON.parse(script.textContent);
        if (which.length === every.length) delete figure.dataset.about;
        else figure.dataset.about = drawn.names[0] + " of what is chosen, " + values[m].textContent + " together";
        drawn.lines = [data.counts[0][m].map(function (value, i) {
          return value === null ? null : add(which, function (k) { return data.counts[k][m][i]; });
        })];
        script.textContent = JSON.stringify(drawn);
        plots.filter(function (entry) { return entry.figure === figure; }).forEach(function (entry) {
          plots.splice(plots.indexOf(entry), 1);
          drop(entry);
          chart(figure);
        });
      });
      panels.show(chosen("source"), chosen("host"), data.pairs).then(function () {
        if (said) announcer.textContent = values[0].textContent + " lines chosen";
      });
    }

    function reset() {
      selects.forEach(function (select) { select.value = ""; });
      update(true);
    }
    panels.all.addEventListener("click", function () { reset(); selects[0].focus(); });

    selects.forEach(function (select) { select.addEventListener("change", function () { update(true); }); });
    addEventListener("beforeprint", reset);
  }

  // ---- the theme, and where in the page one is ----

  var themes = ["auto", "light", "dark"], theme = 0;
  var button = make("button", { type: "button", class: "theme" }, "Theme: auto");
  button.addEventListener("click", function () {
    theme = (theme + 1) % 3;
    if (theme) root.dataset.theme = themes[theme]; else delete root.dataset.theme;
    button.textContent = "Theme: " + themes[theme];
    redraw();
  });
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
  buttons.append(save, button);
  document.querySelector(".top-bar").append(buttons);

  // Panels below the screen are laid out after the first paint; from then on they can be read aloud like all others.
  function layAll() { root.classList.add("whole"); }
  addEventListener("load", function () {
    requestAnimationFrame(function () { setTimeout(layAll); });
    setTimeout(layAll, 1000); // a page in the background has no frames
  });

  document.querySelectorAll("table.data").forEach(table);
  document.querySelectorAll("section.choosing").forEach(choosing);
  watch(document);
})();
