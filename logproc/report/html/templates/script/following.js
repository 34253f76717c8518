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
        original.body.querySelectorAll("table.data").forEach(shorten);
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
