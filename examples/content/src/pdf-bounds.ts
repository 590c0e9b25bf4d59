/** What the process that reads one PDF may take. 2,000 full pages of plain text take about 7 s and 150 MB. */
export const PDF_BOUNDS = { cpuMsMax: 15_000, heapMibMax: 256, memoryBytesMax: 512 * 1024 * 1024 } as const;
