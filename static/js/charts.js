/* Draws every [data-figure] from the JSON beside it, in the colours of the theme, once it comes into sight; for paper, all of them.
   The numbers stand in the table below each chart, so nothing is lost without this script. */
"use strict";
(() => {
  const config = {
    displayModeBar: false, displaylogo: false, responsive: true, scrollZoom: false, doubleClick: false,
    showSendToCloud: false, plotlyServerURL: "", showTips: false,  // the bundle's default offers to upload the chart
  };
  const colour = (name) => getComputedStyle(probe(name)).color;
  const probe = (name) => {
    const span = document.createElement("span");
    span.className = "probe-" + name;
    document.body.append(span);
    queueMicrotask(() => span.remove());
    return span;
  };

  function themed(figure) {
    const [client, soft, rule, band, edge, signal, signalEdge] =
      ["accent", "soft", "rule", "band", "band-edge", "signal", "signal-edge"].map(colour);
    const marker = {
      client: { color: client },
      therapist: { color: soft, line: { width: 1.25, color: soft } },
      below: { color: signal, line: { width: 1.5, color: signalEdge } },
    };
    const font = { family: getComputedStyle(document.body).fontFamily, size: 13, color: soft };
    const data = figure.data.map((trace) => ({
      ...trace,
      ...(trace.line ? { line: { ...trace.line, color: client } } : {}),
      ...(trace.marker ? { marker: { ...trace.marker, ...marker[trace.name] } } : {}),
    }));
    const shape = {
      band: { fillcolor: band, line: { width: 0 } },
      edge: { line: { color: edge } },
      when: { line: { color: edge } },
      change: { line: { color: edge } },
      few: { line: { color: soft } },
      away: { line: { color: edge } },
    };
    const layout = {
      ...figure.layout,
      font,
      hoverlabel: { font },
      xaxis: { ...figure.layout.xaxis, tickfont: font },
      yaxis: { ...figure.layout.yaxis, tickfont: font, gridcolor: rule, gridwidth: 1 },
      shapes: (figure.layout.shapes ?? []).map((s) => ({ ...s, ...shape[s.name], line: { ...s.line, ...shape[s.name].line } })),
    };
    return { data, layout };
  }

  function draw(element, width) {
    const figure = JSON.parse(document.getElementById(element.dataset.figure).textContent);
    const { data, layout } = themed(figure);
    Plotly.react(element, data, width ? { ...layout, width } : layout, config);
    // A click on a point opens its session; by keyboard the numbers below the chart do.
    if (!("drawn" in element.dataset)) {
      element.on("plotly_click", ({ points: [point] }) => point?.customdata && location.assign(point.customdata));
    }
    for (const svg of element.querySelectorAll(".main-svg")) {
      if (width) svg.setAttribute("viewBox", `0 0 ${width} ${layout.height}`);
      else svg.removeAttribute("viewBox");
      svg.setAttribute("preserveAspectRatio", "xMinYMid");
    }
    element.dataset.drawn = "";
  }

  const source = document.currentScript.dataset.plotly;
  // Whatever is asked for: one script alone may be loaded by a script here.
  const policy = globalThis.trustedTypes?.createPolicy("charts", { createScriptURL: () => source });
  let bundle;
  function loadPlotly() {
    bundle ??= new Promise((resolve, reject) => {
      const src = policy ? policy.createScriptURL(source) : source;
      const script = Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    return bundle;
  }

  const charts = [...document.querySelectorAll("[data-figure]")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      watcher.unobserve(entry.target);
      loadPlotly().then(() => draw(entry.target));
    }
  }, { rootMargin: "200px" });
  charts.forEach((element) => watcher.observe(element));
  // Paper shows them all, and waits for nothing: what draws them must be there before anybody prints.
  addEventListener("load", () => loadPlotly());
  // A sheet is narrower than the window and always light, and neither is known yet when this is called: the charts are
  // drawn for A4, and the style sheet makes them smaller where the paper is.
  const SHEET = 560;
  addEventListener("beforeprint", () => {
    const theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    charts.forEach((element) => window.Plotly && draw(element, SHEET));
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  });

  const again = () => charts.filter((element) => "drawn" in element.dataset).forEach((element) => draw(element));
  addEventListener("afterprint", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
