// Tables and figures that are wider than the page say that they scroll, and figures with a line at zero
// begin with it in view. A printout has everything unfolded.
(() => {
  const all = [...document.querySelectorAll("main .table, main figure")];
  const mark = (part) => {
    const rest = part.scrollWidth - part.clientWidth;
    part.classList.toggle("wide", rest > 1);
    part.classList.toggle("more", rest - part.scrollLeft > 1);
  };
  const focus = (part) => {
    const share = part.querySelector("[data-focus]")?.dataset.focus;
    if (share && part.scrollWidth > part.clientWidth) part.scrollLeft = share * part.scrollWidth - part.clientWidth * 0.6;
  };
  const seen = new WeakSet();
  // A mark changes a height. Made while sizes are observed, that would be another change to observe.
  const watch = new ResizeObserver((entries) => requestAnimationFrame(() => {
    for (const { target } of entries) {
      // What is folded away has no width yet.
      if (!seen.has(target) && target.clientWidth) {
        seen.add(target);
        focus(target);
      }
      mark(target);
    }
  }));
  for (const part of all) {
    watch.observe(part);
    part.addEventListener("scroll", () => mark(part), { passive: true });
  }
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of folded) part.open = false; });
})();
