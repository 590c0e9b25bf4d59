/** Orders `major.minor.patch` texts: negative when `left` is the older one. */
export function compareVersions(left: string, right: string): number {
  const a = partsOf(left);
  const b = partsOf(right);
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Versions of one major must stay compatible with each other. */
export const majorOf = (version: string): number => partsOf(version)[0];

function partsOf(version: string): readonly [number, number, number] {
  const [major, minor, patch] = version.split('.').map(Number);
  return [major ?? 0, minor ?? 0, patch ?? 0];
}
