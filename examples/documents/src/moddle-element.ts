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

/** What the reader could not make sense of. */
export interface ModdleWarning {
  readonly message: string;
  /** Only for references that lead nowhere. */
  readonly element?: ModdleElement;
  readonly property?: string;
  readonly value?: string;
}
