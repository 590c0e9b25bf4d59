/** When it is asked, and the record that everything which follows is caused by. */
export interface At {
  readonly nowMs: number;
  readonly causeSeq: number;
}
