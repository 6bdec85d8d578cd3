/** Numbers older than this come from an exporter that no longer reads its GPUs, seconds. */
export const STALE_SECONDS = 90;
