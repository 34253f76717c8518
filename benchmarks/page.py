"""How soon the full HTML report is to be seen: loads it in headless Chromium, from disk, a few times.

Prints the time to the first paint and what the page's thread did until all was quiet, in milliseconds of CPU. The first
load of a browser compiles the scripts; later ones find them compiled.

    python benchmarks/page.py REPORT.html [LOADS]
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from statistics import median

from selenium import webdriver

QUIET = 1.5
"""Seconds after which a page has nothing left to do."""

COSTS = {
    "TaskDuration": "CPU",
    "ScriptDuration": "scripts",
    "LayoutDuration": "layout",
    "RecalcStyleDuration": "styles",
}
"""Costs as Chromium names them, and as they are printed."""

FIRST_PAINT = "return Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime)"


def browser() -> webdriver.Chrome:
    """Start Chromium, which counts CPU time and not the time that passes."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    return driver


def main() -> None:
    """Print a line for each load, and the median of the first paints."""
    page = Path(sys.argv[1])
    loads = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    driver = browser()
    paints = []
    try:
        print(f"{page}, {page.stat().st_size / 1e6:.2f} MB\nfirst paint  {'  '.join(COSTS.values())}")
        for _ in range(loads):
            driver.get("about:blank")
            driver.get(page.resolve().as_uri())
            time.sleep(QUIET)
            paints.append(driver.execute_script(FIRST_PAINT))
            found = {m["name"]: m["value"] for m in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
            print(f"{paints[-1]:8} ms", *(f"{1000 * found[cost]:.0f} ms" for cost in COSTS), sep="  ")
    finally:
        driver.quit()
    print(f"median {median(paints):.0f} ms, most {max(paints)} ms")


if __name__ == "__main__":
    main()
