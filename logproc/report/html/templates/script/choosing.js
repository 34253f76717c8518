  // ---- one host or one source of all: figures and their course are added up anew ----

  function choosing(section) {
    var data = JSON.parse(section.querySelector("script.counts").textContent);
    var figures = Array.from(section.querySelectorAll("figure.chart"));
    var values = Array.from(section.querySelectorAll(".tile .value")), asides = Array.from(section.querySelectorAll(".tile .aside"));
    var tiles = Array.from(section.querySelectorAll(".tile"));
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

    // What a count was in steps of the course, and how it differs from those before: as since.py says it.
    function then(which, m, time) {
      return add(which, function (k) {
        return data.counts[k][m].slice(time[1], time[2]).reduce(function (sum, value) { return sum + (value || 0); }, 0);
      });
    }

    function change(value, old) {
      if (!old) return value ? "none before" : "none, as before";
      var ratio = value / old, percent = 100 * (ratio - 1);
      if (ratio >= 10) return Math.round(ratio).toLocaleString("en-US") + " times";
      return (percent < 0 ? "\u2212" : "+") + Math.abs(percent).toFixed(1) + " %";
    }

    function compare(tile, which, m) {
      var since = tile.querySelector(".since");
      if (!since) return;
      var now = then(which, m, data.times[0]), parts = since.children;
      parts[0].firstChild.data = write(now, data.units[m], false) + " ";
      data.times.slice(1).forEach(function (time, i) {
        parts[i + 1].querySelector(".change").textContent = change(now, then(which, m, time));
      });
    }

    // From when on the first step has lines of what is chosen, and until when the last one has: as ends.py says it.
    function mark(figure, drawn, which, isAll) {
      var whole = figure.dataset.ends ? JSON.parse(figure.dataset.ends) : { begun: drawn.begun, until: drawn.until };
      figure.dataset.ends = JSON.stringify(whole);
      var times = [], now = 0;
      (drawn.x || []).forEach(function (gap) { now += gap; times.push(now); });
      var step = times.slice(1).reduce(function (least, time, i) { return Math.min(least, time - times[i]); }, Infinity);
      var low = times[0], high = times[times.length - 1];
      var known = which.map(function (k) { return data.ends[k]; }).filter(function (ends) { return ends[0] !== null && ends[1] !== null; });
      var first = known.reduce(function (least, ends) { return Math.min(least, ends[0]); }, Infinity);
      var last = known.reduce(function (most, ends) { return Math.max(most, ends[1]); }, -Infinity);
      function clock(second) { return step <= 86400 ? moment(second, false).slice(11) : moment(second, true); }
      drawn.begun = isAll ? whole.begun : low + 0.1 * step < first && first < low + step ? clock(first) : undefined;
      drawn.until = isAll ? whole.until : high <= last && last < high + 0.9 * step ? clock(last) : undefined;
      var name = { 3600: "hour", 86400: "day" }[step] || "step", said = figure.querySelector(".partial");
      if (!said) {
        said = make("span", { class: "partial" });
        figure.querySelector(".what").after(said);
      }
      said.textContent = [drawn.begun && "first " + name + " from " + drawn.begun, drawn.until && "last " + name + " until " + drawn.until].filter(Boolean).join(", ");
    }

    function update(said) {
      var which = [], every = data.pairs.map(function (_, k) { return k; });
      data.pairs.forEach(function (pair, k) { if (wanted(pair, "source") && wanted(pair, "host")) which.push(k); });
      data.units.forEach(function (unit, m) {
        var part = add(which, function (k) { return data.totals[k][m]; });
        var whole = add(every, function (k) { return data.totals[k][m]; });
        values[m].textContent = write(part, unit, false);
        asides[m].textContent = which.length === every.length ? "of all" : (whole ? trim(100 * part / whole, 3) : "0") + " % of all";
        compare(tiles[m], which, m);
        var figure = figures[m];
        if (!figure) return;
        var script = figure.querySelector("script");
        if (!script) return;
        var drawn = JSON.parse(script.textContent);
        mark(figure, drawn, which, which.length === every.length);
        if (which.length === every.length) delete figure.dataset.about;
        else figure.dataset.about = [drawn.names[0] + " of what is chosen, " + values[m].textContent + " together", figure.querySelector(".partial").textContent].filter(Boolean).join("; ");
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
