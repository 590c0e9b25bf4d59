/** Whether the append-only file holds everything, as of one look at a server. */
export interface AppendOnlyFile {
  readonly isWhole: boolean;
  /** Another one when it is another server by now, or when somebody has changed a setting of it since. */
  readonly settings: string;
}

/**
 * Redis that is told to keep an append-only file writes all it has into it first, and until that has ended it loads nothing of
 * it after a crash, although the setting says `yes`. No field tells that from an ordinary rewrite, under which nothing is lost:
 * a rewrite is ordinary when the file was whole at the look before, and no setting was touched since.
 */
export function appendOnlyFileAfter(
  before: AppendOnlyFile | null,
  info: Readonly<Record<string, string>>,
  isOn: boolean,
): AppendOnlyFile {
  const calls = (command: string) => info[`cmdstat_${command}`]?.split(',')[0];
  const { run_id, master_replid } = info;
  const settings = [run_id, master_replid, calls('config|set'), calls('config|resetstat')].join(' ');
  const isRewritten = info['aof_rewrite_in_progress'] === '1' || info['aof_rewrite_scheduled'] === '1';
  const wasWhole = before?.isWhole === true && before.settings === settings;
  return { isWhole: isOn && (!isRewritten || wasWhole), settings };
}
