import { getDocumentProxy } from 'unpdf';
import { damageIn } from './pdf-damage.js';
import { drawnCharacters, seenCharacters } from './pdf-drawn-text.js';
import { linesOf, type TextPiece } from './pdf-lines.js';

const PAGES_MAX = 2_000;
const EXAMPLES_MAX = 20;
/** Pictures are not looked at, so that they need not be unpacked either. */
const IMAGE_PIXELS_MAX = 1;
const TEXT_CHARACTERS_MAX = 16 * 1024 * 1024;

export interface PdfText {
  readonly kind: 'text';
  /** Of every page its lines, those with text only. */
  readonly pages: readonly (readonly string[])[];
  readonly textNotRead: TextNotRead;
}

/** Characters that are drawn and in no line: the reader leaves out what lies beyond the box of a page. */
export interface TextNotRead {
  readonly count: number;
  readonly examples: readonly { readonly page: number; readonly characters: number }[];
}

/** Why a PDF is not read. A value, since it travels from the process that reads. */
export interface PdfRefusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, string | number>;
}

/** What the reader gives for a run of text; marked content has no `str`. */
interface PdfItem {
  readonly str?: string;
  /** Affine matrix a, b, c, d, x, y. */
  readonly transform: readonly number[];
  readonly width: number;
}

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/**
 * The text of a PDF, line by line as printed; or `pdf_malformed`, `pdf_encrypted`, `pdf_too_long`, and
 * `pdf_without_text` for scans: there is no guessing of letters from pictures.
 */
export async function readPdfText(
  bytes: Uint8Array,
  textCharactersMax = TEXT_CHARACTERS_MAX,
): Promise<PdfText | PdfRefusal> {
  let document: PdfDocument;
  try {
    // A copy: the reader takes the buffer over.
    const options = { verbosity: 0, isEvalSupported: false, maxImageSize: IMAGE_PIXELS_MAX };
    document = await getDocumentProxy(Uint8Array.from(bytes), options);
  } catch (error) {
    if ((error as Error).name === 'PasswordException') return refusal('pdf_encrypted', 'the PDF needs a password', {});
    return malformed(error, {});
  }
  try {
    const damage = await damageOf(document, bytes);
    if (damage !== undefined) return damage;
    return await textOf(document, textCharactersMax);
  } finally {
    await document.loadingTask.destroy();
  }
}

/** What is encrypted cannot be told from what is damaged without its key. */
async function damageOf(document: PdfDocument, bytes: Uint8Array): Promise<PdfRefusal | undefined> {
  if ((await document.getPermissions()) !== null) return undefined;
  const damage = await damageIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (damage === undefined) return undefined;
  const { object, offset } = damage;
  const message = `the PDF is damaged: the data of object ${object}, from byte ${offset}, are not what was written`;
  return refusal('pdf_malformed', message, { object, offset, reason: 'checksum' });
}

async function textOf(document: PdfDocument, textCharactersMax: number): Promise<PdfText | PdfRefusal> {
  const pageCount = document.numPages;
  if (pageCount > PAGES_MAX) {
    const message = `the document has ${pageCount} pages, at most ${PAGES_MAX} are read`;
    return refusal('pdf_too_long', message, { pageCount, pageCountMax: PAGES_MAX });
  }
  const pages: string[][] = [];
  const notRead: { page: number; characters: number }[] = [];
  let characters = 0;
  for (let page = 1; page <= pageCount; page += 1) {
    let found: PageText;
    try {
      found = await textOfPage(document, page);
    } catch (error) {
      return malformed(error, { page });
    }
    for (const { text } of found.pieces) characters += text.length;
    if (characters > textCharactersMax) {
      const message = `the document has more than ${textCharactersMax} characters of text`;
      return refusal('pdf_too_long', message, { pageCount, page, textCharactersMax });
    }
    pages.push(linesOf(found.pieces));
    if (found.notRead > 0) notRead.push({ page, characters: found.notRead });
  }
  const count = notRead.reduce((sum, one) => sum + one.characters, 0);
  const textNotRead = { count, examples: notRead.slice(0, EXAMPLES_MAX) };
  if (pages.some((lines) => lines.length > 0)) return { kind: 'text', pages, textNotRead };
  const why = count === 0 ? 'a scan must be recognised first' : `${count} characters lie beyond their boxes`;
  const message = `none of the ${pageCount} pages holds text; ${why}`;
  return refusal('pdf_without_text', message, { pageCount, ...(count > 0 && { textNotRead: count }) });
}

interface PageText {
  readonly pieces: readonly TextPiece[];
  /** Characters that the page draws and that are in none of the pieces. */
  readonly notRead: number;
}

async function textOfPage(document: PdfDocument, pageNumber: number): Promise<PageText> {
  const page = await document.getPage(pageNumber);
  const { items } = (await page.getTextContent()) as { items: readonly PdfItem[] };
  const read = items.reduce((sum, { str = '' }) => sum + seenCharacters(str), 0);
  return { pieces: piecesOf(items), notRead: Math.max(0, (await drawnCharacters(page)) - read) };
}

function piecesOf(items: readonly PdfItem[]): TextPiece[] {
  return items.flatMap(({ str, transform, width }) => {
    if (str === undefined) return [];
    const [, , c = 0, d = 0, x = 0, y = 0] = transform;
    return [{ text: str, x, y, width, fontSize: Math.hypot(c, d) }];
  });
}

function malformed(error: unknown, where: { page?: number }): PdfRefusal {
  const { name, message } = error as Error;
  return refusal('pdf_malformed', `not a readable PDF: ${message.slice(0, 200)}`, { ...where, reason: name });
}

const refusal = (code: string, message: string, details: PdfRefusal['details']): PdfRefusal => ({
  kind: 'refused',
  code,
  message,
  details,
});
