// What the tests ask a page, as functions in it; each gives a list of complaints.
window.coop = (() => {
  const shown = (element) => {
    const name = element.tagName.toLowerCase();
    return `${name}${element.id ? `#${element.id}` : ""}.${element.getAttribute("class") ?? ""} “${element.textContent.trim().slice(0, 40)}”`;
  };

  const isHidden = (element) =>
    !element.checkVisibility({ contentVisibilityAuto: true }) ||
    element.closest("thead, .skip") !== null && getComputedStyle(element.closest("thead, .skip")).position === "absolute";

  // Nothing sticks out to the right or left, but what scrolls by itself.
  const overflow = () => {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width)
      found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
    for (const element of document.body.querySelectorAll("*")) {
      if (element.closest("svg") !== element && element.closest("svg")) continue;
      if (element.closest("pre") !== element && element.closest("pre")) continue;
      if (isHidden(element)) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && (box.right > width + 0.5 || box.left < -0.5))
        found.push(`${shown(element)} reaches from ${box.left} to ${box.right} of ${width}`);
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && element.tagName !== "PRE" && getComputedStyle(element).overflowX !== "visible")
        found.push(`${shown(element)} is cut`);
    }
    // A word of a drawing stays in its box.
    for (const text of document.querySelectorAll("svg.drawing text")) {
      if (isHidden(text)) continue;
      const rect = [...text.parentElement.querySelectorAll("rect")].filter((it) => it.compareDocumentPosition(text) & 4);
      const box = text.getBBox();
      const around = rect.findLast((it) => {
        const area = it.getBBox();
        return area.x <= box.x && area.y <= box.y && area.y + area.height >= box.y + box.height - 2 && area.width > 20;
      });
      if (!around || around.getBBox().x + around.getBBox().width < box.x + box.width)
        found.push(`“${text.textContent}” leaves its box`);
    }
    return found;
  };

  const parse = (color) => {
    const parts = color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return parts.length < 4 ? [...parts, 1] : parts;
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  // What is painted below a point of a drawing.
  const painted = (shape, x, y) => {
    const rects = [...shape.ownerSVGElement.querySelectorAll("rect")];
    const below = rects.filter((it) => it.compareDocumentPosition(shape) & 4).findLast((it) => {
      const area = it.getBBox();
      const fill = getComputedStyle(it).fill;
      return fill !== "none" && area.x <= x && x <= area.x + area.width && area.y <= y && y <= area.y + area.height;
    });
    return below ? parse(getComputedStyle(below).fill) : behind(shape.ownerSVGElement.parentElement);
  };

  // WCAG 2.2, 1.4.3 (text) and 1.4.11 (lines and the ring around what has the focus).
  const contrast = () => {
    const found = [];
    let least = 99;
    let count = 0;
    const hold = (value, wanted, what) => {
      count += 1;
      least = Math.min(least, value / wanted);
      if (value < wanted) found.push(`${value.toFixed(2)} of ${wanted}: ${what}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || element.closest("style, title, desc") || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      if (element instanceof SVGElement) {
        const box = element.getBBox();
        hold(ratio(parse(style.fill), painted(element, box.x + 1, box.y + box.height / 2)), 4.5, shown(element));
      } else {
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        hold(ratio(parse(style.color), behind(element)), isLarge ? 3 : 4.5, shown(element));
      }
    }
    for (const line of document.querySelectorAll("path.line, path.head, .dot")) {
      if (!line.checkVisibility()) continue;
      const style = getComputedStyle(line);
      const color = style.stroke === "none" ? style.fill : style.stroke;
      for (const back of [behind(line.ownerSVGElement.parentElement)])
        hold(ratio(parse(color), back), 3, shown(line));
    }
    const accent = document.createElement("span");
    accent.setAttribute("class", "stage production");
    document.body.append(accent);
    hold(ratio(parse(getComputedStyle(accent).color), behind(document.body)), 3, "the ring of the focus");
    accent.remove();
    return { found, least, count };
  };

  const structure = () => {
    const found = [];
    const need = (holds, what) => holds || found.push(what);
    need(document.documentElement.lang === "en", "the language is not said");
    need(document.title.length > 5, "there is no title");
    for (const name of ["main", "header", "nav", "footer", "h1"])
      need(document.querySelectorAll(name).length === 1, `one ${name} is wanted`);
    let level = 0;
    for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      const next = Number(heading.tagName[1]);
      need(next <= level + 1, `${shown(heading)} follows level ${level}`);
      level = next;
    }
    for (const table of document.querySelectorAll("table")) {
      need(table.caption?.textContent.trim(), "a table has no caption");
      for (const head of table.querySelectorAll("th")) need(head.scope, `${shown(head)} has no scope`);
      const columns = table.tHead.rows[0].cells.length;
      for (const row of table.tBodies[0].rows) {
        const cells = [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
        need(cells === columns, `${shown(row)} has ${cells} cells of ${columns}`);
        for (const cell of row.cells) {
          need(cell.colSpan > 1 || cell.dataset.label, `${shown(cell)} has no label`);
          need((cell.dataset.label ?? "").length <= 13, `“${cell.dataset.label}” is too long for a line on a telephone`);
        }
      }
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    need(new Set(ids).size === ids.length, "an id stands twice");
    for (const link of document.querySelectorAll("a")) {
      need(link.textContent.trim(), "a link has no words");
      need(document.getElementById(decodeURIComponent(link.hash.slice(1))), `${link.hash} leads nowhere`);
    }
    for (const image of document.querySelectorAll('svg:not([aria-hidden="true"])'))
      need(image.getAttribute("role") === "img" && image.querySelector("title") && image.querySelector("desc"), "a drawing has no words");
    need(!document.querySelector("script, img, iframe, object, link, [style], [onerror], [onclick]"), "there is markup that is not ours");
    return found;
  };

  // Small targets are hard to hit: WCAG 2.2, 2.5.8.
  const targets = () =>
    [...document.querySelectorAll("nav a, summary")]
      .filter((it) => it.getBoundingClientRect().height < 24)
      .map((it) => `${shown(it)} is too small to hit`);

  const focusable = () =>
    [...document.querySelectorAll("a[href], summary, [tabindex='0']")].filter((it) => it.checkVisibility({ contentVisibilityAuto: true }));

  const focus = (number) => {
    const element = document.activeElement;
    const wanted = focusable()[number];
    if (element !== wanted) return [`after ${number + 1} tabs: ${shown(element)}, not ${wanted && shown(wanted)}`];
    const found = [];
    const style = getComputedStyle(element);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`${shown(element)} shows no focus`);
    const box = element.getClientRects()[0];
    const at = document.elementFromPoint(box.left + Math.min(4, box.width / 2), box.top + box.height / 2);
    if (!at || !(element.contains(at) || at.contains(element))) found.push(`${shown(element)} is covered, or out of sight`);
    return found;
  };

  const printed = () => {
    const found = overflow();
    for (const element of document.querySelectorAll("main section, details > *, tbody tr"))
      if (element.getBoundingClientRect().height < 5) found.push(`${shown(element)} is not printed`);
    return found;
  };

  return { overflow, contrast, structure, targets, focusable, focus, printed };
})();
undefined;
