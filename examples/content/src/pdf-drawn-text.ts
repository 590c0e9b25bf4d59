import { type getDocumentProxy, getResolvedPDFJS } from 'unpdf';

type PdfPage = Awaited<ReturnType<Awaited<ReturnType<typeof getDocumentProxy>>['getPage']>>;

/** Form fields and notes lie on a page; they are no text of it. */
const NO_ANNOTATIONS = 0;

/** How many characters a text has that are seen; a ligature counts as what it stands for, so that both readings agree. */
export const seenCharacters = (text: string): number => text.normalize('NFKD').replace(/[\s\p{Cf}]/gu, '').length;

/** How many characters a page draws, wherever they come to lie. */
export async function drawnCharacters(page: PdfPage): Promise<number> {
  const { OPS } = await getResolvedPDFJS();
  const { fnArray, argsArray } = await page.getOperatorList({ annotationMode: NO_ANNOTATIONS });
  let characters = 0;
  for (const [index, operator] of fnArray.entries()) {
    if (operator !== OPS.showText) continue;
    const [glyphs] = argsArray[index] as [readonly ({ readonly unicode?: string } | number | null)[]];
    // numbers between the glyphs are spacing
    for (const glyph of glyphs) if (typeof glyph === 'object') characters += seenCharacters(glyph?.unicode ?? '');
  }
  page.cleanup();
  return characters;
}
