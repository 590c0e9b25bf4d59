import { StepFailure } from '@intendant/participant';
import type { ReaderContext } from 'moddle-xml';
import type { ModdleElement } from './moddle-element.js';

/** The reader works for about a second on so much, and nothing else of the process goes on meanwhile. */
const CHARS_MAX = 1024 * 1024;

/** The reader copies all names of namespaces in scope for every element that declares one. */
const NAMESPACE_COPIES_MAX = 1_000_000;

/** The reader looks for each reference among all of its list; only a list in an attribute can hold so many. */
const REFERENCES_MAX = 100_000;

/** Names and ids are repeated for whatever refers to them: a lane's for every node in it. */
const NAME_CHARS_MAX = 2_000;

/** Ends the reading with a refusal, whatever the reader makes of errors. */
type End = (refusal: StepFailure) => never;

/** Refuses with `bpmn_too_large` what would keep the reader busy before it comes to the first element. */
export function refuseTooLarge(xml: string): void {
  if (xml.length > CHARS_MAX) {
    throw tooLarge(`the BPMN file has ${xml.length} characters, at most ${CHARS_MAX} are read`, {
      characters: xml.length,
      charactersMax: CHARS_MAX,
    });
  }
  const declarations = xml.split('xmlns').slice(1);
  const namespaces = new Set(declarations.map((text) => /^[^"']*(?:"[^"]*"|'[^']*')/.exec(text)?.[0] ?? text));
  const namespaceCopies = declarations.length * namespaces.size;
  if (namespaceCopies <= NAMESPACE_COPIES_MAX) return;
  throw tooLarge(`the BPMN file declares ${namespaces.size} namespaces in ${declarations.length} places`, {
    namespaces: namespaces.size,
    declarations: declarations.length,
    namespaceCopies,
    namespaceCopiesMax: NAMESPACE_COPIES_MAX,
  });
}

/** Holds what the reader collects to the bounds while it collects it. */
export function boundReading(context: ReaderContext, end: End): void {
  const addElement = context.addElement.bind(context);
  const addReference = context.addReference.bind(context);
  let references = 0;
  Object.assign(context, {
    addElement(element: ModdleElement): void {
      const { propertiesByName } = element.$descriptor;
      if (propertiesByName !== undefined) {
        refuseLongNames(element, end);
        refuseListsAsText(element, propertiesByName);
      }
      addElement(element);
    },
    addReference(reference: unknown): void {
      references += 1;
      if (references > REFERENCES_MAX) {
        end(tooLarge(`the BPMN file holds more than ${REFERENCES_MAX} references`, { referencesMax: REFERENCES_MAX }));
      }
      addReference(reference);
    },
  });
}

function refuseLongNames(element: ModdleElement, end: End): void {
  for (const property of ['id', 'name']) {
    const { length: characters } = String(element[property] ?? '');
    if (characters <= NAME_CHARS_MAX) continue;
    const message = `the ${property} of a ${element.$type} has ${characters} characters, at most ${NAME_CHARS_MAX} are read`;
    end(tooLarge(message, { property, characters, charactersMax: NAME_CHARS_MAX }));
  }
}

/** The reader takes `documentation="x"` as it stands, where everybody expects the list of elements. */
function refuseListsAsText(element: ModdleElement, properties: Readonly<Record<string, { isMany?: boolean }>>): void {
  for (const [name, value] of Object.entries(element))
    if (typeof value === 'string' && properties[name]?.isMany === true)
      throw new Error(`attribute <${name}> stands for elements`);
}

const tooLarge = (message: string, details: Record<string, string | number>): StepFailure =>
  new StepFailure('bpmn_too_large', message, { details });
