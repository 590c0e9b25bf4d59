declare module 'bpmn-moddle' {
  export default class BpmnModdle {}
}

declare module 'moddle-xml' {
  import type BpmnModdle from 'bpmn-moddle';

  type ModdleElement = import('./moddle-element.js').ModdleElement;
  type ModdleWarning = import('./moddle-element.js').ModdleWarning;

  /** What is collected while a file is read. */
  export interface ReaderContext {
    readonly warnings: readonly ModdleWarning[];
    addWarning(warning: ModdleWarning): void;
    addElement(element: ModdleElement): void;
    addReference(reference: unknown): void;
  }
  export interface RootHandler {
    /** Set when the reading begins. */
    context: ReaderContext;
  }
  export class Reader {
    constructor(options: { readonly model: BpmnModdle; readonly lax: boolean });
    handler(type: string): RootHandler;
    fromXML(xml: string, root: RootHandler): Promise<{ rootElement: ModdleElement; warnings: ModdleWarning[] }>;
  }
}
