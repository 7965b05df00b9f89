// Marks the section in view; on a phone the contents fold away after a choice.
(() => {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const fold = document.querySelector(".contents details");
  const narrow = matchMedia("(max-width: 56rem)");
  const unfold = () => { fold.open = !narrow.matches; };
  narrow.addEventListener("change", unfold);
  unfold();
  for (const link of links.values()) link.addEventListener("click", () => { if (narrow.matches) fold.open = false; });
  const mark = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "0px 0px -75% 0px" });
  for (const id of links.keys()) { const heading = document.getElementById(id); if (heading) mark.observe(heading); }
})();
