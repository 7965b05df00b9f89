// What the reader chose stands in the address after the heading, `#errors&theme=dark`, so that a link
// shows the same. Only the fragment can be changed in a page that was opened from a file.
const address = (() => {
  const parts = () => {
    const [heading, ...rest] = location.hash.slice(1).split("&");
    return { heading, choices: new URLSearchParams(rest.join("&")) };
  };
  let { heading, choices } = parts();
  const write = () => {
    const text = choices.toString();
    history.replaceState(null, "", `#${heading}${text && `&${text}`}`);
  };
  addEventListener("hashchange", () => {
    const now = parts();
    heading = now.heading;
    for (const [name, value] of now.choices) choices.set(name, value);
    write();
  });
  if (heading && choices.size) addEventListener("load", () => document.getElementById(heading)?.scrollIntoView());
  return {
    get: (name) => choices.get(name),
    set: (name, value, initial) => {
      if (value === initial) choices.delete(name);
      else choices.set(name, value);
      write();
    },
  };
})();
