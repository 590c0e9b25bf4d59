declare module 'bpmn-moddle' {
  /** An element of the BPMN meta model; which properties it has depends on `$type`. */
  export interface ModdleElement {
    readonly $type: string;
    /** Not there for elements of other namespaces. */
    readonly $descriptor: { readonly propertiesByName?: Readonly<Record<string, { readonly isMany?: boolean }>> };
    readonly id?: string;
    readonly name?: string;
    $instanceOf(type: string): boolean;
    // biome-ignore lint/suspicious/noExplicitAny: the meta model is open
    readonly [property: string]: any;
  }
  export interface ModdleWarning {
    readonly message: string;
    /** Only for references that lead nowhere. */
    readonly element?: ModdleElement;
    readonly property?: string;
    readonly value?: string;
  }
  export default class BpmnModdle {}
}

declare module 'moddle-xml' {
  import type BpmnModdle from 'bpmn-moddle';
  import type { ModdleElement, ModdleWarning } from 'bpmn-moddle';

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
