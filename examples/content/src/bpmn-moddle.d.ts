declare module 'bpmn-moddle' {
  /** An element of the BPMN meta model; which properties it has depends on `$type`. */
  export interface ModdleElement {
    readonly $type: string;
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
  export default class BpmnModdle {
    fromXML(
      xml: string,
      options?: { readonly lax: boolean },
    ): Promise<{ rootElement: ModdleElement; warnings: ModdleWarning[] }>;
  }
}
