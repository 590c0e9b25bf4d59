import { StepFailure } from '@intendant/participant';
import { getDocumentProxy } from 'unpdf';
import { linesOf, type TextPiece } from './pdf-lines.js';

const PAGES_MAX = 2_000;

export interface PdfLine {
  /** Line of the document, from 1, counting lines with text only. */
  readonly line: number;
  /** Page, from 1. */
  readonly page: number;
  readonly text: string;
}

export interface PdfText {
  readonly pageCount: number;
  readonly lines: readonly PdfLine[];
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
 * The text of a PDF, line by line as printed.
 * Throws `pdf_malformed`, `pdf_encrypted`, `pdf_too_long`, and `pdf_without_text` for scans: there is no guessing of
 * letters from pictures.
 */
export async function readPdfText(bytes: Uint8Array, signal?: AbortSignal): Promise<PdfText> {
  const document = await openDocument(bytes);
  try {
    const pageCount = document.numPages;
    if (pageCount > PAGES_MAX) {
      throw new StepFailure('pdf_too_long', `the document has ${pageCount} pages, at most ${PAGES_MAX} are read`, {
        details: { pageCount, pageCountMax: PAGES_MAX },
      });
    }
    const lines: PdfLine[] = [];
    for (let page = 1; page <= pageCount; page += 1) {
      signal?.throwIfAborted();
      for (const text of linesOf(await piecesOf(document, page))) lines.push({ line: lines.length + 1, page, text });
    }
    if (lines.length === 0) {
      throw new StepFailure(
        'pdf_without_text',
        `none of the ${pageCount} pages holds text; a scan must be recognised first`,
        {
          details: { pageCount },
        },
      );
    }
    return { pageCount, lines };
  } finally {
    await document.loadingTask.destroy();
  }
}

async function openDocument(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    // A copy: the reader takes the buffer over.
    return await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0, isEvalSupported: false });
  } catch (error) {
    if ((error as Error).name === 'PasswordException') {
      throw new StepFailure('pdf_encrypted', 'the PDF needs a password', { details: {} });
    }
    throw malformed(error, {});
  }
}

function malformed(error: unknown, where: { page?: number }): StepFailure {
  const { name, message } = error as Error;
  return new StepFailure('pdf_malformed', `not a readable PDF: ${message.slice(0, 200)}`, {
    details: { ...where, reason: name },
  });
}

async function piecesOf(document: PdfDocument, pageNumber: number): Promise<TextPiece[]> {
  const items = await itemsOf(document, pageNumber).catch((error: unknown) => {
    throw malformed(error, { page: pageNumber });
  });
  return items.flatMap(({ str, transform, width }) => {
    if (str === undefined) return [];
    const [, , c = 0, d = 0, x = 0, y = 0] = transform;
    return [{ text: str, x, y, width, fontSize: Math.hypot(c, d) }];
  });
}

async function itemsOf(document: PdfDocument, pageNumber: number): Promise<readonly PdfItem[]> {
  const page = await document.getPage(pageNumber);
  const { items } = (await page.getTextContent()) as { items: readonly PdfItem[] };
  return items;
}
