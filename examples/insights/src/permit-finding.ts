import type { PermitField } from './permit-labels.js';

/** What keeps a stated value from being certain, or text from being read. */
export interface Finding {
  readonly code:
    | 'placeholder_value'
    | 'value_not_certain'
    | 'conflicting_values'
    | 'date_not_readable'
    | 'expiration_before_issue'
    | 'text_not_read';
  /** What it is about; null when it is about the document. */
  readonly field: PermitField | 'obligations' | null;
  readonly sourceLine: number | null;
  readonly message: string;
}
