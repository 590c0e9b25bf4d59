/** Milliseconds of processor time that this process has used since the call: a machine busy with others adds none. */
export function cpuStopwatch(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
