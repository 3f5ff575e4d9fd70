import { toBlob } from "html-to-image";

const MARGIN = "1rem";

/**
 * What an element shows, as a PNG of twice its size in the theme that is shown: of a copy out of sight, which is as wide
 * as all that one would scroll to.
 */
export async function pictureOf(element: HTMLElement): Promise<Blob> {
  const backgroundColor = getComputedStyle(document.body).backgroundColor;
  const stage = document.createElement("div");
  const frame = document.createElement("div");
  Object.assign(stage.style, { position: "fixed", left: "-100000px", top: "0" });
  Object.assign(frame.style, { width: `calc(${element.clientWidth + hiddenWidth(element)}px + 2 * ${MARGIN})`, padding: MARGIN });
  stage.inert = true;
  frame.append(element.cloneNode(true));
  stage.append(frame);
  document.body.append(stage);
  try {
    const includeStyleProperties = [...getComputedStyle(document.documentElement), ...colourTokens(document.styleSheets)];
    const picture = await toBlob(frame, { pixelRatio: 2, backgroundColor, skipFonts: true, includeStyleProperties });
    if (!picture) throw new Error("This browser cannot make a picture of the chart.");
    return picture;
  } finally {
    stage.remove();
  }
}

/** How much more there is to the right, in the region where most is. */
function hiddenWidth(element: HTMLElement): number {
  const regions = [...element.querySelectorAll<HTMLElement>("[role=region]")];
  return Math.max(0, ...regions.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
}

/** The names that charts have their colours by; no list of an element's styles has them. */
function colourTokens(sheets: Iterable<CSSStyleSheet>): string[] {
  const found = new Set<string>();
  const read = (rules: CSSRuleList) => {
    for (const rule of rules) {
      if (rule instanceof CSSStyleRule) for (const name of rule.style) if (name.startsWith("--color-")) found.add(name);
      if ("cssRules" in rule && rule.cssRules instanceof CSSRuleList) read(rule.cssRules);
    }
  };
  for (const sheet of sheets) read(sheet.cssRules);
  return [...found];
}
