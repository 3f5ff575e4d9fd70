import { toBlob } from "html-to-image";

/** What an element shows, as a PNG of twice its size in the theme that is shown. */
export async function pictureOf(element: HTMLElement): Promise<Blob> {
  const backgroundColor = getComputedStyle(document.body).backgroundColor;
  const picture = await toBlob(element, { pixelRatio: 2, backgroundColor, skipFonts: true });
  if (!picture) throw new Error("This browser cannot make a picture of the chart.");
  return picture;
}
